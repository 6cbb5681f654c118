#include "adapter/gateway_tunnel.h"
#include "adapter/grpc_wallet_network.h"
#include "ayni/adapter/v1/participant_gateway_service.grpc.pb.h"
#include "unit/adapter/fake_institution.h"
#include "unit/adapter/recording_replies.h"
#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

using namespace std::chrono_literals;
using adapter::v1::ConnectRequest;
using adapter::v1::ConnectResponse;
using Gateways = adapter::v1::ParticipantGatewayService;

constexpr base::ParticipantId coopac{4};
constexpr base::TransferId some_id{0x0190'0000'0000'7000, 0x8000'0000'0000'0001};

adapter::AcceptRequest some_accept() {
    adapter::AcceptRequest request;
    request.id = some_id;
    request.payer_participant = "yape";
    request.payee_account = "2";
    request.amount = base::Amount(100);
    request.remaining = 5s;
    return request;
}

/// An institution that calls, word by word.
class Caller {
public:
    Caller(const std::shared_ptr<grpc::Channel>& channel,
           std::unique_ptr<grpc::ClientContext> context)
        : stub_(channel), context_(std::move(context)), stream_(stub_.Connect(context_.get())) {}
    ~Caller() {
        context_->TryCancel();
        if (!is_finished_) static_cast<void>(stream_->Finish());
    }

    /// False when the switch says nothing more.
    bool hear() { return stream_->Read(&heard); }
    bool answer_echo() {
        ConnectRequest request;
        request.add_frames()->mutable_echo()->set_nonce(heard.frames(0).echo().nonce());
        return stream_->Write(request);
    }
    bool hang_up() { return stream_->WritesDone(); }
    grpc::Status finish() {
        is_finished_ = true;
        return stream_->Finish();
    }

    ConnectResponse heard;

private:
    Gateways::Stub stub_;
    std::unique_ptr<grpc::ClientContext> context_;
    std::unique_ptr<grpc::ClientReaderWriter<ConnectRequest, ConnectResponse>> stream_;
    bool is_finished_ = false;
};

/// A switch that coopac calls, and yape does not.
class GatewayTest : public SwitchFixture {
protected:
    explicit GatewayTest(std::chrono::milliseconds connect_timeout = 20s) {
        options.connect_timeout = connect_timeout;
    }
    void SetUp() override {
        SwitchFixture::SetUp();
        network = std::make_unique<adapter::GrpcWalletNetwork>(
            options,
            std::vector<adapter::LinkConfiguration>{{.participant = coopac,
                                                     .code = "coopac",
                                                     .endpoint = "",
                                                     .style = adapter::LinkStyle::gateway},
                                                    {.participant = base::ParticipantId(2),
                                                     .code = "yape",
                                                     .endpoint = "127.0.0.1:1",
                                                     .style = adapter::LinkStyle::session}},
            grpc::InsecureChannelCredentials(), clock, random);
        network->start(replies);
        gateway = serve(sequencer);
        outside = grpc::CreateChannel(endpoint(), grpc::InsecureChannelCredentials());
    }
    void TearDown() override {
        gateway->stop();
        network->stop();
    }
    std::unique_ptr<rpc::Server> serve(sequencer::Sequencer& by) {
        rpc::Options api = insecure();
        api.leader = [] { return "10.0.0.1:7400"; };
        auto made = std::make_unique<rpc::Server>(api, rpc::Server::Parts{.router = router,
                                                                          .sequencer = by,
                                                                          .history = history,
                                                                          .statements = nullptr,
                                                                          .commands = journal,
                                                                          .network = *network,
                                                                          .gateway = network.get(),
                                                                          .tokeniser = tokeniser,
                                                                          .clock = clock});
        EXPECT_TRUE(made->start());
        return made;
    }
    [[nodiscard]] std::string endpoint() const {
        return "127.0.0.1:" + std::to_string(gateway->port());
    }
    [[nodiscard]] std::unique_ptr<adapter::GatewayTunnel> tunnel_to(
        adapter::FakeInstitution& institution) const {
        return std::make_unique<adapter::GatewayTunnel>(
            adapter::GatewayTunnel::Options{.switches = {endpoint()},
                                            .insecure_identity = "participant/coopac",
                                            .identity_of_switch = "switch/ayni",
                                            .backoff_at_first = 5ms,
                                            .backoff_at_most = 50ms},
            grpc::InsecureChannelCredentials(),
            grpc::CreateChannel(institution.endpoint(), grpc::InsecureChannelCredentials()));
    }
    [[nodiscard]] Caller caller() const { return {outside, as("participant/coopac")}; }

    adapter::WalletNetworkOptions options;
    adapter::RecordingReplies replies;
    std::unique_ptr<adapter::GrpcWalletNetwork> network;
    std::unique_ptr<rpc::Server> gateway;
    std::shared_ptr<grpc::Channel> outside;
};

TEST_F(GatewayTest, AnInstitutionThatCallsIsALinkLikeAnyOther) {
    EXPECT_FALSE(network->is_connected(coopac));
    EXPECT_FALSE(network->send_accept(coopac, some_accept()));
    adapter::FakeInstitution institution({});
    const auto tunnel = tunnel_to(institution);
    ASSERT_TRUE(replies.wait_for("connected 4"));
    EXPECT_TRUE(network->is_connected(coopac));
    ASSERT_TRUE(network->send_accept(coopac, some_accept()));
    ASSERT_TRUE(replies.wait_for("accepted " + base::to_string(some_id)));
    adapter::OutcomeNotice notice;
    notice.id = some_id;
    notice.decision = adapter::Decision::committed;
    ASSERT_TRUE(network->send_outcome(coopac, notice));
    ASSERT_TRUE(replies.wait_for("acknowledged " + base::to_string(some_id)));
    EXPECT_TRUE(tunnel->statistics().is_connected);
    EXPECT_EQ(network->statistics(0).malformed_frames, 0U);
}

TEST_F(GatewayTest, IsLostWithItsStreamAndComesBack) {
    adapter::FakeInstitution institution({});
    auto tunnel = tunnel_to(institution);
    ASSERT_TRUE(replies.wait_for("connected 4"));
    tunnel.reset();
    while (network->is_connected(coopac)) std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(network->send_accept(coopac, some_accept()));
    tunnel = tunnel_to(institution);
    ASSERT_TRUE(replies.wait_for("connected 4", 2));
    EXPECT_EQ(network->statistics(0).connections, 2U);
    EXPECT_EQ(network->statistics(0).disconnections, 1U);
}

TEST_F(GatewayTest, WhoIsNotExpectedIsRefused) {
    const std::pair<const char*, const char*> cases[] = {
        {"participant/yape", "GATEWAY_NOT_CONFIGURED"},
        {"participant/nobody", "GATEWAY_NOT_CONFIGURED"},
        {"operator/ana", "PERMISSION_DENIED"},
        {"switch/other", "PERMISSION_DENIED"}};
    for (const auto& [identity, reason] : cases) {
        Caller stranger(outside, as(identity));
        EXPECT_FALSE(stranger.hear()) << identity;
        EXPECT_EQ(fault_of(stranger.finish()).reason, reason) << identity;
    }
    Caller nowhere(channel, as("participant/coopac"));
    EXPECT_FALSE(nowhere.hear()) << "that switch expects no calls at all";
    EXPECT_EQ(fault_of(nowhere.finish()).reason, "GATEWAY_NOT_CONFIGURED");
}

TEST_F(GatewayTest, OnlyTheLeaderIsCalled) {
    ledger::Ledger empty(ledger.options());
    sequencer::Sequencer follows({}, empty, journal, clock, nullptr);
    const auto other = serve(follows);
    Caller early(grpc::CreateChannel("127.0.0.1:" + std::to_string(other->port()),
                                     grpc::InsecureChannelCredentials()),
                 as("participant/coopac"));
    EXPECT_FALSE(early.hear());
    const Fault fault = fault_of(early.finish());
    EXPECT_EQ(fault.reason, "NOT_LEADING");
    EXPECT_EQ(fault.metadata.at("leader"), "10.0.0.1:7400");
}

TEST_F(GatewayTest, ALaterCallTakesThePlaceOfTheEarlierOne) {
    Caller first = caller();
    ASSERT_TRUE(first.hear());
    ASSERT_TRUE(first.answer_echo());
    ASSERT_TRUE(replies.wait_for("connected 4"));
    Caller second = caller();
    EXPECT_FALSE(first.hear());
    EXPECT_EQ(first.finish().error_code(), grpc::StatusCode::ABORTED);
    ASSERT_TRUE(second.hear());
    ASSERT_TRUE(second.answer_echo());
    ASSERT_TRUE(replies.wait_for("connected 4", 2));
    ASSERT_TRUE(network->send_accept(coopac, some_accept()));
    ASSERT_TRUE(second.hear());
    EXPECT_EQ(second.heard.frames(0).accept().transfer_id(), base::to_string(some_id));
}

TEST_F(GatewayTest, WhoHangsUpIsLetGo) {
    Caller one = caller();
    ASSERT_TRUE(one.hear());
    ASSERT_TRUE(one.answer_echo());
    ASSERT_TRUE(replies.wait_for("connected 4"));
    ASSERT_TRUE(one.hang_up());
    EXPECT_FALSE(one.hear());
    EXPECT_TRUE(one.finish().ok());
    EXPECT_FALSE(network->is_connected(coopac));
}

TEST_F(GatewayTest, StopsWithWhoeverIsConnectedOrWaits) {
    Caller one = caller();
    ASSERT_TRUE(one.hear());
    ASSERT_TRUE(one.answer_echo());
    ASSERT_TRUE(replies.wait_for("connected 4"));
    gateway->stop();
    EXPECT_FALSE(one.hear());
    EXPECT_EQ(fault_of(one.finish()).reason, "STOPPING");
    EXPECT_FALSE(network->is_connected(coopac));
}

TEST_F(GatewayTest, AStoppedNetworkEndsItsStreamsAndTakesNoMore) {
    Caller one = caller();
    ASSERT_TRUE(one.hear());
    network->stop();
    EXPECT_FALSE(one.hear());
    EXPECT_EQ(one.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    Caller late = caller();
    EXPECT_FALSE(late.hear());
    EXPECT_FALSE(late.finish().ok());
}

class ImpatientGatewayTest : public GatewayTest {
protected:
    ImpatientGatewayTest() : GatewayTest(20ms) {}
};

TEST_F(ImpatientGatewayTest, WhoAnswersNoEchoIsNotConnected) {
    Caller silent = caller();
    ASSERT_TRUE(silent.hear());
    EXPECT_FALSE(silent.hear());
    EXPECT_EQ(silent.finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    EXPECT_EQ(replies.count("connected 4"), 0);
    // Its caller hears the end before the switch has done with the stream.
    while (network->statistics(0).failed_attempts == 0) std::this_thread::sleep_for(1ms);
}

}  // namespace
}  // namespace ayni::test
