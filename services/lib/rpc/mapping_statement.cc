#include "rpc/mapping_statement.h"

#include <chrono>

#include "rpc/mapping_fields.h"
#include "rpc/mapping_transfer.h"
#include "rpc/page_token.h"

namespace ayni::rpc {
namespace {

constexpr std::chrono::hours longest_period{24 * 31};
constexpr std::chrono::hours lima_behind_utc{5};

/// To the microsecond, as the books have times.
std::optional<base::JournalTime> check_time(const google::protobuf::Timestamp& time,
                                            bool is_present, std::string field, Violations& wrong) {
    // 1970 to 2200.
    constexpr std::int64_t most_seconds = 7'258'118'400;
    const bool is_good = time.seconds() >= 0 && time.seconds() < most_seconds &&
                         time.nanos() >= 0 && time.nanos() < 1'000'000'000;
    if (is_present && is_good) {
        const std::int64_t microseconds = time.seconds() * 1'000'000 + time.nanos() / 1'000;
        return base::JournalTime{microseconds * 1'000};
    }
    wrong.add(std::move(field), is_present ? "must be a time from 1970 to 2200"
                                           : "must not be absent without a business_date");
    return std::nullopt;
}

std::optional<Period> check_instants(const v1::GetStatementRequest& request, base::JournalTime now,
                                     Violations& wrong) {
    const auto start =
        check_time(request.start_time(), request.has_start_time(), "start_time", wrong);
    const auto end = check_time(request.end_time(), request.has_end_time(), "end_time", wrong);
    if (!start || !end) return std::nullopt;
    if (*start > now) {
        wrong.add("start_time", "must not be in the future");
    } else if (*end <= *start) {
        wrong.add("end_time", "must be behind start_time");
    } else if (*end - *start > longest_period) {
        wrong.add("end_time", "must be at most 31 days behind start_time");
    } else {
        return Period{.start = *start, .end = *end};
    }
    return std::nullopt;
}

std::optional<Period> check_date(const v1::GetStatementRequest& request, base::JournalTime now,
                                 Violations& wrong) {
    for (const auto& [field, is_present] : {std::pair("start_time", request.has_start_time()),
                                            std::pair("end_time", request.has_end_time())}) {
        if (is_present) wrong.add(field, "must be absent beside a business_date");
    }
    const auto day = day_of(request.business_date());
    if (!day) {
        wrong.add("business_date", "must be a calendar day, as 20261123");
    } else if (day->start > now) {
        wrong.add("business_date", "must not be in the future");
    }
    return day;
}

std::optional<ledger::AccountKind> check_kind(v1::AccountKind kind, Violations& wrong) {
    switch (kind) {
        case v1::ACCOUNT_KIND_UNSPECIFIED:
        case v1::ACCOUNT_KIND_POSITION: return ledger::AccountKind::position;
        case v1::ACCOUNT_KIND_SETTLEMENT: return ledger::AccountKind::settlement;
        case v1::ACCOUNT_KIND_HOSTED_CLEARING: return ledger::AccountKind::hosted_clearing;
        default: break;  // of those that a participant can have many of, or a number that is none
    }
    wrong.add("account_kind",
              "must be position, settlement or hosted clearing; others go by account_id");
    return std::nullopt;
}

void check_account(const v1::GetStatementRequest& request, AskedStatement& asked,
                   Violations& wrong) {
    asked.account = base::AccountId(request.account_id());
    if (!asked.account.is_zero()) {
        if (request.account_kind() != v1::ACCOUNT_KIND_UNSPECIFIED ||
            !request.currency_code().empty()) {
            wrong.add("account_id", "must be 0 beside an account_kind or a currency_code");
        }
        return;
    }
    if (const auto kind = check_kind(request.account_kind(), wrong)) asked.kind = *kind;
    const auto currency = check_currency(request.currency_code(), "currency_code", wrong);
    if (currency) asked.currency = *currency;
}

}  // namespace

std::optional<AskedStatement> statement_of(const v1::GetStatementRequest& request,
                                           base::JournalTime now, Violations& wrong) {
    AskedStatement asked;
    check_account(request, asked, wrong);
    const auto period = request.business_date() != 0 ? check_date(request, now, wrong)
                                                     : check_instants(request, now, wrong);
    const auto page_size = check_page_size(request.page_size(), wrong);
    if (!wrong.empty()) return std::nullopt;
    asked.period = *period;
    asked.page_size = *page_size;
    return asked;
}

std::optional<Period> day_of(std::uint32_t date) {
    if (date < 19'700'101 || date > 21'991'231) return std::nullopt;
    const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(date / 10'000)),
                                          std::chrono::month(date / 100 % 100),
                                          std::chrono::day(date % 100));
    if (!day.ok()) return std::nullopt;
    const std::chrono::nanoseconds midnight =
        std::chrono::sys_days(day).time_since_epoch() + lima_behind_utc;
    return Period{.start = {midnight.count()},
                  .end = {(midnight + std::chrono::hours(24)).count()}};
}

std::string statement_token(std::uint32_t owner, const history::StatementQuery& query,
                            base::Sequence as_of, const history::EntryPlace& last) {
    const auto bits = [](base::JournalTime time) {
        return static_cast<std::uint64_t>(time.nanoseconds);
    };
    const std::array<std::uint64_t, 7> position{
        query.account.value(), bits(query.start),     bits(query.end), as_of.value(),
        bits(last.posted_at),  last.sequence.value(), last.leg};
    return make_page_token(Listing::statement, owner, position);
}

bool read_statement_token(std::string_view token, std::uint32_t owner,
                          history::StatementQuery& query) {
    const auto position = read_page_position<7>(token, Listing::statement, owner);
    if (!position) return false;
    const auto& [account, start, end, as_of, posted_at, sequence, leg] = *position;
    const auto time = [](std::uint64_t bits) {
        return base::JournalTime{static_cast<std::int64_t>(bits)};
    };
    const bool is_of_this = base::AccountId(account) == query.account &&
                            time(start) == query.start && time(end) == query.end;
    if (!is_of_this || as_of == 0) return false;
    query.as_of = base::Sequence(as_of);
    query.after = {.posted_at = time(posted_at),
                   .sequence = base::Sequence(sequence),
                   .leg = static_cast<std::uint16_t>(leg)};
    return true;
}

void to_message(const history::StatementSummary& summary, v1::StatementSummary& message) {
    message.set_opening_balance(summary.opening_balance);
    message.set_closing_balance(summary.closing_balance);
    message.set_debits(summary.debits);
    message.set_credits(summary.credits);
    message.set_debit_count(summary.debit_count);
    message.set_credit_count(summary.credit_count);
}

void to_message(const history::StatementEntry& entry, v1::StatementEntry& message) {
    message.set_sequence(entry.place.sequence.value());
    message.set_leg(entry.place.leg);
    message.set_transfer_id(base::to_string(entry.transfer));
    message.set_transfer_type(proto_type_of(static_cast<ledger::TransferType>(entry.type)));
    message.set_side(entry.is_debit ? v1::ENTRY_SIDE_DEBIT : v1::ENTRY_SIDE_CREDIT);
    message.set_reversal(entry.is_return);
    message.set_amount(entry.amount);
    message.set_balance(entry.balance);
    to_message(entry.place.posted_at, *message.mutable_post_time());
    message.set_counterparty(entry.counterparty);
    message.set_counterparty_account_id(entry.counterpart.value());
    message.set_end_to_end_id(entry.end_to_end_id);
}

}  // namespace ayni::rpc
