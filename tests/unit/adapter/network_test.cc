#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "adapter/grpc_wallet_network.h"
#include "base/mark.h"
#include "unit/adapter/fake_institution.h"
#include "unit/adapter/recording_replies.h"

namespace ayni::adapter {
namespace {

constexpr base::ParticipantId bim{3};

base::TransferId id_of(std::uint64_t low) {
    return {.high = 0x0190'0000'0000'7000, .low = 0x8000'0000'0000'0000 + low};
}
std::string text_of(std::uint64_t low) { return base::to_string(id_of(low)); }

AcceptRequest accept_of(std::uint64_t low) {
    return {.id = id_of(low),
            .payer_participant = "yape",
            .payer_account = "1",
            .payee_account = "2",
            .amount = base::Amount(100),
            .currency = base::Currency::pen,
            .end_to_end_id = "e",
            .purpose = "",
            .remittance_text = "",
            .remaining = std::chrono::milliseconds(5'000)};
}
OutcomeNotice outcome_of(std::uint64_t low) {
    OutcomeNotice notice;
    notice.id = id_of(low);
    notice.decision = Decision::committed;
    return notice;
}

/// Waits for what no event announces.
template <typename Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + RecordingReplies::patience;
    while (std::chrono::steady_clock::now() < until) {
        if (condition()) return true;
        std::this_thread::yield();
    }
    return false;
}

class NetworkTest : public testing::Test {
protected:
    NetworkTest() {
        options.backoff_at_first = std::chrono::milliseconds(5);
        options.backoff_at_most = std::chrono::milliseconds(50);
    }
    ~NetworkTest() override {
        if (network) network->stop();
    }

    void connect(const std::string& endpoint, LinkStyle style = LinkStyle::session) {
        network = std::make_unique<GrpcWalletNetwork>(
            options,
            std::vector<LinkConfiguration>{
                {.participant = bim, .code = "bim", .endpoint = endpoint, .style = style}},
            grpc::InsecureChannelCredentials(), clock, random);
        network->start(replies);
    }
    [[nodiscard]] const LinkStatistics& statistics() const { return network->statistics(0); }

    WalletNetworkOptions options;
    base::SystemClock clock;
    base::SeededRandom random{1};
    RecordingReplies replies;
    std::unique_ptr<GrpcWalletNetwork> network;
};

TEST_F(NetworkTest, SpeaksOverASession) {
    FakeInstitution institution({});
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    EXPECT_TRUE(network->is_connected(bim));
    EXPECT_TRUE(statistics().up);
    ASSERT_TRUE(network->send_accept(bim, accept_of(1)));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1)));
    ASSERT_TRUE(network->send_outcome(bim, outcome_of(1)));
    ASSERT_TRUE(replies.wait_for("acknowledged " + text_of(1)));
    EXPECT_FALSE(statistics().speaks_unary);
    EXPECT_EQ(statistics().malformed_frames, 0U);
    EXPECT_EQ(replies.count("connected 3"), 1);
}

TEST_F(NetworkTest, NobodyIsConnectedWhoIsNotConfigured) {
    FakeInstitution institution({});
    connect(institution.endpoint());
    EXPECT_FALSE(network->is_connected(base::ParticipantId(9)));
    EXPECT_FALSE(network->send_accept(base::ParticipantId(9), accept_of(1)));
    EXPECT_FALSE(network->send_outcome(base::ParticipantId(9), outcome_of(1)));
}

TEST_F(NetworkTest, WhatWaitsGoesInOneMessage) {
    FakeInstitution institution({});
    options.frames_per_message = 100;
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    // While the institution does not read, flow control keeps a write in flight and frames gather.
    institution.hold();
    constexpr std::uint64_t count = 5'000;
    for (std::uint64_t i = 0; i < count; ++i) {
        ASSERT_TRUE(network->send_accept(bim, accept_of(i)));
    }
    institution.release();
    ASSERT_TRUE(replies.wait_for_events(count + 1));
    int most = 0;
    int sum = 0;
    for (const int size : institution.message_sizes()) {
        most = std::max(most, size);
        sum += size;
    }
    EXPECT_EQ(most, 100);
    EXPECT_LE(static_cast<std::uint64_t>(sum), count + 1);
    EXPECT_LT(statistics().writes, count / 2);
    EXPECT_EQ(statistics().frames_sent, count + 1);
    EXPECT_EQ(statistics().outbox_frames, 0U);
    const auto events = replies.events();
    EXPECT_EQ(std::set<std::string>(events.begin(), events.end()).size(), count + 1);
}

TEST_F(NetworkTest, AFullOutboxRefuses) {
    FakeInstitution institution({});
    options.outbox_frames = 500;
    options.frames_per_message = 10;
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    institution.hold();
    std::uint64_t taken = 0;
    while (network->send_accept(bim, accept_of(taken)) && taken < 1'000'000) ++taken;
    EXPECT_GE(taken, 500U);
    EXPECT_LT(taken, 1'000'000U);
    EXPECT_EQ(statistics().outbox_refusals, 1U);
    EXPECT_TRUE(network->is_connected(bim));
    institution.release();
    // What was taken is told, and there is room again.
    ASSERT_TRUE(replies.wait_for_events(taken + 1));
    EXPECT_TRUE(network->send_accept(bim, accept_of(taken)));
    EXPECT_TRUE(replies.wait_for("accepted " + text_of(taken)));
}

TEST_F(NetworkTest, ComesBackWhenTheInstitutionDoes) {
    auto institution = std::make_unique<FakeInstitution>(FakeInstitution::Options{});
    const int port = institution->port();
    connect(institution->endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    institution.reset();
    ASSERT_TRUE(eventually([&] { return !network->is_connected(bim); }));
    EXPECT_FALSE(network->send_accept(bim, accept_of(1)));
    EXPECT_EQ(statistics().disconnections, 1U);
    // Five failures in a row, the loss included: somebody should look.
    ASSERT_TRUE(eventually([&] { return !statistics().up.load(); }));
    EXPECT_GE(statistics().failed_attempts, 4U);
    institution = std::make_unique<FakeInstitution>(FakeInstitution::Options{.port = port});
    ASSERT_TRUE(replies.wait_for("connected 3", 2));
    EXPECT_TRUE(statistics().up);
    ASSERT_TRUE(network->send_accept(bim, accept_of(2)));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(2)));
    // Last, since the network's calls must end before the institution waits for them.
    network->stop();
}

TEST_F(NetworkTest, SilenceOfHeartbeatsEndsTheLink) {
    std::atomic<bool> is_dumb{false};
    FakeInstitution institution({.on_message = [&](const v1::SessionRequest& request) {
        return is_dumb ? v1::SessionResponse() : FakeInstitution::answer_everything(request);
    }});
    options.heartbeat = std::chrono::milliseconds(20);
    options.connect_timeout = std::chrono::milliseconds(200);
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    is_dumb = true;
    ASSERT_TRUE(eventually([&] { return statistics().disconnections == 1; }));
    // A session that does not echo is not connected.
    ASSERT_TRUE(eventually([&] { return statistics().failed_attempts >= 1; }));
    EXPECT_FALSE(network->is_connected(bim));
    is_dumb = false;
    ASSERT_TRUE(replies.wait_for("connected 3", 2));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("adapter.heartbeats_missed"), 1U);
    EXPECT_GE(base::mark_hits("adapter.session_lost"), 1U);
#endif
    network->stop();
}

TEST_F(NetworkTest, KeepsAnswersThatTheSwitchCanNotTake) {
    FakeInstitution institution({});
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    replies.refuse_everything(true);
    constexpr std::uint64_t count = 200;
    for (std::uint64_t i = 0; i < count; ++i) {
        ASSERT_TRUE(network->send_accept(bim, accept_of(i)));
    }
    ASSERT_TRUE(replies.wait_for_refusals(3));
    EXPECT_TRUE(network->is_connected(bim));
    replies.refuse_everything(false);
    ASSERT_TRUE(replies.wait_for_events(count + 1));
    // None lost, none twice, in order.
    const auto events = replies.events();
    for (std::uint64_t i = 0; i < count; ++i) EXPECT_EQ(events[i + 1], "accepted " + text_of(i));
    EXPECT_GE(statistics().reads_paused, 1U);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("adapter.reading_paused"), 1U);
#endif
}

TEST_F(NetworkTest, SaysConnectedUntilItIsHeard) {
    FakeInstitution institution({});
    replies.refuse_everything(true);
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for_refusals(3));
    replies.refuse_everything(false);
    ASSERT_TRUE(replies.wait_for("connected 3"));
    ASSERT_TRUE(network->send_accept(bim, accept_of(1)));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1)));
    EXPECT_EQ(replies.count("connected 3"), 1);
}

TEST_F(NetworkTest, MalformedAnswersAreCountedAndDropped) {
    FakeInstitution institution({.on_message = [](const v1::SessionRequest& request) {
        v1::SessionResponse response = FakeInstitution::answer_everything(request);
        if (!request.frames(0).has_accept()) return response;
        response.add_frames();
        response.add_frames()->mutable_accept()->set_transfer_id("not an id");
        response.add_frames()->mutable_outcome()->set_transfer_id(std::string(40, 'a'));
        v1::WalletFrame& vague = *response.add_frames();
        vague.mutable_accept()->set_transfer_id(text_of(7));
        vague.mutable_accept()->set_reason("because");
        return response;
    }});
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    ASSERT_TRUE(network->send_accept(bim, accept_of(1)));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1)));
    ASSERT_TRUE(replies.wait_for("refused " + text_of(7) + " MS03"));
    EXPECT_EQ(statistics().malformed_frames, 3U);
    EXPECT_TRUE(network->is_connected(bim));
}

TEST_F(NetworkTest, AnOversizeMessageCostsTheLinkOnly) {
    std::atomic<bool> is_rude{true};
    FakeInstitution institution({.on_message = [&](const v1::SessionRequest& request) {
        v1::SessionResponse response = FakeInstitution::answer_everything(request);
        if (request.frames(0).has_accept() && is_rude.exchange(false)) {
            response.add_frames()->mutable_accept()->set_reason(std::string(2 << 20, 'x'));
        }
        return response;
    }});
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    ASSERT_TRUE(network->send_accept(bim, accept_of(1)));
    ASSERT_TRUE(replies.wait_for("connected 3", 2));
    ASSERT_TRUE(network->send_accept(bim, accept_of(2)));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(2)));
}

TEST_F(NetworkTest, FallsBackToUnaryCalls) {
    FakeInstitution institution({.has_session = false});
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    EXPECT_TRUE(statistics().speaks_unary);
    ASSERT_TRUE(network->send_accept(bim, accept_of(1)));
    ASSERT_TRUE(replies.wait_for("accepted " + text_of(1)));
    ASSERT_TRUE(network->send_outcome(bim, outcome_of(1)));
    ASSERT_TRUE(replies.wait_for("acknowledged " + text_of(1)));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("adapter.session_unimplemented"), 1U);
#endif
}

TEST_F(NetworkTest, UnaryCallsAreBoundedAndNoneIsLost) {
    FakeInstitution institution({});
    options.unary_calls_in_flight = 4;
    connect(institution.endpoint(), LinkStyle::unary);
    ASSERT_TRUE(replies.wait_for("connected 3"));
    constexpr std::uint64_t count = 300;
    for (std::uint64_t i = 0; i < count; ++i) {
        ASSERT_TRUE(network->send_accept(bim, accept_of(i)));
    }
    ASSERT_TRUE(replies.wait_for_events(count + 1));
    const auto events = replies.events();
    EXPECT_EQ(std::set<std::string>(events.begin(), events.end()).size(), count + 1);
    EXPECT_EQ(statistics().failed_calls, 0U);
}

TEST_F(NetworkTest, UnaryAnswersThatTheSwitchCanNotTakeAreKept) {
    FakeInstitution institution({});
    options.unary_calls_in_flight = 4;
    options.outbox_frames = 10;
    connect(institution.endpoint(), LinkStyle::unary);
    ASSERT_TRUE(replies.wait_for("connected 3"));
    replies.refuse_everything(true);
    std::uint64_t taken = 0;
    while (taken < 1'000 && network->send_accept(bim, accept_of(taken))) ++taken;
    // Four in flight, which their answers keep, and ten that wait.
    EXPECT_EQ(taken, 14U);
    ASSERT_TRUE(replies.wait_for_refusals(8));
    replies.refuse_everything(false);
    ASSERT_TRUE(replies.wait_for_events(taken + 1));
    for (std::uint64_t i = 0; i < taken; ++i) EXPECT_EQ(replies.count("accepted " + text_of(i)), 1);
}

TEST_F(NetworkTest, UnaryLinkComesBack) {
    auto institution = std::make_unique<FakeInstitution>(FakeInstitution::Options{});
    const int port = institution->port();
    options.heartbeat = std::chrono::milliseconds(20);
    connect(institution->endpoint(), LinkStyle::unary);
    ASSERT_TRUE(replies.wait_for("connected 3"));
    institution.reset();
    ASSERT_TRUE(eventually([&] { return !network->is_connected(bim); }));
    EXPECT_FALSE(network->send_outcome(bim, outcome_of(1)));
    institution = std::make_unique<FakeInstitution>(FakeInstitution::Options{.port = port});
    ASSERT_TRUE(replies.wait_for("connected 3", 2));
    ASSERT_TRUE(network->send_outcome(bim, outcome_of(2)));
    ASSERT_TRUE(replies.wait_for("acknowledged " + text_of(2)));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("adapter.unary_link_lost"), 1U);
#endif
}

TEST_F(NetworkTest, StopsWhileEverythingIsInFlight) {
    FakeInstitution institution({});
    connect(institution.endpoint());
    ASSERT_TRUE(replies.wait_for("connected 3"));
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        ASSERT_TRUE(network->send_accept(bim, accept_of(i)));
    }
    network->stop();
    EXPECT_FALSE(network->is_connected(bim));
    EXPECT_FALSE(network->send_accept(bim, accept_of(1)));
    const std::size_t told = replies.events().size();
    network->stop();
    EXPECT_EQ(replies.events().size(), told);
}

}  // namespace
}  // namespace ayni::adapter
