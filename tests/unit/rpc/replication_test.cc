#include <future>

#include "ayni/replication/v1/replication_service.grpc.pb.h"
#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

using namespace std::chrono_literals;
using replication::v1::FollowRequest;
using replication::v1::FollowResponse;
using Stub = replication::v1::ReplicationService::Stub;

/// A switch that follows, as far as the leader knows it.
class FakeFollower {
public:
    FakeFollower(const std::shared_ptr<grpc::Channel>& channel,
                 std::unique_ptr<grpc::ClientContext> context)
        : stub_(channel), context_(std::move(context)), stream_(stub_.Follow(context_.get())) {}
    ~FakeFollower() {
        context_->TryCancel();
        if (!is_finished_) static_cast<void>(stream_->Finish());
    }

    /// The number of the batch that it is told of next; 0 when the stream ends.
    std::uint64_t hear() { return stream_->Read(&heard) ? heard.batch_number() : 0; }
    bool remember(std::uint64_t number) {
        FollowRequest request;
        request.set_batch_number(number);
        return stream_->Write(request);
    }
    grpc::Status finish() {
        is_finished_ = true;
        return stream_->Finish();
    }

    FollowResponse heard;

private:
    Stub stub_;
    std::unique_ptr<grpc::ClientContext> context_;
    std::unique_ptr<grpc::ClientReaderWriter<FollowRequest, FollowResponse>> stream_;
    bool is_finished_ = false;
};

class ReplicationTest : public SwitchFixture {
protected:
    FakeFollower follower() { return {channel, as("switch/other")}; }
    std::future<void> telling(std::uint64_t number) {
        return std::async(std::launch::async, [this, number] {
            journal::BatchHeader durable;
            durable.number = base::BatchNumber(number);
            durable.epoch = base::Epoch(3);
            durable.hash.fill(static_cast<std::uint8_t>(number));
            server.tell_followers(durable);
        });
    }
    void wait_for_followers(std::size_t count) const {
        while (server.followers() != count) std::this_thread::sleep_for(1ms);
    }
};

TEST_F(ReplicationTest, NobodyButASwitchFollows) {
    for (const char* identity : {"participant/yape", "operator/ana", "auditor/rosa"}) {
        FakeFollower stranger(channel, as(identity));
        EXPECT_EQ(stranger.hear(), 0U) << identity;
        EXPECT_EQ(fault_of(stranger.finish()).reason, "PERMISSION_DENIED") << identity;
    }
    EXPECT_EQ(server.followers(), 0U);
}

TEST_F(ReplicationTest, TellsAndWaitsUntilItIsRemembered) {
    telling(6).get();  // to nobody
    FakeFollower one = follower();
    FakeFollower two = follower();
    EXPECT_EQ(one.hear(), 6U) << "the last one comes at once";
    EXPECT_EQ(two.hear(), 6U);
    EXPECT_EQ(one.heard.epoch(), 3U);
    EXPECT_EQ(one.heard.hash(), std::string(32, '\x06'));
    ASSERT_TRUE(one.remember(6));
    ASSERT_TRUE(two.remember(6));

    auto told = telling(7);
    EXPECT_EQ(one.hear(), 7U);
    EXPECT_EQ(two.hear(), 7U);
    ASSERT_TRUE(one.remember(7));
    EXPECT_EQ(told.wait_for(50ms), std::future_status::timeout) << "one does not remember it yet";
    ASSERT_TRUE(two.remember(7));
    told.get();
    EXPECT_EQ(server.followers(), 2U);
    EXPECT_EQ(server.metrics().followers_given_up, 0U);
}

TEST_F(ReplicationTest, AFollowerThatIsAwayHoldsNobodyUp) {
    {
        FakeFollower gone = follower();
        wait_for_followers(1);
    }
    wait_for_followers(0);
    telling(7).get();
}

TEST_F(ReplicationTest, AFollowerThatStandsStillIsGivenUpAndMayComeAgain) {
    FakeFollower stuck = follower();
    FakeFollower quick = follower();
    wait_for_followers(2);
    auto told = telling(7);
    EXPECT_EQ(quick.hear(), 7U);
    ASSERT_TRUE(quick.remember(7));
    told.get();
    EXPECT_EQ(server.followers(), 1U);
    EXPECT_EQ(server.metrics().followers_given_up, 1U);
    while (stuck.hear() != 0) continue;
    EXPECT_EQ(stuck.finish().error_code(), grpc::StatusCode::CANCELLED);
    FakeFollower again = follower();
    EXPECT_EQ(again.hear(), 7U);
    ASSERT_TRUE(again.remember(7));
}

TEST_F(ReplicationTest, EndsWithTheServer) {
    FakeFollower one = follower();
    wait_for_followers(1);
    server.stop();
    EXPECT_EQ(one.hear(), 0U);
    EXPECT_EQ(fault_of(one.finish()).reason, "STOPPING");
    EXPECT_EQ(server.followers(), 0U);
}

TEST_F(ReplicationTest, OnlyTheLeaderIsFollowed) {
    ledger::Ledger empty(ledger.options());
    sequencer::Sequencer follows({}, empty, journal, clock, nullptr);
    rpc::Options options = insecure();
    options.leader = [] { return "10.0.0.1:7400"; };
    rpc::Server other(options, {.router = router,
                                .sequencer = follows,
                                .history = history,
                                .statements = nullptr,
                                .commands = journal,
                                .network = wallets,
                                .gateway = nullptr,
                                .tokeniser = tokeniser,
                                .clock = clock});
    ASSERT_TRUE(other.start());
    FakeFollower one(grpc::CreateChannel("127.0.0.1:" + std::to_string(other.port()),
                                         grpc::InsecureChannelCredentials()),
                     as("switch/other"));
    EXPECT_EQ(one.hear(), 0U);
    const Fault fault = fault_of(one.finish());
    EXPECT_EQ(fault.reason, "NOT_LEADING");
    EXPECT_EQ(fault.metadata.at("leader"), "10.0.0.1:7400");
}

}  // namespace
}  // namespace ayni::test
