#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

class StopTest : public SwitchFixture {
protected:
    /// grpc.health.v1: 1 is SERVING, 2 is NOT_SERVING. Spelled in bytes, since no package has the
    /// stub: both messages have one field of number 1.
    int health_of(const std::string& service) {
        std::string text = "\n";
        text += static_cast<char>(service.size());
        text += service;
        const grpc::Slice slice(text);
        const grpc::ByteBuffer request(&slice, 1);
        grpc::ByteBuffer response;
        grpc::ClientContext context;
        grpc::GenericStub stub(channel);
        std::promise<grpc::Status> done;
        stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                       [&done](grpc::Status status) { done.set_value(std::move(status)); });
        if (!done.get_future().get().ok()) return -1;
        grpc::Slice answer;
        EXPECT_TRUE(response.DumpToSingleSlice(&answer).ok());
        return answer.size() == 2 ? answer.begin()[1] : -1;
    }
};

TEST_F(StopTest, HealthIsServedForEachService) {
    for (const char* service :
         {"", "ayni.v1.TransferService", "ayni.v1.LedgerService", "ayni.v1.AdminService",
          "ayni.v1.SettlementService", "ayni.v1.DisbursementService"}) {
        EXPECT_EQ(health_of(service), 1) << service;
    }
    EXPECT_EQ(health_of("ayni.v1.NoService"), -1);
}

TEST_F(StopTest, FinishesWhatIsInWorkAndEndsOpenStreams) {
    wallets.set_mode(FakeWallets::Mode::silent);
    const auto idle_context = as("participant/yape");
    const auto idle = transfers->StreamTransfers(idle_context.get());
    v1::StreamTransfersRequest request;
    *request.add_transfers() = new_payment();
    request.mutable_transfers(0)->mutable_timeout()->set_nanos(200'000'000);
    ASSERT_TRUE(idle->Write(request));
    while (position("yape").reserved() == 0) std::this_thread::yield();

    std::thread stopping([&] { server.stop(); });
    v1::StreamTransfersResponse response;
    ASSERT_TRUE(idle->Read(&response));
    ASSERT_EQ(response.replies_size(), 1);
    EXPECT_EQ(response.replies(0).result().reason(), "AB05");
    EXPECT_FALSE(idle->Read(&response));
    const Fault fault = fault_of(idle->Finish());
    EXPECT_EQ(fault.code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(fault.reason, "STOPPING");
    stopping.join();
    EXPECT_EQ(server.items_in_flight(), 0U);
}

TEST_F(StopTest, ASequencerThatStopsSendsAwayWhatWouldWaitForAMinute) {
    wallets.set_mode(FakeWallets::Mode::silent);
    v1::NewTransfer payment = new_payment();
    payment.mutable_timeout()->set_seconds(60);
    auto paying = std::async(std::launch::async, [&] {
        v1::CreateTransferResponse response;
        return fault_of(pay(payment, response));
    });
    while (position("yape").reserved() == 0) {
        ASSERT_EQ(paying.wait_for(std::chrono::milliseconds(1)), std::future_status::timeout);
    }
    std::thread stopping([&] { server.stop(); });
    sequencer.stop();
    stopping.join();
    EXPECT_EQ(paying.get().code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(server.items_in_flight(), 0U);
}

TEST_F(StopTest, SequencerThatStoppedMeansUnavailable) {
    sequencer.stop();
    v1::CreateTransferResponse response;
    const Fault fault = fault_of(pay(new_payment(), response));
    EXPECT_TRUE(fault.code == grpc::StatusCode::UNAVAILABLE ||
                fault.code == grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_TRUE(fault.has_retry);
}

TEST(InsecureServer, IsRefusedBeyondLoopback) {
    base::SystemClock clock;
    journal::MemoryJournal journal({.journal_id = {1}, .ledger_id = {2}, .timestamp = {}});
    ledger::Ledger ledger({.participants = 4,
                           .accounts = 64,
                           .live_transfers = 16,
                           .remembered_transfers = 64,
                           .claims = 4});
    FakeWallets wallets;
    router::Router router({}, wallets, clock);
    MemoryHistory history(router);
    sequencer::Sequencer sequencer({}, ledger, journal, clock, &history);
    const identity::Tokeniser tokeniser({7}, 1);
    rpc::Options options;
    options.insecure_loopback = true;
    options.listen = "0.0.0.0:0";
    rpc::Server server(options, {router, sequencer, history, nullptr, journal, wallets, nullptr,
                                 tokeniser, clock});
    const auto started = server.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().field, "insecure_loopback");
}

}  // namespace
}  // namespace ayni::test
