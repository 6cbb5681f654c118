#include "rpc/mapping_ledger.h"

#include <gtest/gtest.h>

#include <functional>

namespace ayni::rpc {
namespace {

constexpr base::ParticipantId caller{7};

v1::CreateTransfersRequest good(int count) {
    v1::CreateTransfersRequest request;
    for (int i = 0; i < count; ++i) {
        v1::LedgerTransfer& transfer = *request.add_transfers();
        transfer.set_id_high(1);
        transfer.set_id_low(static_cast<std::uint64_t>(i) + 1);
        transfer.set_debit_account_id(10);
        transfer.set_credit_account_id(11);
        transfer.set_amount(5);
        transfer.set_currency(604);
    }
    return request;
}

template <typename Request>
std::vector<std::string> faults_of(const Request& request) {
    ledger::CommandBuffer commands;
    Violations wrong;
    encode(request, caller, commands, wrong);
    std::vector<std::string> fields;
    for (const FieldViolation& violation : wrong.all()) fields.push_back(violation.field);
    return fields;
}

TEST(EncodeTransfers, WritesWhatWasAsked) {
    auto request = good(2);
    request.mutable_transfers(1)->set_timeout_ms(1'000);
    request.mutable_transfers(1)->set_currency(840);
    v1::Posting& linked = *request.mutable_transfers(1)->add_linked();
    linked.set_debit_account_id(20);
    linked.set_credit_account_id(21);
    linked.set_amount(6);
    ledger::CommandBuffer commands;
    Violations wrong;
    encode(request, caller, commands, wrong);
    ASSERT_TRUE(wrong.empty());
    ASSERT_EQ(commands.count(), 2U);
    std::vector<ledger::CommandView> views;
    ASSERT_TRUE(ledger::for_each_command(commands.bytes(),
                                         [&](ledger::CommandView view) { views.push_back(view); }));
    const auto& second = views[1].as<ledger::CreateTransfer>();
    EXPECT_EQ(second.id, (base::TransferId{1, 2}));
    EXPECT_EQ(second.initiator, caller);
    EXPECT_EQ(second.timeout_ms, 1'000U);
    EXPECT_EQ(second.currency, base::Currency::usd);
    EXPECT_EQ(second.type, ledger::TransferType::ledger);
    ASSERT_EQ(views[1].postings().size(), 2U);
    EXPECT_EQ(views[1].postings()[1].debit, base::AccountId(20));
    EXPECT_EQ(views[1].postings()[1].amount, 6);
    EXPECT_EQ(views[0].postings().size(), 1U);
    EXPECT_EQ(views[0].details(), nullptr);
}

struct Case {
    const char* what;
    std::function<void(v1::LedgerTransfer&)> spoil;
    const char* field;
};

TEST(EncodeTransfers, NamesTheWrongFieldOfTheFirstBadItem) {
    const Case cases[] = {
        {"zero id", [](auto& t) { t.set_id_high(0), t.set_id_low(0); }, "id_high"},
        {"no debit", [](auto& t) { t.set_debit_account_id(0); }, "debit_account_id"},
        {"no credit", [](auto& t) { t.set_credit_account_id(0); }, "credit_account_id"},
        {"zero", [](auto& t) { t.set_amount(0); }, "amount"},
        {"negative", [](auto& t) { t.set_amount(-5); }, "amount"},
        {"no currency", [](auto& t) { t.set_currency(0); }, "currency"},
        {"currency that is 604 in its low half", [](auto& t) { t.set_currency(65'536 + 604); },
         "currency"},
        {"short time-out", [](auto& t) { t.set_timeout_ms(9); }, "timeout_ms"},
        {"long time-out", [](auto& t) { t.set_timeout_ms(86'400'001); }, "timeout_ms"},
        {"many postings",
         [](auto& t) {
             for (int i = 0; i < 8; ++i) t.add_linked()->set_amount(1);
         },
         "linked"},
        {"linked without debit",
         [](auto& t) {
             t.add_linked()->set_credit_account_id(1), t.mutable_linked(0)->set_amount(1);
         },
         "linked[0].debit_account_id"},
        {"linked without credit",
         [](auto& t) {
             t.add_linked()->set_debit_account_id(1), t.mutable_linked(0)->set_amount(1);
         },
         "linked[0].credit_account_id"},
        {"linked without amount",
         [](auto& t) {
             t.add_linked()->set_debit_account_id(1), t.mutable_linked(0)->set_credit_account_id(2);
         },
         "linked[0].amount"},
    };
    for (const Case& wrong : cases) {
        auto request = good(20);
        wrong.spoil(*request.mutable_transfers(17));
        request.mutable_transfers(18)->set_amount(0);
        EXPECT_EQ(faults_of(request),
                  std::vector<std::string>{"transfers[17]." + std::string(wrong.field)})
            << wrong.what;
    }
}

TEST(EncodeTransfers, BoundsTheCount) {
    EXPECT_EQ(faults_of(good(0)), std::vector<std::string>{"transfers"});
    EXPECT_EQ(faults_of(good(8'193)), std::vector<std::string>{"transfers"});
    EXPECT_TRUE(faults_of(good(8'192)).empty());
}

TEST(EncodeAccounts, NamesEachWrongField) {
    v1::CreateAccountsRequest request;
    EXPECT_EQ(faults_of(request), std::vector<std::string>{"accounts"});
    v1::NewAccount& account = *request.add_accounts();
    EXPECT_EQ(faults_of(request),
              (std::vector<std::string>{"accounts[0].account_id", "accounts[0].kind",
                                        "accounts[0].currency"}));
    account.set_account_id(std::uint64_t{1} << 63U);
    account.set_kind(v1::ACCOUNT_KIND_CUSTOMER);
    account.set_currency(604);
    EXPECT_EQ(faults_of(request), std::vector<std::string>{"accounts[0].account_id"});
    account.set_account_id((std::uint64_t{1} << 63U) - 1);
    EXPECT_TRUE(faults_of(request).empty());
    for (const v1::AccountKind reserved :
         {v1::ACCOUNT_KIND_SETTLEMENT, v1::ACCOUNT_KIND_POSITION, v1::ACCOUNT_KIND_HOSTED_CLEARING,
          v1::ACCOUNT_KIND_SETTLEMENT_BANK, static_cast<v1::AccountKind>(77)}) {
        account.set_kind(reserved);
        EXPECT_EQ(faults_of(request), std::vector<std::string>{"accounts[0].kind"});
    }
}

TEST(EncodeReferences, RefusesZeroIdsAndCounts) {
    v1::CommitTransfersRequest commit;
    v1::AbortTransfersRequest abort;
    EXPECT_EQ(faults_of(commit), std::vector<std::string>{"transfers"});
    EXPECT_EQ(faults_of(abort), std::vector<std::string>{"transfers"});
    commit.add_transfers();
    abort.add_transfers()->set_id_low(5);
    EXPECT_EQ(faults_of(commit), std::vector<std::string>{"transfers[0].id_high"});
    EXPECT_TRUE(faults_of(abort).empty());
}

TEST(AddStatuses, AreTheNumbersOfTheProto) {
    std::vector<ledger::Outcome> outcomes(2);
    outcomes[1].status = ledger::Status::insufficient_funds;
    google::protobuf::RepeatedField<int> statuses;
    add_statuses(outcomes, statuses);
    ASSERT_EQ(statuses.size(), 2);
    EXPECT_EQ(statuses[0], v1::STATUS_UNSPECIFIED);
    EXPECT_EQ(statuses[1], v1::STATUS_INSUFFICIENT_FUNDS);
}

}  // namespace
}  // namespace ayni::rpc
