#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

class ReadsTest : public SwitchFixture {};

TEST_F(ReadsTest, TransferSaysWhatTheJournalHolds) {
    v1::CreateTransferResponse paid;
    const v1::NewTransfer transfer = new_payment();
    ASSERT_TRUE(pay(transfer, paid).ok());
    v1::GetTransferRequest request;
    request.set_transfer_id(transfer.transfer_id());
    v1::GetTransferResponse response;
    ASSERT_TRUE(transfers->GetTransfer(as("participant/bim").get(), request, &response).ok());
    const v1::Transfer& found = response.transfer();
    EXPECT_EQ(found.transfer_id(), transfer.transfer_id());
    EXPECT_EQ(found.type(), v1::TRANSFER_TYPE_PAYMENT);
    EXPECT_EQ(found.state(), v1::TRANSFER_STATE_COMMITTED);
    EXPECT_EQ(found.payer_participant(), "yape");
    EXPECT_EQ(found.payee_participant(), "bim");
    EXPECT_EQ(found.amount().minor_units(), 100);
    EXPECT_EQ(found.amount().currency_code(), "PEN");
    EXPECT_EQ(found.end_to_end_id(), "E2E-1");
    EXPECT_EQ(found.purpose(), "CASH");
    EXPECT_EQ(found.decided_sequence(), paid.result().decided_sequence());
    EXPECT_GT(found.create_time().seconds(), 1'700'000'000);
    EXPECT_GT(found.business_date(), 20'250'000U);
}

TEST_F(ReadsTest, UnknownTransferIsNotFoundAsOfASequence) {
    v1::GetTransferRequest request;
    request.set_transfer_id(new_id());
    v1::GetTransferResponse response;
    const Fault fault =
        fault_of(transfers->GetTransfer(as("participant/yape").get(), request, &response));
    EXPECT_EQ(fault.code, grpc::StatusCode::NOT_FOUND);
    EXPECT_GT(std::stoull(fault.metadata.at("as_of_sequence")), 0U);
    request.set_transfer_id("01000000-0000-7000-8000-000000000001");  // below the floor
    const Fault old =
        fault_of(transfers->GetTransfer(as("participant/yape").get(), request, &response));
    EXPECT_EQ(old.code, grpc::StatusCode::NOT_FOUND);
    EXPECT_GT(std::stoull(old.metadata.at("as_of_sequence")), 0U);
    request.set_transfer_id("what");
    EXPECT_EQ(
        fault_of(transfers->GetTransfer(as("participant/yape").get(), request, &response)).fields,
        std::vector<std::string>{"transfer_id"});
}

TEST_F(ReadsTest, ListGoesBackPageByPage) {
    std::vector<std::string> sent;
    v1::CreateTransferResponse paid;
    for (int i = 0; i < 5; ++i) {
        const v1::NewTransfer transfer = new_payment();
        ASSERT_TRUE(pay(transfer, paid).ok());
        sent.insert(sent.begin(), transfer.transfer_id());
    }
    v1::ListTransfersRequest request;
    request.set_page_size(2);
    std::vector<std::string> listed;
    int pages = 0;
    do {
        v1::ListTransfersResponse response;
        ASSERT_TRUE(transfers->ListTransfers(as("participant/bim").get(), request, &response).ok());
        for (const v1::Transfer& transfer : response.transfers()) {
            listed.push_back(transfer.transfer_id());
            EXPECT_EQ(transfer.state(), v1::TRANSFER_STATE_COMMITTED);
            EXPECT_EQ(transfer.amount().minor_units(), 100);
            EXPECT_EQ(transfer.payer_participant(), "yape");
        }
        request.set_page_token(response.next_page_token());
        ++pages;
    } while (!request.page_token().empty());
    EXPECT_EQ(listed, sent);
    EXPECT_EQ(pages, 3);
}

TEST_F(ReadsTest, ListRefusesWhatIsNotItsOwn) {
    const auto fields = [&](const char* identity, std::int32_t page_size, const std::string& token,
                            const std::string& participant) {
        v1::ListTransfersRequest request;
        request.set_page_size(page_size);
        request.set_page_token(token);
        request.set_participant(participant);
        v1::ListTransfersResponse response;
        return fault_of(transfers->ListTransfers(as(identity).get(), request, &response)).fields;
    };
    using Fields = std::vector<std::string>;
    EXPECT_EQ(fields("participant/yape", -1, "", ""), Fields{"page_size"});
    EXPECT_EQ(fields("participant/yape", 1'001, "", ""), Fields{"page_size"});
    EXPECT_EQ(fields("participant/yape", 0, "nonsense", ""), Fields{"page_token"});
    EXPECT_EQ(fields("operator/ana", 0, "", ""), Fields{"participant"});
    EXPECT_EQ(fields("operator/ana", 0, "", "bim"), Fields{});
}

TEST_F(ReadsTest, ParticipantsAreListedWithoutTheHub) {
    v1::ListParticipantsRequest request;
    request.set_page_size(2);
    std::vector<std::string> codes;
    do {
        v1::ListParticipantsResponse response;
        ASSERT_TRUE(admin->ListParticipants(as("auditor/rosa").get(), request, &response).ok());
        for (const auto& participant : response.participants()) {
            codes.push_back(participant.code());
            EXPECT_TRUE(participant.connected());
        }
        request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(codes, (std::vector<std::string>{"yape", "bim", "coopac"}));
}

TEST_F(ReadsTest, LedgerStatusBalances) {
    v1::CreateTransferResponse paid;
    ASSERT_TRUE(pay(new_payment(), paid).ok());
    v1::GetLedgerStatusResponse response;
    ASSERT_TRUE(admin->GetLedgerStatus(as("operator/ana").get(), {}, &response).ok());
    EXPECT_EQ(response.digest().size(), 32U);
    EXPECT_EQ(response.epoch(), 1U);
    EXPECT_GE(response.as_of_sequence(), paid.as_of_sequence());
    ASSERT_EQ(response.totals_size(), 2);
    for (const auto& totals : response.totals()) {
        EXPECT_EQ(totals.debits_posted(), totals.credits_posted());
        EXPECT_EQ(totals.debits_pending(), totals.credits_pending());
    }
    EXPECT_EQ(response.totals(0).debits_posted(), 100'100);
}

class LimitedReadsTest : public SwitchFixture {
protected:
    static rpc::Options limited() {
        auto options = insecure();
        options.limits.reads_per_second = 0;
        options.limits.reads_burst = 3;
        return options;
    }
    LimitedReadsTest() : SwitchFixture(limited()) {}
};

TEST_F(LimitedReadsTest, ReadsAreLimitedAndPaymentsAreNot) {
    v1::GetTransferRequest request;
    request.set_transfer_id(new_id());
    v1::GetTransferResponse response;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(
            transfers->GetTransfer(as("participant/yape").get(), request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
    }
    const Fault fault =
        fault_of(transfers->GetTransfer(as("participant/yape").get(), request, &response));
    EXPECT_EQ(fault.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(fault.reason, "READS_LIMITED");
    EXPECT_TRUE(fault.has_retry);
    v1::CreateTransferResponse paid;
    EXPECT_TRUE(pay(new_payment(), paid).ok());
}

class FullServerTest : public SwitchFixture {
protected:
    static rpc::Options full() {
        auto options = insecure();
        options.limits.items_in_flight_per_participant = 10;
        return options;
    }
    FullServerTest() : SwitchFixture(full()) {}
};

TEST_F(FullServerTest, WhatIsOverTheLimitIsRefusedAndLeavesNothing) {
    v1::BatchCreateTransfersRequest request;
    for (int i = 0; i < 11; ++i) *request.add_transfers() = new_payment();
    v1::BatchCreateTransfersResponse response;
    const Fault fault =
        fault_of(transfers->BatchCreateTransfers(as("participant/yape").get(), request, &response));
    EXPECT_EQ(fault.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(fault.reason, "OVERLOADED");
    EXPECT_TRUE(fault.has_retry);
    request.mutable_transfers()->RemoveLast();
    EXPECT_TRUE(
        transfers->BatchCreateTransfers(as("participant/yape").get(), request, &response).ok());
    EXPECT_EQ(position("bim").net(), 1'000);
}

}  // namespace
}  // namespace ayni::test
