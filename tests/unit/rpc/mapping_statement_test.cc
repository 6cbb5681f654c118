#include "rpc/mapping_statement.h"

#include <gtest/gtest.h>

namespace ayni::rpc {
namespace {

using Fields = std::vector<std::string>;

constexpr std::int64_t second_ns = 1'000'000'000;
/// 2026-11-23 12:00:00 in Peru.
constexpr std::int64_t noon = 1'795'453'200;
constexpr base::JournalTime now{noon * second_ns};

v1::GetStatementRequest of_today() {
    v1::GetStatementRequest request;
    request.set_currency_code("PEN");
    request.set_business_date(20'261'123);
    return request;
}
v1::GetStatementRequest between(std::int64_t start, std::int64_t end) {
    v1::GetStatementRequest request;
    request.set_currency_code("PEN");
    request.mutable_start_time()->set_seconds(start);
    request.mutable_end_time()->set_seconds(end);
    return request;
}

Fields wrong_in(const v1::GetStatementRequest& request) {
    Violations wrong;
    const auto asked = statement_of(request, now, wrong);
    EXPECT_EQ(asked.has_value(), wrong.empty());
    Fields fields;
    for (const FieldViolation& one : wrong.all()) fields.push_back(one.field);
    return fields;
}
AskedStatement good(const v1::GetStatementRequest& request) {
    Violations wrong;
    const auto asked = statement_of(request, now, wrong);
    EXPECT_TRUE(asked.has_value()) << wrong.all().front().field;
    return asked.value_or(AskedStatement{});
}

TEST(StatementRequest, ADayIsThatOfPeru) {
    const AskedStatement asked = good(of_today());
    EXPECT_EQ(asked.period.start.nanoseconds, (noon - 12 * 3'600) * second_ns);
    EXPECT_EQ(asked.period.end.nanoseconds, (noon + 12 * 3'600) * second_ns);
    EXPECT_EQ(asked.kind, ledger::AccountKind::position);
    EXPECT_EQ(asked.page_size, 50U);
    // Each instant of a day is of the business date by which the ledger goes.
    EXPECT_EQ(base::business_date(asked.period.start), 20'261'123U);
    EXPECT_EQ(base::business_date(asked.period.end + std::chrono::nanoseconds(-1)), 20'261'123U);
    EXPECT_TRUE(day_of(20'240'229));
    for (const std::uint32_t none : {0U, 1U, 20'230'229U, 20'261'301U, 20'261'100U, 20'261'131U,
                                     19'691'231U, 22'000'101U, 675'061'123U, 4'294'967'295U}) {
        EXPECT_FALSE(day_of(none)) << none;
    }
}

TEST(StatementRequest, APeriodIsFromAnInstantToAnother) {
    auto request = between(noon - 60, noon + 60);
    request.mutable_start_time()->set_nanos(1'999);
    const AskedStatement asked = good(request);
    EXPECT_EQ(asked.period.start.nanoseconds, (noon - 60) * second_ns + 1'000);
    EXPECT_EQ(asked.period.end.nanoseconds, (noon + 60) * second_ns);
    EXPECT_EQ(wrong_in(between(noon, noon + 31 * 86'400)), Fields{});
    EXPECT_EQ(wrong_in(between(noon, noon + 31 * 86'400 + 1)), Fields{"end_time"});
    EXPECT_EQ(wrong_in(between(noon, noon)), Fields{"end_time"});
    EXPECT_EQ(wrong_in(between(noon, noon - 1)), Fields{"end_time"});
    EXPECT_EQ(wrong_in(between(noon + 1, noon + 2)), Fields{"start_time"});
    EXPECT_EQ(wrong_in(between(-1, noon)), Fields{"start_time"});
    EXPECT_EQ(wrong_in(between(noon, std::int64_t{1} << 60)), Fields{"end_time"});
    request.mutable_start_time()->set_nanos(-1);
    EXPECT_EQ(wrong_in(request), Fields{"start_time"});
}

TEST(StatementRequest, AsksForOnePeriod) {
    v1::GetStatementRequest request;
    request.set_currency_code("PEN");
    EXPECT_EQ(wrong_in(request), (Fields{"start_time", "end_time"}));
    request.mutable_start_time()->set_seconds(noon - 60);
    EXPECT_EQ(wrong_in(request), Fields{"end_time"});
    request.set_business_date(20'261'123);
    EXPECT_EQ(wrong_in(request), Fields{"start_time"});
    request.clear_start_time();
    request.set_business_date(20'261'131);
    EXPECT_EQ(wrong_in(request), Fields{"business_date"});
    request.set_business_date(20'261'124);
    EXPECT_EQ(wrong_in(request), Fields{"business_date"});
}

TEST(StatementRequest, AsksForOneAccount) {
    auto request = of_today();
    request.set_account_kind(v1::ACCOUNT_KIND_SETTLEMENT);
    request.set_currency_code("USD");
    EXPECT_EQ(good(request).kind, ledger::AccountKind::settlement);
    EXPECT_EQ(good(request).currency, base::Currency::usd);
    request.set_account_kind(v1::ACCOUNT_KIND_CUSTOMER);
    EXPECT_EQ(wrong_in(request), Fields{"account_kind"});
    request.set_account_kind(static_cast<v1::AccountKind>(99));
    EXPECT_EQ(wrong_in(request), Fields{"account_kind"});
    request = of_today();
    request.set_currency_code("");
    EXPECT_EQ(wrong_in(request), Fields{"currency_code"});
    request.set_account_id(1'001);
    EXPECT_EQ(good(request).account, base::AccountId(1'001));
    request.set_currency_code("PEN");
    request.set_account_kind(v1::ACCOUNT_KIND_POSITION);
    EXPECT_EQ(wrong_in(request), Fields{"account_id"});
    request.set_currency_code("");
    EXPECT_EQ(wrong_in(request), Fields{"account_id"});
}

TEST(StatementToken, IsOfItsStatementOnly) {
    const history::StatementQuery query{.account = base::AccountId(5),
                                        .start = {1'000},
                                        .end = {2'000},
                                        .as_of = {},
                                        .after = {},
                                        .limit = 10};
    const history::EntryPlace last{.posted_at = {1'500}, .sequence = base::Sequence(71), .leg = 2};
    const std::string token = statement_token(7, query, base::Sequence(80), last);
    auto read = query;
    ASSERT_TRUE(read_statement_token(token, 7, read));
    EXPECT_EQ(read.as_of, base::Sequence(80));
    EXPECT_EQ(read.after.posted_at, last.posted_at);
    EXPECT_EQ(read.after.sequence, last.sequence);
    EXPECT_EQ(read.after.leg, last.leg);
    EXPECT_FALSE(read_statement_token(token, 8, read));
    for (const auto change : {+[](history::StatementQuery& q) { q.account = base::AccountId(6); },
                              +[](history::StatementQuery& q) { q.start = {1'001}; },
                              +[](history::StatementQuery& q) { q.end = {2'001}; }}) {
        auto other = query;
        change(other);
        EXPECT_FALSE(read_statement_token(token, 7, other));
    }
}

}  // namespace
}  // namespace ayni::rpc
