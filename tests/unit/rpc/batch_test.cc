#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

class BatchTest : public SwitchFixture {
protected:
    grpc::Status send(const v1::BatchCreateTransfersRequest& request,
                      v1::BatchCreateTransfersResponse& response) {
        return transfers->BatchCreateTransfers(as("participant/yape").get(), request, &response);
    }
};

TEST_F(BatchTest, EachHasItsOwnOutcomeInOrder) {
    v1::BatchCreateTransfersRequest request;
    for (int i = 0; i < 100; ++i) *request.add_transfers() = new_payment();
    request.mutable_transfers(17)->mutable_amount()->set_minor_units(-1);
    request.mutable_transfers(18)->mutable_amount()->set_minor_units(100'000);
    v1::BatchCreateTransfersResponse response;
    ASSERT_TRUE(send(request, response).ok());
    ASSERT_EQ(response.replies_size(), 100);
    for (int i = 0; i < 100; ++i) {
        const v1::TransferReply& reply = response.replies(i);
        EXPECT_EQ(reply.transfer_id(), request.transfers(i).transfer_id());
        if (i == 17) {
            EXPECT_EQ(reply.error().field(), "amount.minor_units");
        } else if (i == 18) {
            EXPECT_EQ(reply.error().iso_reason(), "AM04");
        } else {
            EXPECT_EQ(reply.result().state(), v1::TRANSFER_STATE_COMMITTED) << i;
        }
    }
    EXPECT_EQ(position("bim").net(), 9'800);
    EXPECT_GT(response.as_of_sequence(), 0U);
}

TEST_F(BatchTest, SentTwiceMovesMoneyOnce) {
    v1::BatchCreateTransfersRequest request;
    for (int i = 0; i < 10; ++i) *request.add_transfers() = new_payment();
    v1::BatchCreateTransfersResponse response;
    ASSERT_TRUE(send(request, response).ok());
    response.Clear();
    ASSERT_TRUE(send(request, response).ok());
    for (const auto& reply : response.replies()) EXPECT_TRUE(reply.result().replayed());
    EXPECT_EQ(position("bim").net(), 1'000);
}

TEST_F(BatchTest, CountAndDifferentIdsAreChecked) {
    v1::BatchCreateTransfersRequest request;
    v1::BatchCreateTransfersResponse response;
    EXPECT_EQ(fault_of(send(request, response)).fields, std::vector<std::string>{"transfers"});
    *request.add_transfers() = new_payment();
    *request.add_transfers() = new_payment();
    *request.add_transfers() = request.transfers(0);
    const Fault fault = fault_of(send(request, response));
    EXPECT_EQ(fault.code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(fault.fields, std::vector<std::string>{"transfers[2].transfer_id"});
    request.clear_transfers();
    for (int i = 0; i < 1'001; ++i) request.add_transfers();
    EXPECT_EQ(fault_of(send(request, response)).fields, std::vector<std::string>{"transfers"});
    EXPECT_EQ(position("bim").net(), 0);
}

TEST_F(BatchTest, ClaimIsGivenOnce) {
    v1::ClaimBatchRequest request;
    request.set_message_id("ROLL-2026-11");
    request.set_content_hash(std::string(32, 'h'));
    v1::ClaimBatchResponse first;
    v1::ClaimBatchResponse second;
    const char* const identity = "participant/yape";
    ASSERT_TRUE(disbursement->ClaimBatch(as(identity).get(), request, &first).ok());
    ASSERT_TRUE(disbursement->ClaimBatch(as(identity).get(), request, &second).ok());
    EXPECT_FALSE(first.replayed());
    EXPECT_TRUE(second.replayed());
    EXPECT_EQ(first.release_time().nanos(), second.release_time().nanos());
    EXPECT_EQ(first.release_time().seconds(), second.release_time().seconds());
    request.set_content_hash(std::string(32, 'x'));
    const Fault fault = fault_of(disbursement->ClaimBatch(as(identity).get(), request, &second));
    EXPECT_EQ(fault.code, grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(fault.reason, "MODIFIED_REQUEST");
}

}  // namespace
}  // namespace ayni::test
