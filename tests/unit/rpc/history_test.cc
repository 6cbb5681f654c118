#include "base/mark.h"
#include "unit/rpc/switch_fixture.h"

/// Reads of what memory has forgotten, from a history that is behind or away.
namespace ayni::test {
namespace {

using history::Failure;

class HistoryTest : public SwitchFixture {
protected:
    static ledger::Options forgetful() {
        auto tables = small_ledger();
        tables.live_transfers = 16;
        tables.remembered_transfers = 64;
        return tables;
    }
    HistoryTest() : SwitchFixture(insecure(), true, forgetful()) {}

    std::string pay_one() {
        const v1::NewTransfer transfer = new_payment();
        v1::CreateTransferResponse paid;
        EXPECT_TRUE(pay(transfer, paid).ok());
        EXPECT_EQ(paid.result().state(), v1::TRANSFER_STATE_COMMITTED);
        return transfer.transfer_id();
    }
    /// Until memory has forgotten what was paid before.
    void pay_many() {
        for (int i = 0; i < 70; ++i) pay_one();
    }
    grpc::Status get(const std::string& id, v1::GetTransferResponse& response) {
        v1::GetTransferRequest request;
        request.set_transfer_id(id);
        response.Clear();
        return transfers->GetTransfer(as("participant/yape").get(), request, &response);
    }
    grpc::Status list(v1::ListTransfersResponse& response, const std::string& token = "") {
        v1::ListTransfersRequest request;
        request.set_page_size(5);
        request.set_page_token(token);
        response.Clear();
        return transfers->ListTransfers(as("participant/yape").get(), request, &response);
    }

    v1::GetTransferResponse found;
    v1::ListTransfersResponse listed;
};

/// It happened. That neither memory nor history has it now must not read as "it did not".
TEST_F(HistoryTest, WhatMemoryForgotBeforeHistoryHadItIsNotDenied) {
    history.hold_back();
    const std::string id = pay_one();
    ASSERT_TRUE(get(id, found).ok());  // memory has it
    pay_many();
    const Fault behind = fault_of(get(id, found));
    EXPECT_EQ(behind.code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(behind.reason, "HISTORY_BEHIND");
    EXPECT_TRUE(behind.has_retry);
    EXPECT_EQ(behind.metadata.at("as_of_sequence"), std::to_string(history.as_of().value()));
    EXPECT_EQ(fault_of(list(listed)).reason, "HISTORY_BEHIND");
    // Nor is one denied that really did not happen: nobody knows yet.
    const std::string never = "01000000-0000-7000-8000-000000000001";
    EXPECT_EQ(fault_of(get(never, found)).reason, "HISTORY_BEHIND");
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("rpc.history_lacks_what_memory_forgot"), 1U);
#endif
    history.let_go();
    ASSERT_TRUE(get(id, found).ok());
    EXPECT_EQ(found.transfer().state(), v1::TRANSFER_STATE_COMMITTED);
    EXPECT_EQ(found.transfer().amount().minor_units(), 100);
    ASSERT_TRUE(list(listed).ok());
}

/// History and memory together know everything up to now, though history lags.
TEST_F(HistoryTest, WhatDidNotHappenIsDeniedAsOfNow) {
    pay_many();
    history.hold_back();
    const std::string recent = pay_one();
    v1::GetLedgerStatusResponse status;
    ASSERT_TRUE(admin->GetLedgerStatus(as("operator/ana").get(), {}, &status).ok());
    ASSERT_LT(history.as_of().value(), status.as_of_sequence());
    const Fault never = fault_of(get("01000000-0000-7000-8000-000000000001", found));
    EXPECT_EQ(never.code, grpc::StatusCode::NOT_FOUND);
    EXPECT_GE(std::stoull(never.metadata.at("as_of_sequence")), status.as_of_sequence());
    EXPECT_TRUE(get(recent, found).ok());
    // A list is as of history, and says so.
    ASSERT_TRUE(list(listed).ok());
    EXPECT_EQ(listed.as_of_sequence(), history.as_of().value());
    EXPECT_NE(listed.transfers(0).transfer_id(), recent);
}

TEST_F(HistoryTest, ADatabaseThatIsAwayIsUnavailableAndComesBack) {
    const std::string old = pay_one();
    pay_many();
    history.fail_with(Failure::Kind::unavailable);
    for (const grpc::Status& status : {get(old, found), list(listed)}) {
        const Fault away = fault_of(status);
        EXPECT_EQ(away.code, grpc::StatusCode::UNAVAILABLE);
        EXPECT_EQ(away.reason, "HISTORY_UNAVAILABLE");
        EXPECT_TRUE(away.has_retry);
    }
    const std::string recent = pay_one();
    EXPECT_TRUE(get(recent, found).ok());
    history.fail_with(std::nullopt);
    EXPECT_TRUE(get(old, found).ok());
    EXPECT_TRUE(list(listed).ok());
}

TEST_F(HistoryTest, AHistoryThatMakesNoSenseIsAnInternalError) {
    const std::string old = pay_one();
    pay_many();
    history.fail_with(Failure::Kind::unreadable);
    const Fault broken = fault_of(get(old, found));
    EXPECT_EQ(broken.code, grpc::StatusCode::INTERNAL);
    EXPECT_EQ(broken.reason, "HISTORY_UNREADABLE");
    EXPECT_FALSE(broken.has_retry);
}

}  // namespace
}  // namespace ayni::test
