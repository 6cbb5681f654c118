#include "rpc/mapping_transfer.h"

#include <gtest/gtest.h>

#include <functional>

#include "ledger/command.h"
#include "rpc/mapping_fields.h"

namespace ayni::rpc {
namespace {

const identity::Tokeniser tokeniser({9}, 3);

v1::NewTransfer good() {
    v1::NewTransfer transfer;
    transfer.set_transfer_id("0199a1b2-c3d4-7000-8000-00000000002a");
    transfer.set_payee_participant("bim");
    transfer.set_payee_account("987654321");
    transfer.set_payer_account("912345678");
    transfer.mutable_amount()->set_currency_code("PEN");
    transfer.mutable_amount()->set_minor_units(1'250);
    transfer.set_end_to_end_id("E2E");
    transfer.set_purpose("SALA");
    transfer.set_remittance_text("ñandú");
    transfer.mutable_timeout()->set_seconds(2);
    return transfer;
}

std::vector<std::string> faults_of(const v1::NewTransfer& transfer) {
    Violations wrong;
    const auto payment = payment_of(transfer, tokeniser, "transfer.", wrong);
    EXPECT_EQ(payment == nullptr, !wrong.empty());
    std::vector<std::string> fields;
    for (const FieldViolation& violation : wrong.all()) fields.push_back(violation.field);
    return fields;
}

TEST(PaymentOf, CarriesEveryField) {
    Violations wrong;
    const auto payment = payment_of(good(), tokeniser, "", wrong);
    ASSERT_NE(payment, nullptr);
    EXPECT_EQ(payment->id.low, 0x8000'0000'0000'002AU);
    EXPECT_EQ(payment->amount, base::Amount(1'250));
    EXPECT_EQ(payment->currency, base::Currency::pen);
    EXPECT_EQ(payment->timeout, std::chrono::seconds(2));
    EXPECT_EQ(payment->payer_account, "912345678");
    EXPECT_EQ(payment->payee_account, "987654321");
    EXPECT_EQ(payment->end_to_end_id, "E2E");
    EXPECT_EQ(payment->purpose, "SALA");
    EXPECT_EQ(payment->remittance_text, "ñandú");
    using identity::TokenKind;
    EXPECT_EQ(payment->details.payer_token, tokeniser.token(TokenKind::account, "912345678"));
    EXPECT_EQ(payment->details.payee_token, tokeniser.token(TokenKind::account, "987654321"));
    EXPECT_EQ(payment->details.remittance_token, tokeniser.token(TokenKind::remittance, "ñandú"));
    EXPECT_EQ(payment->details.token_key_version, 3U);
    EXPECT_EQ(unpadded(payment->details.end_to_end_id), "E2E");
    EXPECT_EQ(unpadded(payment->details.purpose), "SALA");
}

TEST(PaymentOf, TakesWhatMayBeAbsent) {
    v1::NewTransfer transfer = good();
    transfer.clear_end_to_end_id();
    transfer.clear_purpose();
    transfer.clear_remittance_text();
    transfer.clear_timeout();
    transfer.set_transfer_id("01K6GV5GYM0000000000000018");  // a ULID
    Violations wrong;
    const auto payment = payment_of(transfer, tokeniser, "", wrong);
    ASSERT_NE(payment, nullptr);
    EXPECT_EQ(payment->timeout, std::chrono::seconds(10));
}

struct Case {
    const char* what;
    std::function<void(v1::NewTransfer&)> spoil;
    const char* field;
};

TEST(PaymentOf, NamesEachWrongField) {
    const Case cases[] = {
        {"no id", [](auto& t) { t.clear_transfer_id(); }, "transfer.transfer_id"},
        {"id that is no UUID", [](auto& t) { t.set_transfer_id("42"); }, "transfer.transfer_id"},
        {"zero id", [](auto& t) { t.set_transfer_id("00000000-0000-0000-0000-000000000000"); },
         "transfer.transfer_id"},
        {"no payee", [](auto& t) { t.clear_payee_participant(); }, "transfer.payee_participant"},
        {"payee in capitals", [](auto& t) { t.set_payee_participant("BIM"); },
         "transfer.payee_participant"},
        {"payee that starts with a digit", [](auto& t) { t.set_payee_participant("9bim"); },
         "transfer.payee_participant"},
        {"long payee", [](auto& t) { t.set_payee_participant(std::string(17, 'a')); },
         "transfer.payee_participant"},
        {"no payee account", [](auto& t) { t.clear_payee_account(); }, "transfer.payee_account"},
        {"long payee account", [](auto& t) { t.set_payee_account(std::string(65, '1')); },
         "transfer.payee_account"},
        {"line feed in an account", [](auto& t) { t.set_payee_account("1\n2"); },
         "transfer.payee_account"},
        {"no payer account", [](auto& t) { t.clear_payer_account(); }, "transfer.payer_account"},
        {"NUL in an account", [](auto& t) { t.set_payer_account(std::string("1\0002", 3)); },
         "transfer.payer_account"},
        {"no amount", [](auto& t) { t.clear_amount(); }, "transfer.amount"},
        {"no currency", [](auto& t) { t.mutable_amount()->clear_currency_code(); },
         "transfer.amount.currency_code"},
        {"other currency", [](auto& t) { t.mutable_amount()->set_currency_code("EUR"); },
         "transfer.amount.currency_code"},
        {"currency in small letters", [](auto& t) { t.mutable_amount()->set_currency_code("pen"); },
         "transfer.amount.currency_code"},
        {"zero", [](auto& t) { t.mutable_amount()->set_minor_units(0); },
         "transfer.amount.minor_units"},
        {"negative", [](auto& t) { t.mutable_amount()->set_minor_units(-1); },
         "transfer.amount.minor_units"},
        {"least number",
         [](auto& t) {
             t.mutable_amount()->set_minor_units(std::numeric_limits<std::int64_t>::min());
         },
         "transfer.amount.minor_units"},
        {"long end-to-end id", [](auto& t) { t.set_end_to_end_id(std::string(36, 'x')); },
         "transfer.end_to_end_id"},
        {"end-to-end id beyond ASCII", [](auto& t) { t.set_end_to_end_id("ñ"); },
         "transfer.end_to_end_id"},
        {"short purpose", [](auto& t) { t.set_purpose("SAL"); }, "transfer.purpose"},
        {"purpose in small letters", [](auto& t) { t.set_purpose("sala"); }, "transfer.purpose"},
        {"long text", [](auto& t) { t.set_remittance_text(std::string(141, 'x')); },
         "transfer.remittance_text"},
        {"carriage return in the text", [](auto& t) { t.set_remittance_text("a\rb"); },
         "transfer.remittance_text"},
        {"9 ms",
         [](auto& t) {
             t.mutable_timeout()->set_seconds(0);
             t.mutable_timeout()->set_nanos(9'000'000);
         },
         "transfer.timeout"},
        {"61 s", [](auto& t) { t.mutable_timeout()->set_seconds(61); }, "transfer.timeout"},
        {"60 s and 1 ms",
         [](auto& t) {
             t.mutable_timeout()->set_seconds(60);
             t.mutable_timeout()->set_nanos(1'000'000);
         },
         "transfer.timeout"},
        {"negative timeout", [](auto& t) { t.mutable_timeout()->set_seconds(-1); },
         "transfer.timeout"},
        {"endless timeout",
         [](auto& t) {
             t.mutable_timeout()->set_seconds(std::numeric_limits<std::int64_t>::max());
         },
         "transfer.timeout"},
        {"nanos beyond a second", [](auto& t) { t.mutable_timeout()->set_nanos(1'000'000'000); },
         "transfer.timeout"},
    };
    for (const Case& wrong : cases) {
        v1::NewTransfer transfer = good();
        wrong.spoil(transfer);
        EXPECT_EQ(faults_of(transfer), std::vector<std::string>{wrong.field}) << wrong.what;
    }
}

TEST(PaymentOf, CountsCharactersNotBytes) {
    v1::NewTransfer transfer = good();
    std::string text;
    for (int i = 0; i < 140; ++i) text += "ñ";
    transfer.set_remittance_text(text);
    EXPECT_EQ(faults_of(transfer), std::vector<std::string>{});
}

TEST(AddJournalled, ReadsThePaymentFromItsCommand) {
    Violations wrong;
    const auto payment = payment_of(good(), tokeniser, "", wrong);
    ASSERT_NE(payment, nullptr);
    ledger::CreateTransfer body;
    body.id = payment->id;
    body.currency = base::Currency::usd;
    body.type = ledger::TransferType::payment;
    const ledger::CommandPosting posting{base::AccountId(1), base::AccountId(2), 1'250};
    ledger::CommandBuffer buffer;
    buffer.add(body, std::span(&posting, 1), &payment->details);
    journal::CommandReader::Found found;
    found.command.resize(buffer.bytes().size() / 8);
    std::memcpy(found.command.data(), buffer.bytes().data(), buffer.bytes().size());
    found.header.timestamp = {1'790'000'000'000'000'000};

    v1::Transfer message;
    ASSERT_TRUE(add_journalled(payment->id, found, message));
    EXPECT_EQ(message.amount().minor_units(), 1'250);
    EXPECT_EQ(message.amount().currency_code(), "USD");
    EXPECT_EQ(message.end_to_end_id(), "E2E");
    EXPECT_EQ(message.purpose(), "SALA");
    EXPECT_EQ(message.create_time().seconds(), 1'790'000'000);
    EXPECT_FALSE(add_journalled({1, 2}, found, message));
    found.command.resize(2);
    EXPECT_FALSE(add_journalled(payment->id, found, message));
}

TEST(RecordOf, RefusesNumbersThatMeanNothing) {
    history::Entry entry;
    entry.id = {1, 2};
    entry.state = 2;
    entry.type = 1;
    std::copy_n("AM04", 4, std::begin(entry.reason));
    ASSERT_TRUE(record_of(entry).has_value());
    EXPECT_EQ(record_of(entry)->reason.view(), "AM04");
    EXPECT_EQ(record_of(entry)->state, ledger::TransferState::committed);
    for (const std::uint8_t state : std::initializer_list<std::uint8_t>{0, 6, 255}) {
        history::Entry bad = entry;
        bad.state = state;
        EXPECT_FALSE(record_of(bad).has_value());
    }
    history::Entry bad = entry;
    bad.type = 4;
    EXPECT_FALSE(record_of(bad).has_value());
    bad = entry;
    bad.status = 9;
    EXPECT_FALSE(record_of(bad).has_value());
}

}  // namespace
}  // namespace ayni::rpc
