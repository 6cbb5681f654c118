#include "ayctl/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ayni::test {
namespace {

using testing::HasSubstr;

v1::StatementEntry entry_of(v1::EntrySide side, std::int64_t amount, std::int64_t balance) {
    v1::StatementEntry entry;
    entry.set_sequence(17);
    entry.set_leg(1);
    entry.set_transfer_id("019301fa-0000-7000-8000-000000000001");
    entry.set_transfer_type(v1::TRANSFER_TYPE_PAYMENT);
    entry.set_side(side);
    entry.set_amount(amount);
    entry.set_balance(balance);
    entry.mutable_post_time()->set_seconds(1'790'000'000);
    entry.set_counterparty("bim");
    entry.set_counterparty_account_id(9'223'372'036'905'238'530U);
    entry.set_end_to_end_id("=E2E");
    return entry;
}

TEST(Statement, DatesAreReadByTheirForm) {
    EXPECT_EQ(ayctl::parse_date("2026-11-23", "--date").value(), 20'261'123U);
    for (const char* wrong : {"", "20261123", "2026-11-2", "2026/11/23", "2026-11-2x", "hoy"}) {
        const auto refused = ayctl::parse_date(wrong, "--date");
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().field, "--date");
    }
}

TEST(Statement, TheSummaryAddsUp) {
    v1::StatementSummary summary;
    summary.set_participant("yape");
    summary.set_account_kind(v1::ACCOUNT_KIND_POSITION);
    summary.set_currency_code("PEN");
    summary.set_opening_balance(-1'000);
    summary.set_debits(250);
    summary.set_debit_count(2);
    summary.set_credits(50);
    summary.set_credit_count(1);
    summary.set_closing_balance(-1'200);
    const std::string text = ayctl::summary_text(summary, 99);
    EXPECT_THAT(text, HasSubstr("position of yape"));
    EXPECT_THAT(text, HasSubstr("opening balance         -10.00\n"));
    EXPECT_THAT(text, HasSubstr("debits               2   -2.50\n"));
    EXPECT_THAT(text, HasSubstr("credits              1    0.50\n"));
    EXPECT_THAT(text, HasSubstr("closing balance         -12.00\n"));
    EXPECT_THAT(text, HasSubstr("as of sequence 99, and not complete yet"));
    summary.set_complete(true);
    EXPECT_THAT(ayctl::summary_text(summary, 99), testing::EndsWith("as of sequence 99\n"));
}

TEST(Statement, EntriesAsATable) {
    google::protobuf::RepeatedPtrField<v1::StatementEntry> entries;
    *entries.Add() = entry_of(v1::ENTRY_SIDE_DEBIT, 250, -250);
    *entries.Add() = entry_of(v1::ENTRY_SIDE_CREDIT, 250, 0);
    entries[1].set_reversal(true);
    entries[1].clear_counterparty();
    const std::string text = ayctl::entries_text(entries);
    EXPECT_THAT(text, HasSubstr("-2.50    -2.50\n"));
    EXPECT_THAT(text, HasSubstr("payment, given back  (operator)"));
}

TEST(Statement, EntriesAsCsv) {
    EXPECT_EQ(ayctl::csv_titles(),
              "sequence,leg,posted,transfer_id,type,reversal,counterparty,"
              "counterparty_account_id,end_to_end_id,debit,credit,balance\r\n");
    EXPECT_EQ(ayctl::csv_line(entry_of(v1::ENTRY_SIDE_DEBIT, 250, -250)),
              "17,1,2026-09-21T09:13:20.000-05:00,019301fa-0000-7000-8000-000000000001,payment,no,"
              "bim,9223372036905238530,\"'=E2E\",2.50,,-2.50\r\n");
    EXPECT_THAT(ayctl::csv_line(entry_of(v1::ENTRY_SIDE_CREDIT, 250, 0)),
                testing::EndsWith(",,2.50,0.00\r\n"));
}

}  // namespace
}  // namespace ayni::test
