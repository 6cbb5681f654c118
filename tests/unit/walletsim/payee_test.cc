#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <thread>

#include "adapter/grpc_wallet_network.h"
#include "ayni/walletsim/v1/wallet_sim_service.grpc.pb.h"
#include "temporary_directory.h"
#include "unit/adapter/recording_replies.h"
#include "walletsim/institution.h"

/// An institution as payee, called by the switch's own client of it.
namespace ayni::walletsim {
namespace {

constexpr base::ParticipantId bim{3};

base::TransferId id_of(std::uint64_t low) {
    return {.high = 0x0190'0000'0000'7000, .low = 0x8000'0000'0000'0000 + low};
}
std::string text_of(std::uint64_t low) { return base::to_string(id_of(low)); }

class PayeeTest : public testing::Test {
protected:
    ~PayeeTest() override { hang_up(); }

    void start(v1::Mode mode = v1::MODE_NORMAL) {
        options.participant = "bim";
        options.directory = directory.path();
        options.insecure = true;
        options.sync = false;
        options.behaviour.mode = mode;
        options.behaviour.reason = "AC06";
        options.switch_endpoints = {"127.0.0.1:1"};
        auto started = Institution::start(options);
        ASSERT_TRUE(started) << started.error().to_string();
        institution = std::move(*started);
        options.listen = institution->address();
        stub = v1::WalletSimService::NewStub(
            grpc::CreateChannel(institution->address(), grpc::InsecureChannelCredentials()));
        grpc::ClientContext context;
        identify(context);
        v1::OpenCustomersRequest request;
        request.add_accounts("988");
        v1::OpenCustomersResponse response;
        ASSERT_TRUE(stub->OpenCustomers(&context, request, &response).ok());
    }

    static void identify(grpc::ClientContext& context) {
        context.AddMetadata("x-ayni-identity", "operator/test");
    }

    void call(adapter::LinkStyle style = adapter::LinkStyle::session,
              const std::string& identity = "switch/ayni") {
        adapter::WalletNetworkOptions link;
        link.backoff_at_first = std::chrono::milliseconds(5);
        link.backoff_at_most = std::chrono::milliseconds(50);
        link.insecure_identity = identity;
        network = std::make_unique<adapter::GrpcWalletNetwork>(
            link,
            std::vector<adapter::LinkConfiguration>{{.participant = bim,
                                                     .code = "bim",
                                                     .endpoint = institution->address(),
                                                     .style = style}},
            grpc::InsecureChannelCredentials(), clock, random);
        network->start(replies);
    }
    void hang_up() {
        if (network) network->stop();
        network.reset();
    }

    bool accept(std::uint64_t low, const std::string& account = "988") {
        return network->send_accept(bim, {.id = id_of(low),
                                          .payer_participant = "yape",
                                          .payer_account = "999",
                                          .payee_account = account,
                                          .amount = base::Amount(100),
                                          .currency = base::Currency::pen,
                                          .end_to_end_id = "",
                                          .purpose = "",
                                          .remittance_text = "",
                                          .remaining = std::chrono::seconds(5)});
    }
    bool tell(std::uint64_t low, adapter::Decision decision) {
        adapter::OutcomeNotice notice;
        notice.id = id_of(low);
        notice.decision = decision;
        notice.amount = base::Amount(100);
        return network->send_outcome(bim, notice);
    }

    v1::GetBooksResponse books() {
        grpc::ClientContext context;
        identify(context);
        v1::GetBooksResponse response;
        EXPECT_TRUE(stub->GetBooks(&context, {}, &response).ok());
        return response;
    }

    TemporaryDirectory directory;
    InstitutionOptions options;
    std::unique_ptr<Institution> institution;
    std::unique_ptr<v1::WalletSimService::Stub> stub;
    base::SystemClock clock;
    base::SeededRandom random{1};
    adapter::RecordingReplies replies;
    std::unique_ptr<adapter::GrpcWalletNetwork> network;
};

TEST_F(PayeeTest, AcceptsAndCredits) {
    start();
    call();
    ASSERT_TRUE(replies.wait_for("connected 3"));
    ASSERT_TRUE(accept(1));
    ASSERT_TRUE(accept(2, "nobody"));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1)));
    ASSERT_TRUE(replies.wait_for("refused " + text_of(2) + " AC01"));
    EXPECT_EQ(books().promised(), 100);
    ASSERT_TRUE(tell(1, adapter::Decision::committed));
    ASSERT_TRUE(tell(1, adapter::Decision::committed));
    ASSERT_TRUE(replies.wait_for("acknowledged " + text_of(1), 2));
    EXPECT_EQ(books().received(), 100);
    EXPECT_EQ(books().balances(), 100);
    EXPECT_EQ(books().promises(), 0U);
}

TEST_F(PayeeTest, TheSameOverUnaryCalls) {
    options.session = false;
    start();
    call();
    ASSERT_TRUE(replies.wait_for("connected 3"));
    EXPECT_TRUE(network->statistics(0).speaks_unary);
    ASSERT_TRUE(accept(1));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1)));
    ASSERT_TRUE(tell(1, adapter::Decision::aborted));
    ASSERT_TRUE(replies.wait_for("acknowledged " + text_of(1)));
    EXPECT_EQ(books().promises(), 0U);
    EXPECT_EQ(books().received(), 0);
}

TEST_F(PayeeTest, RemembersPromisesAndRepeatsThemToANewSession) {
    start();
    call();
    ASSERT_TRUE(replies.wait_for("connected 3"));
    ASSERT_TRUE(accept(1));
    ASSERT_TRUE(accept(2));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(2)));
    ASSERT_TRUE(tell(2, adapter::Decision::committed));
    ASSERT_TRUE(replies.wait_for("acknowledged " + text_of(2)));
    institution.reset();
    start();
    ASSERT_TRUE(replies.wait_for("connected 3", 2));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1), 2));
    EXPECT_EQ(books().promises(), 1U);
    EXPECT_EQ(books().received(), 100);
    EXPECT_EQ(replies.count("accepted " + text_of(2)), 1);
}

TEST_F(PayeeTest, OnlyTheSwitchMayCall) {
    start();
    call(adapter::LinkStyle::session, "participant/yape");
    grpc::ClientContext context;
    context.AddMetadata("x-ayni-identity", "switch/ayni");
    v1::GetBooksResponse response;
    const grpc::Status status = stub->GetBooks(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(status.error_message(),
              "called by switch/ayni, allowed for operators and participants");
    while (network->statistics(0).failed_attempts < 2) std::this_thread::yield();
    EXPECT_FALSE(network->is_connected(bim));
}

TEST_F(PayeeTest, RefusesInsecureOffLoopback) {
    InstitutionOptions open;
    open.participant = "bim";
    open.directory = directory.path();
    open.insecure = true;
    open.listen = "0.0.0.0:0";
    const auto refused = Institution::start(open);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "--listen");
}

/// What the switch sees of one accept and one commit after it, by mode.
struct ModeCase {
    const char* name;
    v1::Mode mode;
    std::vector<std::string> after_accept;
    std::vector<std::string> after_commit;
    std::int64_t received;
};

class Modes : public PayeeTest, public testing::WithParamInterface<ModeCase> {};

const std::vector<ModeCase> mode_cases = {
    {"slow", v1::MODE_SLOW, {"accepted"}, {"acknowledged"}, 100},
    {"silent", v1::MODE_SILENT, {}, {"acknowledged"}, 100},
    {"refusing", v1::MODE_REFUSING, {"refused AC06"}, {"refused_after_commit MS03"}, 0},
    {"refusing_after_commit",
     v1::MODE_REFUSING_AFTER_COMMIT,
     {"accepted"},
     {"refused_after_commit AC06"},
     0},
    {"duplicating",
     v1::MODE_DUPLICATING,
     {"accepted", "accepted"},
     {"acknowledged", "acknowledged"},
     100},
    {"unacknowledging", v1::MODE_UNACKNOWLEDGING, {"accepted"}, {}, 100},
    {"contradicting", v1::MODE_CONTRADICTING, {"accepted", "refused AC06"}, {"acknowledged"}, 100},
};

std::string with_id(const std::string& event) {
    const std::size_t space = event.find(' ');
    return event.substr(0, space) + " " + text_of(1) +
           (space == std::string::npos ? "" : event.substr(space));
}

TEST_P(Modes, BehavesAsTold) {
    options.behaviour.delay = std::chrono::milliseconds(20);
    start(GetParam().mode);
    call();
    ASSERT_TRUE(replies.wait_for("connected 3"));
    std::vector<std::string> expected = {"connected 3"};
    ASSERT_TRUE(accept(1));
    for (const std::string& event : GetParam().after_accept) expected.push_back(with_id(event));
    ASSERT_TRUE(replies.wait_for_events(expected.size()));
    ASSERT_TRUE(tell(1, adapter::Decision::committed));
    for (const std::string& event : GetParam().after_commit) expected.push_back(with_id(event));
    ASSERT_TRUE(replies.wait_for_events(expected.size()));
    // Ordered behind what was told, so that nothing more can come of it.
    while (books().received() != GetParam().received) std::this_thread::yield();
    EXPECT_EQ(replies.events(), expected);
}

INSTANTIATE_TEST_SUITE_P(Payee, Modes, testing::ValuesIn(mode_cases),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

}  // namespace
}  // namespace ayni::walletsim
