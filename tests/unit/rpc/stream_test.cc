#include <set>

#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

class StreamTest : public SwitchFixture {};

TEST_F(StreamTest, AnswersEveryPayment) {
    const auto context = as("participant/yape");
    const auto stream = transfers->StreamTransfers(context.get());
    std::set<std::string> asked;
    for (int i = 0; i < 20; ++i) {
        v1::StreamTransfersRequest request;
        for (int j = 0; j < 10; ++j) {
            *request.add_transfers() = new_payment();
            asked.insert(request.transfers(j).transfer_id());
        }
        ASSERT_TRUE(stream->Write(request));
    }
    ASSERT_TRUE(stream->WritesDone());
    std::set<std::string> answered;
    v1::StreamTransfersResponse response;
    while (stream->Read(&response)) {
        EXPECT_GT(response.as_of_sequence(), 0U);
        for (const v1::TransferReply& reply : response.replies()) {
            EXPECT_EQ(reply.result().state(), v1::TRANSFER_STATE_COMMITTED);
            EXPECT_TRUE(answered.insert(reply.transfer_id()).second);
        }
    }
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(answered, asked);
    EXPECT_EQ(position("bim").net(), 20'000);
}

TEST_F(StreamTest, MalformedAndRefusedPaymentsDoNotEndIt) {
    const auto context = as("participant/yape");
    const auto stream = transfers->StreamTransfers(context.get());
    v1::StreamTransfersRequest request;
    *request.add_transfers() = new_payment();
    request.mutable_transfers(0)->mutable_amount()->set_currency_code("XXX");
    *request.add_transfers() = new_payment();
    request.mutable_transfers(1)->mutable_amount()->set_minor_units(1'000'000'000);
    *request.add_transfers() = new_payment();
    request.add_transfers()->set_transfer_id("nonsense");
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->WritesDone());
    std::map<std::string, v1::TransferReply> replies;
    v1::StreamTransfersResponse response;
    while (stream->Read(&response)) {
        for (const auto& reply : response.replies()) replies[reply.transfer_id()] = reply;
    }
    ASSERT_TRUE(stream->Finish().ok());
    ASSERT_EQ(replies.size(), 4U);
    const v1::TransferError& malformed = replies[request.transfers(0).transfer_id()].error();
    EXPECT_EQ(malformed.code(), static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
    EXPECT_EQ(malformed.reason(), "MALFORMED_REQUEST");
    EXPECT_EQ(malformed.field(), "amount.currency_code");
    const v1::TransferError& uncovered = replies[request.transfers(1).transfer_id()].error();
    EXPECT_EQ(uncovered.code(), static_cast<int>(grpc::StatusCode::FAILED_PRECONDITION));
    EXPECT_EQ(uncovered.reason(), "INSUFFICIENT_COVER");
    EXPECT_EQ(uncovered.iso_reason(), "AM04");
    EXPECT_EQ(replies[request.transfers(2).transfer_id()].result().state(),
              v1::TRANSFER_STATE_COMMITTED);
    EXPECT_EQ(replies["nonsense"].error().field(), "transfer_id");
}

TEST_F(StreamTest, CancelledClientLeavesNothingBehind) {
    wallets.set_mode(FakeWallets::Mode::silent);
    {
        const auto context = as("participant/yape");
        const auto stream = transfers->StreamTransfers(context.get());
        v1::StreamTransfersRequest request;
        *request.add_transfers() = new_payment();
        request.mutable_transfers(0)->mutable_timeout()->set_nanos(20'000'000);
        ASSERT_TRUE(stream->Write(request));
        context->TryCancel();
        EXPECT_FALSE(stream->Finish().ok());
    }
    server.stop();  // returns only when every call is over
    EXPECT_EQ(server.items_in_flight(), 0U);
    EXPECT_EQ(server.metrics().open_streams.load(), 0U);
}

class NarrowStreamTest : public SwitchFixture {
protected:
    static rpc::Options narrow() {
        auto options = insecure();
        options.limits.stream_payments = 4;
        options.limits.stream_requests = 2;
        return options;
    }
    NarrowStreamTest() : SwitchFixture(narrow()) {}
};

TEST_F(NarrowStreamTest, ReadsNoMoreThanItsWindowAndLosesNothing) {
    const auto context = as("participant/yape");
    const auto stream = transfers->StreamTransfers(context.get());
    std::thread writer([&] {
        for (int i = 0; i < 200; ++i) {
            v1::StreamTransfersRequest request;
            *request.add_transfers() = new_payment();
            EXPECT_TRUE(stream->Write(request));
        }
        EXPECT_TRUE(stream->WritesDone());
    });
    int committed = 0;
    v1::StreamTransfersResponse response;
    while (stream->Read(&response)) {
        EXPECT_LE(response.replies_size(), 4);
        for (const auto& reply : response.replies()) {
            committed += reply.result().state() == v1::TRANSFER_STATE_COMMITTED ? 1 : 0;
        }
    }
    writer.join();
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(committed, 200);
}

}  // namespace
}  // namespace ayni::test
