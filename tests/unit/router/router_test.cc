#include "router/router.h"

#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"
#include "lib/scripted_journal.h"
#include "unit/router/recording_network.h"

namespace ayni::test {
namespace {

using adapter::Decision;
using ledger::ReasonCode;
using std::chrono::nanoseconds;

constexpr base::ParticipantId yape{2};
constexpr base::ParticipantId bim{3};
constexpr std::int64_t funds = 10'000;

class Applied final : public sequencer::Submission {
public:
    void applied(base::Sequence /*as_of*/) override { is_applied = true; }
    void abandoned() override {}
    bool is_applied = false;
};

/// A router on the real sequencer and ledger; time moves when told, institutions answer when told.
class RouterTest : public ::testing::Test {
protected:
    static constexpr nanoseconds start = std::chrono::seconds(1'790'000'000);

    struct Process {
        Process(journal::Journal& journal, const base::Clock& clock, RecordingNetwork& network)
            : ledger(LedgerFixture::small()),
              router({.retell_after = 100ms, .retell_at_most = 400ms, .retell_burst = 8}, network,
                     clock),
              sequencer({.admission_capacity = 8,
                         .progress_capacity = 8,
                         .query_capacity = 8,
                         .max_batch_commands = 8,
                         .max_batch_bytes = 8'192},
                        ledger, journal, clock, &router) {
            router.attach(sequencer);
        }
        ledger::Ledger ledger;
        router::Router router;
        sequencer::Sequencer sequencer;
    };

    void SetUp() override {
        network.connected = {yape, bim};
        begin();
        Applied setup;
        for (const base::ParticipantId id : {yape, bim}) {
            ledger::CreateParticipant create;
            create.participant = id;
            create.code = {'p', static_cast<char>('a' + id.value())};
            setup.commands.add(create);
        }
        ledger::RecordFundsIn in;
        in.id = new_id();
        in.participant = yape;
        in.amount = funds;
        setup.commands.add(in);
        ASSERT_TRUE(process->sequencer.submit(&setup, sequencer::Lane::admission));
        settle();
        ASSERT_TRUE(setup.is_applied);
    }

    /// A (new) process on the journal as it is.
    void begin() {
        process.reset();
        process = std::make_unique<Process>(scripted, clock, network);
        const auto started = process->sequencer.start();
        ASSERT_TRUE(started.has_value()) << started.error().to_string();
    }

    void settle() {
        while (process->sequencer.run_once()) {
        }
    }
    void pass(nanoseconds time) {
        clock.advance(time);
        settle();
    }

    base::TransferId new_id() {
        return base::make_uuid_v7(static_cast<std::uint64_t>(clock.wall() / 1ms), random);
    }

    struct Answer {
        int times = 0;
        int abandoned = 0;
        ledger::Outcome outcome;
    };

    std::unique_ptr<router::Payment> payment(const base::TransferId& id,
                                             std::int64_t amount = 100) {
        auto body = std::make_unique<router::Payment>();
        body->id = id;
        body->payer = yape;
        body->payee = bim;
        body->amount = base::Amount(amount);
        body->timeout = 2'000ms;
        body->answer_by = clock.steady() + 10s;
        body->payee_account = "987654321";
        Answer& answer = answers[id];
        body->answer = [&answer](const ledger::Outcome& outcome, base::Sequence /*as_of*/) {
            ++answer.times;
            answer.outcome = outcome;
        };
        body->abandoned = [&answer] { ++answer.abandoned; };
        return body;
    }

    /// Sends one and lets it be reserved; its answer is `answers[id]`.
    base::TransferId pay(std::int64_t amount = 100) {
        const base::TransferId id = new_id();
        auto body = payment(id, amount);
        EXPECT_TRUE(process->router.pay(body));
        settle();
        return id;
    }

    const Answer& answer_of(const base::TransferId& id) { return answers.at(id); }
    std::vector<adapter::OutcomeNotice>& told(base::ParticipantId to) {
        return network.outcomes[to];
    }
    std::size_t live() { return process->ledger.usage().live_transfers; }

    base::ManualClock clock{start};
    base::SeededRandom random{1};
    journal::MemoryJournal memory{{.timestamp = {start.count()}}};
    ScriptedJournal scripted{memory};
    RecordingNetwork network;
    std::map<base::TransferId, Answer> answers;
    std::unique_ptr<Process> process;
};

TEST_F(RouterTest, AnAcceptedPaymentIsCommittedAnsweredAndTold) {
    const base::TransferId id = pay();
    ASSERT_EQ(network.accepts[bim].size(), 1U);
    EXPECT_EQ(network.accepts[bim].front().id, id);
    EXPECT_EQ(network.accepts[bim].front().payee_account, "987654321");
    EXPECT_EQ(process->router.stage_of(id), router::Stage::sent);
    EXPECT_EQ(answer_of(id).times, 0) << "not before it is final";

    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_EQ(answer_of(id).times, 1);
    EXPECT_EQ(answer_of(id).outcome.state, TransferState::committed);
    ASSERT_EQ(told(bim).size(), 1U);
    EXPECT_EQ(told(bim).front().decision, Decision::committed);
    EXPECT_TRUE(told(yape).empty()) << "the payer has its answer";

    EXPECT_TRUE(process->router.acknowledged(bim, id));
    settle();
    EXPECT_EQ(live(), 0U);
    pass(10s);
    EXPECT_EQ(told(bim).size(), 1U) << "an acknowledged outcome is not told again";
    EXPECT_EQ(answer_of(id).times, 1);
}

TEST_F(RouterTest, ARefusalAbortsWithItsReasonAndIsToldToo) {
    const base::TransferId id = pay();
    EXPECT_TRUE(process->router.refused(bim, id, "AC04"));
    settle();
    EXPECT_EQ(answer_of(id).outcome.state, TransferState::aborted);
    EXPECT_EQ(answer_of(id).outcome.reason, ReasonCode("AC04"));
    EXPECT_EQ(process->ledger.position(yape, base::Currency::pen)->available, funds);
    ASSERT_EQ(told(bim).size(), 1U);
    EXPECT_EQ(told(bim).front().decision, Decision::aborted);
}

TEST_F(RouterTest, AReasonThatIsNoCodeBecomesNotSpecified) {
    const base::TransferId id = pay();
    EXPECT_TRUE(process->router.refused(bim, id, "because"));
    settle();
    EXPECT_EQ(answer_of(id).outcome.reason, ReasonCode("MS03"));
}

TEST_F(RouterTest, ASilentPayeeIsAbortedAtTheDeadlineAndTold) {
    const base::TransferId id = pay();
    pass(1'999ms);
    EXPECT_EQ(answer_of(id).times, 0);
    pass(2ms);
    EXPECT_EQ(answer_of(id).outcome.state, TransferState::aborted);
    EXPECT_EQ(answer_of(id).outcome.reason, ReasonCode("AB05"));
    ASSERT_EQ(told(bim).size(), 1U);
    EXPECT_EQ(told(bim).front().decision, Decision::aborted);
}

TEST_F(RouterTest, AnAcceptThatComesTooLateMovesNothingAndIsToldTheAbort) {
    const base::TransferId id = pay();
    pass(3s);
    EXPECT_TRUE(process->router.acknowledged(bim, id));
    settle();
    ASSERT_EQ(live(), 0U);
    const std::size_t before = told(bim).size();
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_EQ(process->ledger.find_transfer(id)->record.state, TransferState::aborted);
    ASSERT_EQ(told(bim).size(), before + 1) << "or it would hold the money for ever";
    EXPECT_EQ(told(bim).back().decision, Decision::aborted);
    EXPECT_EQ(process->router.statistics().contradictions.load(), 0U) << "late is no lie";
}

TEST_F(RouterTest, APayeeThatIsNotConnectedFailsFastAndWasNeverAsked) {
    network.connected.erase(bim);
    const base::TransferId id = pay();
    EXPECT_EQ(answer_of(id).outcome.state, TransferState::aborted);
    EXPECT_EQ(answer_of(id).outcome.reason, ReasonCode("AB08"));
    EXPECT_EQ(live(), 0U) << "nobody is left to tell";
}

TEST_F(RouterTest, AnOutcomeIsToldAgainWithGrowingPausesUntilItIsAcknowledged) {
    const base::TransferId id = pay();
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_EQ(told(bim).size(), 1U);
    for (const auto& [pause, times] :
         {std::pair(100ms, 2U), std::pair(200ms, 3U), std::pair(400ms, 4U), std::pair(400ms, 5U)}) {
        pass(pause - 1ms);
        EXPECT_EQ(told(bim).size(), times - 1);
        pass(1ms);
        EXPECT_EQ(told(bim).size(), times);
    }
    EXPECT_EQ(process->router.statistics().outcomes_retold.load(), 4U);
}

TEST_F(RouterTest, AFullOutboxIsTriedAgain) {
    const base::TransferId id = pay();
    network.outboxes_full = true;
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_TRUE(told(bim).empty());
    EXPECT_EQ(answer_of(id).times, 1) << "the payer does not wait for it";
    network.outboxes_full = false;
    pass(20ms);
    EXPECT_EQ(told(bim).size(), 1U);
}

TEST_F(RouterTest, WhatAnInstitutionMissedItIsToldWhenItIsBack) {
    const base::TransferId id = pay();
    network.connected.erase(bim);
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    pass(10s);
    EXPECT_TRUE(told(bim).empty());
    network.connected.insert(bim);
    EXPECT_TRUE(process->router.connected(bim));
    settle();
    ASSERT_EQ(told(bim).size(), 1U);
    EXPECT_EQ(told(bim).front().id, id);
}

TEST_F(RouterTest, AfterARestartUntoldOutcomesAreToldAndReservationsCountAsSent) {
    const base::TransferId committed = pay();
    EXPECT_TRUE(process->router.accepted(bim, committed));
    settle();
    const base::TransferId reserved = pay();
    told(bim).clear();

    begin();
    settle();
    ASSERT_EQ(told(bim).size(), 1U);
    EXPECT_EQ(told(bim).front().id, committed);
    EXPECT_TRUE(process->router.acknowledged(bim, committed));
    pass(2'001ms);
    EXPECT_EQ(process->ledger.find_transfer(reserved)->record.state, TransferState::aborted);
    EXPECT_EQ(told(bim).back().id, reserved) << "it may have been asked before the restart";
    EXPECT_EQ(told(bim).back().decision, Decision::aborted);
}

TEST_F(RouterTest, ARefusalAfterTheCommitReturnsTheMoneyAndTellsThePayer) {
    const base::TransferId id = pay();
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_TRUE(process->router.refused_after_commit(bim, id, "AC06"));
    settle();
    EXPECT_EQ(process->ledger.position(yape, base::Currency::pen)->net, 0);
    ASSERT_EQ(told(yape).size(), 1U);
    EXPECT_EQ(told(yape).front().decision, Decision::returned);
    EXPECT_TRUE(process->router.acknowledged(yape, id));
    settle();
    EXPECT_EQ(live(), 0U);
}

TEST_F(RouterTest, RepliesThatDenyEarlierOnesAreCountedAndChangeNothing) {
    const base::TransferId id = pay();
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_TRUE(process->router.refused(bim, id, "AC04"));
    settle();
    EXPECT_EQ(process->router.statistics().contradictions.load(), 1U);
    EXPECT_EQ(process->ledger.find_transfer(id)->record.state, TransferState::committed);
    EXPECT_EQ(answer_of(id).times, 1);
}

TEST_F(RouterTest, RepliesAboutTransfersOfOthersAreCountedAndChangeNothing) {
    const base::TransferId id = pay();
    EXPECT_TRUE(process->router.accepted(yape, id));
    EXPECT_TRUE(process->router.accepted(bim, new_id()));
    settle();
    EXPECT_EQ(process->router.statistics().unknown_replies.load(), 2U);
    EXPECT_EQ(process->ledger.find_transfer(id)->record.state, TransferState::reserved);
}

TEST_F(RouterTest, TwoCallersOfOneIdGetOneOutcome) {
    const base::TransferId id = pay();
    auto again = payment(id);
    ASSERT_TRUE(process->router.pay(again));
    settle();
    EXPECT_EQ(network.accepts[bim].size(), 1U) << "the payee is asked once";
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_EQ(answer_of(id).times, 2);
    auto later = payment(id);
    ASSERT_TRUE(process->router.pay(later));
    settle();
    EXPECT_EQ(answer_of(id).times, 3);
    EXPECT_TRUE(answer_of(id).outcome.replayed);
}

TEST_F(RouterTest, ACallerThatWaitsNoLongerGetsTheStateOfThatMoment) {
    const base::TransferId id = new_id();
    auto body = payment(id);
    body->answer_by = clock.steady() + 50ms;
    ASSERT_TRUE(process->router.pay(body));
    settle();
    pass(49ms);
    EXPECT_EQ(answer_of(id).times, 0);
    pass(1ms);
    EXPECT_EQ(answer_of(id).times, 1);
    EXPECT_EQ(answer_of(id).outcome.state, TransferState::reserved);
    EXPECT_TRUE(process->router.accepted(bim, id));
    settle();
    EXPECT_EQ(answer_of(id).times, 1) << "answered exactly once";
}

TEST_F(RouterTest, AFullLaneLeavesThePaymentWithItsOwner) {
    std::vector<base::TransferId> taken;
    for (;;) {
        const base::TransferId id = new_id();
        auto body = payment(id, 1);
        if (!process->router.pay(body)) {
            ASSERT_NE(body, nullptr);
            EXPECT_EQ(body->id, id);
            break;
        }
        taken.push_back(id);
        ASSERT_LE(taken.size(), 8U);
    }
    EXPECT_EQ(process->router.statistics().payments_in_flight.load(), taken.size());
    process->sequencer.stop();
    process->sequencer.run();  // ends at once, and abandons what was queued
    for (const base::TransferId& id : taken) EXPECT_EQ(answer_of(id).abandoned, 1);
}

TEST_F(RouterTest, WhoeverWaitsWhenTheSequencerStopsIsAbandonedOnce) {
    std::vector<base::TransferId> ids = {pay(), pay()};
    EXPECT_EQ(process->ledger.usage().reserved_transfers, 2U);
    ids.push_back(new_id());
    auto on_its_way = payment(ids.back());
    ASSERT_TRUE(process->router.pay(on_its_way));
    EXPECT_EQ(process->router.statistics().payments_in_flight.load(), 3U);
    process->sequencer.stop();
    process->sequencer.run();
    for (const base::TransferId& id : ids) {
        EXPECT_EQ(answer_of(id).abandoned, 1);
        EXPECT_EQ(answer_of(id).times, 0);
    }
    EXPECT_EQ(process->router.statistics().payments_in_flight.load(), 0U);
}

TEST_F(RouterTest, WhoeverHasHisAnswerIsNotAbandoned) {
    const base::TransferId id = pay();
    pass(2'001ms);
    EXPECT_EQ(answer_of(id).times, 1);
    process->sequencer.stop();
    process->sequencer.run();
    EXPECT_EQ(answer_of(id).abandoned, 0);
}

TEST_F(RouterTest, ARejectedPaymentIsAnsweredAndNobodyIsAsked) {
    const base::TransferId id = pay(funds + 1);
    EXPECT_EQ(answer_of(id).outcome.status, Status::insufficient_cover);
    EXPECT_TRUE(network.accepts[bim].empty());
    EXPECT_EQ(process->router.statistics().rejected.load(), 1U);
}

}  // namespace
}  // namespace ayni::test
