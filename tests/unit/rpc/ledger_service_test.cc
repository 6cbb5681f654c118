#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

class LedgerServiceTest : public SwitchFixture {
protected:
    explicit LedgerServiceTest(const rpc::Options& options = insecure()) : SwitchFixture(options) {}

    void SetUp() override {
        SwitchFixture::SetUp();
        v1::CreateAccountsRequest request;
        for (const std::uint64_t id : {1U, 2U, 3U}) {
            v1::NewAccount& account = *request.add_accounts();
            account.set_account_id(id);
            account.set_kind(id == 1 ? v1::ACCOUNT_KIND_SUSPENSE : v1::ACCOUNT_KIND_CUSTOMER);
            account.set_currency(604);
        }
        v1::CreateAccountsResponse response;
        ASSERT_TRUE(accounts->CreateAccounts(as(owner).get(), request, &response).ok());
        ASSERT_EQ(response.statuses_size(), 3);
        for (const int status : response.statuses()) ASSERT_EQ(status, v1::STATUS_UNSPECIFIED);
    }

    template <typename Request>
    void add(Request& request, std::uint64_t debit, std::uint64_t credit, std::int64_t amount) {
        const base::TransferId id = new_transfer_id();
        v1::LedgerTransfer& transfer = *request.add_transfers();
        transfer.set_id_high(id.high);
        transfer.set_id_low(id.low);
        transfer.set_debit_account_id(debit);
        transfer.set_credit_account_id(credit);
        transfer.set_amount(amount);
        transfer.set_currency(604);
    }

    v1::Account account(std::uint64_t id) {
        v1::GetAccountRequest request;
        request.set_account_id(id);
        v1::GetAccountResponse response;
        EXPECT_TRUE(accounts->GetAccount(as(owner).get(), request, &response).ok());
        return response.account();
    }

    static constexpr const char* owner = "participant/yape";
};

TEST_F(LedgerServiceTest, AppliesABatchItemByItem) {
    v1::CreateTransfersRequest request;
    for (int i = 0; i < 1'000; ++i) add(request, 1, 2, 5);
    add(request, 3, 2, 1);  // an empty customer account
    v1::CreateTransfersResponse response;
    ASSERT_TRUE(accounts->CreateTransfers(as(owner).get(), request, &response).ok());
    ASSERT_EQ(response.statuses_size(), 1'001);
    for (int i = 0; i < 1'000; ++i) ASSERT_EQ(response.statuses(i), v1::STATUS_UNSPECIFIED) << i;
    EXPECT_EQ(response.statuses(1'000), v1::STATUS_INSUFFICIENT_FUNDS);
    EXPECT_GT(response.as_of_sequence(), 1'000U);
    EXPECT_EQ(account(2).credits_posted(), 5'000);
    EXPECT_EQ(account(1).debits_posted(), 5'000);
    EXPECT_EQ(account(2).owner(), "yape");
    // The arenas and buffers are used again, and the same batch moves nothing again.
    response.Clear();
    ASSERT_TRUE(accounts->CreateTransfers(as(owner).get(), request, &response).ok());
    EXPECT_EQ(response.statuses(1'000), v1::STATUS_INSUFFICIENT_FUNDS);
    EXPECT_EQ(account(2).credits_posted(), 5'000);
}

TEST_F(LedgerServiceTest, FirstBadItemIsNamedAndNothingIsRecorded) {
    v1::CreateTransfersRequest request;
    for (int i = 0; i < 20; ++i) add(request, 1, 2, 5);
    request.mutable_transfers(17)->set_amount(0);
    request.mutable_transfers(17)->set_currency(999);
    request.mutable_transfers(18)->set_amount(0);
    v1::CreateTransfersResponse response;
    const Fault fault = fault_of(accounts->CreateTransfers(as(owner).get(), request, &response));
    EXPECT_EQ(fault.code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(fault.fields,
              (std::vector<std::string>{"transfers[17].amount", "transfers[17].currency"}));
    EXPECT_EQ(account(2).credits_posted(), 0);
}

TEST_F(LedgerServiceTest, ReservesCommitsAndAborts) {
    v1::CreateTransfersRequest request;
    add(request, 1, 2, 5);
    add(request, 1, 2, 7);
    for (auto& transfer : *request.mutable_transfers()) transfer.set_timeout_ms(60'000);
    v1::CreateTransfersResponse created;
    ASSERT_TRUE(accounts->CreateTransfers(as(owner).get(), request, &created).ok());
    EXPECT_EQ(account(2).credits_pending(), 12);
    v1::CommitTransfersRequest commit;
    commit.add_transfers()->set_id_high(request.transfers(0).id_high());
    commit.mutable_transfers(0)->set_id_low(request.transfers(0).id_low());
    v1::CommitTransfersResponse committed;
    ASSERT_TRUE(accounts->CommitTransfers(as(owner).get(), commit, &committed).ok());
    EXPECT_EQ(committed.statuses(0), v1::STATUS_UNSPECIFIED);
    v1::AbortTransfersRequest abort;
    abort.add_transfers()->set_id_high(request.transfers(1).id_high());
    abort.mutable_transfers(0)->set_id_low(request.transfers(1).id_low());
    v1::AbortTransfersResponse aborted;
    ASSERT_TRUE(accounts->AbortTransfers(as(owner).get(), abort, &aborted).ok());
    EXPECT_EQ(aborted.statuses(0), v1::STATUS_UNSPECIFIED);
    EXPECT_EQ(account(2).credits_pending(), 0);
    EXPECT_EQ(account(2).credits_posted(), 5);
}

TEST_F(LedgerServiceTest, StreamAnswersInOrder) {
    const auto context = as(owner);
    const auto stream = accounts->StreamCreateTransfers(context.get());
    std::thread writer([&] {
        for (int i = 1; i <= 300; ++i) {
            v1::StreamCreateTransfersRequest request;
            if (i % 50 == 0) {
                add(request, 1, 2, 0);
            } else {
                for (int j = 0; j < i % 7 + 1; ++j) add(request, 1, 2, 1);
            }
            EXPECT_TRUE(stream->Write(request));
        }
        EXPECT_TRUE(stream->WritesDone());
    });
    v1::StreamCreateTransfersResponse response;
    std::int64_t moved = 0;
    int responses = 0;
    while (stream->Read(&response)) {
        const int i = ++responses;
        if (i % 50 == 0) {
            EXPECT_EQ(response.code(), static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
            EXPECT_EQ(response.message(), "transfers[0].amount: must be positive");
        } else {
            EXPECT_EQ(response.code(), 0);
            EXPECT_EQ(response.statuses_size(), i % 7 + 1) << i;
            moved += response.statuses_size();
        }
    }
    writer.join();
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(responses, 300);
    EXPECT_EQ(account(2).credits_posted(), moved);
}

TEST_F(LedgerServiceTest, AccountsOfOthersAreNotFound) {
    v1::GetAccountRequest request;
    request.set_account_id(2);
    v1::GetAccountResponse response;
    const Fault fault =
        fault_of(accounts->GetAccount(as("participant/bim").get(), request, &response));
    EXPECT_EQ(fault.code, grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(fault.reason, "ACCOUNT_UNKNOWN");
    EXPECT_TRUE(accounts->GetAccount(as("auditor/rosa").get(), request, &response).ok());
}

/// One way of finishing small calls or the other, whatever the machine's default.
class FinishTest : public SwitchFixture, public ::testing::WithParamInterface<std::uint32_t> {
protected:
    static rpc::Options finishing() {
        auto options = insecure();
        options.finish_at_once_items = GetParam();
        return options;
    }
    FinishTest() : SwitchFixture(finishing()) {}
};

TEST_P(FinishTest, SmallAndLargeCallsAreAnswered) {
    const char* const owner = "participant/yape";
    v1::CreateAccountsRequest request;
    for (std::uint64_t id = 1; id <= 40; ++id) {
        v1::NewAccount& account = *request.add_accounts();
        account.set_account_id(id);
        account.set_kind(v1::ACCOUNT_KIND_CUSTOMER);
        account.set_currency(604);
    }
    v1::CreateAccountsResponse response;
    ASSERT_TRUE(accounts->CreateAccounts(as(owner).get(), request, &response).ok());
    EXPECT_EQ(response.statuses_size(), 40);
    request.mutable_accounts()->DeleteSubrange(1, 39);
    ASSERT_TRUE(accounts->CreateAccounts(as(owner).get(), request, &response).ok());
    EXPECT_EQ(response.statuses_size(), 1);
    EXPECT_EQ(response.statuses(0), v1::STATUS_UNSPECIFIED);
}

INSTANTIATE_TEST_SUITE_P(AtOnceOrHandedOver, FinishTest, ::testing::Values(0U, 16U));

/// Room for four items at a time.
class FullLedgerServiceTest : public LedgerServiceTest {
protected:
    static rpc::Options narrow() {
        rpc::Options options = insecure();
        options.limits.items_in_flight = 4;
        return options;
    }
    FullLedgerServiceTest() : LedgerServiceTest(narrow()) {}
};

TEST_F(FullLedgerServiceTest, WhatEndsReservationsIsNeverRefusedForLoad) {
    v1::CreateTransfersRequest reserve;
    for (int i = 0; i < 4; ++i) {
        add(reserve, 1, 2, 5);
        reserve.mutable_transfers(i)->set_timeout_ms(60'000);
    }
    v1::CreateTransfersResponse reserved;
    ASSERT_TRUE(accounts->CreateTransfers(as(owner).get(), reserve, &reserved).ok());

    v1::CreateTransfersRequest more = reserve;
    add(more, 1, 2, 5);
    const Fault fault = fault_of(accounts->CreateTransfers(as(owner).get(), more, &reserved));
    EXPECT_EQ(fault.code, grpc::StatusCode::RESOURCE_EXHAUSTED);

    v1::CommitTransfersRequest commit;
    for (const v1::LedgerTransfer& transfer : more.transfers()) {
        v1::TransferReference& reference = *commit.add_transfers();
        reference.set_id_high(transfer.id_high());
        reference.set_id_low(transfer.id_low());
    }
    v1::CommitTransfersResponse committed;
    ASSERT_TRUE(accounts->CommitTransfers(as(owner).get(), commit, &committed).ok());
    ASSERT_EQ(committed.statuses_size(), 5);
    EXPECT_EQ(committed.statuses(3), v1::STATUS_UNSPECIFIED);
    EXPECT_EQ(committed.statuses(4), v1::STATUS_TRANSFER_UNKNOWN);
    EXPECT_EQ(account(2).credits_posted(), 20);
}

}  // namespace
}  // namespace ayni::test
