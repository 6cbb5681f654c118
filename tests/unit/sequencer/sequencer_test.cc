#include "sequencer/sequencer.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/fault.h"
#include "lib/ledger_fixture.h"
#include "lib/scripted_journal.h"

namespace ayni::test {
namespace {

using sequencer::Lane;
using Fate = ScriptedJournal::Fate;

class Recorded final : public sequencer::Submission {
public:
    void applied(base::Sequence as_of) override {
        sequence = as_of;
        is_applied = true;  // last: whoever waits for it may destroy the submission
    }
    void abandoned() override { is_abandoned = true; }

    std::atomic<bool> is_applied{false};
    bool is_abandoned = false;
    base::Sequence sequence;
};

class RecordedQuery final : public sequencer::Query {
public:
    void run(const ledger::Ledger& ledger) override { as_of = ledger.last_sequence(); }
    void abandoned() override { is_abandoned = true; }
    base::Sequence as_of;
    bool is_abandoned = false;
};

class SequencerTest : public ::testing::Test {
protected:
    static constexpr std::chrono::nanoseconds start = std::chrono::seconds(1'790'000'000);

    void begin() {
        ledger = std::make_unique<ledger::Ledger>(LedgerFixture::small());
        one = std::make_unique<sequencer::Sequencer>(
            sequencer::Sequencer::Options{.admission_capacity = 8,
                                          .progress_capacity = 8,
                                          .query_capacity = 8,
                                          .max_batch_commands = 8,
                                          .max_batch_bytes = 4'096,
                                          .admission_needs_bytes = 1'000},
            *ledger, scripted, clock, nullptr);
        const auto started = one->start();
        ASSERT_TRUE(started.has_value()) << started.error().to_string();
    }

    void SetUp() override { begin(); }

    static std::unique_ptr<Recorded> participant(std::uint32_t id) {
        auto submission = std::make_unique<Recorded>();
        ledger::CreateParticipant command;
        command.participant = base::ParticipantId(id);
        command.code = {'p', static_cast<char>('a' + id % 26)};
        submission->commands.add(command);
        return submission;
    }

    std::unique_ptr<Recorded> funds(const base::TransferId& id, std::int64_t amount) {
        auto submission = std::make_unique<Recorded>();
        ledger::RecordFundsIn command;
        command.id = id;
        command.participant = base::ParticipantId(2);
        command.amount = amount;
        submission->commands.add(command);
        return submission;
    }

    base::ManualClock clock{start};
    base::SeededRandom random{1};
    journal::MemoryJournal memory{{.timestamp = {start.count()}}};
    ScriptedJournal scripted{memory};
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<sequencer::Sequencer> one;
};

TEST_F(SequencerTest, ALeadershipBeginsWithItsStartedEntry) {
    EXPECT_EQ(memory.tail().number, base::BatchNumber(1));
    EXPECT_EQ(memory.tail().epoch, base::Epoch(1));
    begin();
    EXPECT_EQ(memory.tail().number, base::BatchNumber(2));
    EXPECT_EQ(memory.tail().epoch, base::Epoch(2));
}

TEST_F(SequencerTest, WhatHasGatheredBecomesOneBatch) {
    auto a = participant(2);
    auto b = participant(3);
    ASSERT_TRUE(one->submit(a.get(), Lane::admission));
    ASSERT_TRUE(one->submit(b.get(), Lane::progress));
    EXPECT_TRUE(one->run_once());
    EXPECT_EQ(memory.tail().command_count, 2U);
    EXPECT_TRUE(a->is_applied && b->is_applied);
    EXPECT_EQ(a->outcomes.front().status, Status::ok);
    EXPECT_EQ(a->sequence, memory.tail().last_sequence());
    EXPECT_FALSE(one->run_once());
}

#ifdef AYNI_MARKS
TEST_F(SequencerTest, WhoeverIsNotAnsweredIsAbandonedOnceWhateverEndsTheProcess) {
    // It destroys itself when it is answered, as most do: nobody may touch it afterwards.
    class Fleeting final : public sequencer::Submission {
    public:
        explicit Fleeting(int& left) : left_(left) { ++left_; }
        ~Fleeting() override { --left_; }
        void applied(base::Sequence /*as_of*/) override { delete this; }
        void abandoned() override { delete this; }

    private:
        int& left_;
    };
    struct Ends {};
    static int places = 0;
    int left = 0;
    for (int last = 1; last < 12; ++last) {
        begin();
        for (int i = 0; i < 3; ++i) {
            auto* fleeting = new Fleeting(left);
            fleeting->commands.add_tick();
            ASSERT_TRUE(one->submit(fleeting, Lane::admission));
        }
        places = last;
        base::set_fault_hook([](const char*) {
            if (--places == 0) throw Ends{};
        });
        try {
            one->run_once();
        } catch (const Ends&) {
        }
        base::set_fault_hook(nullptr);
        one.reset();
        EXPECT_EQ(left, 0) << "ended at place " << last;
    }
    EXPECT_GT(places, 0) << "the last time it was not ended any more";
}
#endif

TEST_F(SequencerTest, ABatchHasItsBoundsAndTheRestIsNext) {
    std::vector<std::unique_ptr<Recorded>> all;
    for (std::uint32_t i = 0; i < 3; ++i) {
        auto submission = std::make_unique<Recorded>();
        for (int tick = 0; tick < 3; ++tick) submission->commands.add_tick();
        ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
        all.push_back(std::move(submission));
    }
    one->run_once();
    EXPECT_EQ(memory.tail().command_count, 6U);
    EXPECT_FALSE(all[2]->is_applied);
    one->run_once();
    EXPECT_EQ(memory.tail().command_count, 3U);
    EXPECT_TRUE(all[2]->is_applied);
}

TEST_F(SequencerTest, AFullLaneRefusesAndLeavesTheOtherAlone) {
    std::vector<std::unique_ptr<Recorded>> all;
    bool taken = true;
    while (taken) {
        all.push_back(participant(2));
        taken = one->submit(all.back().get(), Lane::admission);
    }
    EXPECT_EQ(all.size(), 9U);
    auto commit = participant(3);
    EXPECT_TRUE(one->submit(commit.get(), Lane::progress));
    one->run_once();
    EXPECT_TRUE(commit->is_applied) << "what ends reservations goes first";
    while (one->run_once()) {
    }
    EXPECT_TRUE(all[7]->is_applied);
    EXPECT_FALSE(all[8]->is_applied);
}

TEST_F(SequencerTest, ARepeatOfADurableIdCostsNoJournalEntry) {
    auto institution = participant(2);
    ASSERT_TRUE(one->submit(institution.get(), Lane::admission));
    const base::TransferId id = base::make_uuid_v7(start / std::chrono::milliseconds(1), random);
    auto first = funds(id, 5);
    ASSERT_TRUE(one->submit(first.get(), Lane::admission));
    one->run_once();
    const auto tail = memory.tail().number;
    auto again = funds(id, 5);
    auto other = funds(id, 6);
    ASSERT_TRUE(one->submit(again.get(), Lane::admission));
    ASSERT_TRUE(one->submit(other.get(), Lane::admission));
    one->run_once();
    EXPECT_EQ(memory.tail().number, tail);
    EXPECT_TRUE(again->outcomes.front().replayed);
    EXPECT_EQ(other->outcomes.front().status, Status::modified_request);
    EXPECT_EQ(one->statistics().repeats_answered.load(), 2U);
}

TEST_F(SequencerTest, ATickIsAppendedWhenAnExpiryIsDueAndNothingElse) {
    auto setup = participant(2);
    ledger::CreateAccount account;
    account.owner = base::ParticipantId(2);
    account.account = base::AccountId(1);
    account.account_kind = AccountKind::suspense;
    setup->commands.add(account);
    account.account = base::AccountId(2);
    setup->commands.add(account);
    ledger::CreateTransfer body;
    body.id = base::make_uuid_v7(start / std::chrono::milliseconds(1), random);
    body.initiator = base::ParticipantId(2);
    body.timeout_ms = 500;
    const ledger::CommandPosting posting{
        .debit = base::AccountId(1), .credit = base::AccountId(2), .amount = 1};
    setup->commands.add(body, std::span(&posting, 1));
    ASSERT_TRUE(one->submit(setup.get(), Lane::admission));
    one->run_once();
    const auto tail = memory.tail().number;
    EXPECT_EQ(one->next_wake() - clock.steady(), 500ms);
    clock.advance(499ms);
    EXPECT_FALSE(one->run_once());
    clock.advance(1ms);
    EXPECT_TRUE(one->run_once());
    EXPECT_EQ(memory.tail().number, tail.next());
    EXPECT_EQ(ledger->find_transfer(body.id)->record.state, TransferState::aborted);
    EXPECT_FALSE(one->run_once());
}

TEST_F(SequencerTest, NothingIsAnsweredWhileTheAppendIsInDoubt) {
    scripted.fates = {Fate::doubt_and_lose, Fate::doubt_and_lose, Fate::append};
    auto submission = participant(2);
    RecordedQuery query;
    ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
    const auto applied = ledger->last_sequence();
    for (int i = 0; i < 2; ++i) {
        one->run_once();
        EXPECT_FALSE(submission->is_applied);
        EXPECT_EQ(ledger->last_sequence(), applied) << "memory is never ahead of the journal";
    }
    auto later = participant(3);
    ASSERT_TRUE(one->submit(later.get(), Lane::admission));
    one->run_once();
    EXPECT_TRUE(submission->is_applied);
    EXPECT_FALSE(later->is_applied) << "the batch that was in doubt is the one that is appended";
    one->run_once();
    EXPECT_TRUE(later->is_applied);
    EXPECT_EQ(one->statistics().appends_in_doubt.load(), 2U);
}

TEST_F(SequencerTest, ABatchThatLandedInDoubtIsAppliedOnce) {
    scripted.fates = {Fate::doubt_and_land};
    auto submission = participant(2);
    ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
    one->run_once();
    EXPECT_FALSE(submission->is_applied);
    one->run_once();
    EXPECT_TRUE(submission->is_applied);
    EXPECT_EQ(memory.tail().number, base::BatchNumber(2));
    EXPECT_EQ(ledger->last_sequence(), memory.tail().last_sequence());
}

TEST_F(SequencerTest, WithoutSpaceNewWorkIsSentAwayAndProgressWaits) {
    scripted.fates = {Fate::no_space, Fate::no_space, Fate::append};
    auto fresh = participant(2);
    auto ending = participant(3);
    ASSERT_TRUE(one->submit(fresh.get(), Lane::admission));
    ASSERT_TRUE(one->submit(ending.get(), Lane::progress));
    one->run_once();
    EXPECT_TRUE(fresh->is_abandoned);
    EXPECT_FALSE(ending->is_abandoned);
    auto refused = participant(4);
    EXPECT_FALSE(one->submit(refused.get(), Lane::admission));
    one->run_once();
    one->run_once();
    EXPECT_TRUE(ending->is_applied);
    clock.advance(1s);
    one->run_once();
    EXPECT_TRUE(one->submit(refused.get(), Lane::admission)) << "there is room again";
    one->run_once();
}

TEST_F(SequencerTest, NewWorkIsRefusedBeforeTheJournalIsFull) {
    scripted.free_bytes = 999;
    clock.advance(1s);
    one->run_once();
    auto fresh = participant(2);
    EXPECT_FALSE(one->submit(fresh.get(), Lane::admission));
    EXPECT_TRUE(one->submit(fresh.get(), Lane::progress));
    scripted.free_bytes = 1'000;
    clock.advance(1s);
    one->run_once();
    auto admitted = participant(3);
    EXPECT_TRUE(one->submit(admitted.get(), Lane::admission));
    one->run_once();
}

TEST_F(SequencerTest, WhoLostItsPlaceStopsAndAnswersNobody) {
    scripted.fates = {Fate::lost_leadership};
    auto submission = participant(2);
    ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
    one->run_once();
    EXPECT_TRUE(submission->is_abandoned);
    EXPECT_FALSE(submission->is_applied);
    EXPECT_FALSE(one->statistics().is_leading.load());
    auto later = participant(3);
    EXPECT_FALSE(one->submit(later.get(), Lane::admission));
}

TEST_F(SequencerTest, ReplayGivesTheSameLedger) {
    auto submission = participant(2);
    ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
    one->run_once();
    const ledger::Digest before = ledger->digest();
    ledger = std::make_unique<ledger::Ledger>(LedgerFixture::small());
    one = std::make_unique<sequencer::Sequencer>(sequencer::Sequencer::Options{}, *ledger, memory,
                                                 clock, nullptr);
    const auto replayed = [&] {
        ledger::Digest digest;
        static_cast<void>(memory.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
            digest = batch.header.digest;
        }));
        return digest;
    };
    ASSERT_TRUE(one->start().has_value());
    EXPECT_EQ(replayed(), before) << "the Started entry carries the digest of what was replayed";
    EXPECT_EQ(ledger->participant_count(), 1U);
}

TEST_F(SequencerTest, WhatWasRefusedForWantOfRoomStaysRefusedWithMoreOfIt) {
    for (std::uint32_t id = 2; id < 12; ++id) {
        auto submission = participant(id);
        ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
        one->run_once();
    }
    ASSERT_EQ(ledger->participant_count(), LedgerFixture::small().participants);
    ledger::Options larger = LedgerFixture::small();
    larger.participants *= 2;
    ledger = std::make_unique<ledger::Ledger>(larger);
    one = std::make_unique<sequencer::Sequencer>(sequencer::Sequencer::Options{}, *ledger, memory,
                                                 clock, nullptr);
    const auto started = one->start();
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    EXPECT_EQ(ledger->participant_count(), LedgerFixture::small().participants);
    auto submission = participant(20);
    ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
    one->run_once();
    EXPECT_EQ(submission->outcomes.at(0).status, ledger::Status::ok);

    ledger::Ledger smaller(LedgerFixture::small());
    sequencer::Sequencer other({}, smaller, memory, clock, nullptr);
    const auto refused = other.start();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().field, "ledger.participants");
}

TEST_F(SequencerTest, AJournalOfABuildThatBehavesDifferentlyIsRefused) {
    ledger::CommandBuffer tick;
    tick.add_tick();
    journal::Batch forged;
    forged.payload = tick.bytes();
    forged.header.number = memory.tail().number.next();
    forged.header.first_sequence = memory.tail().last_sequence().next();
    forged.header.command_count = 1;
    forged.header.epoch = memory.tail().epoch;
    forged.header.timestamp = memory.tail().timestamp;
    forged.header.digest_batch = memory.tail().number;
    forged.header.digest = {.high = 1, .low = 2};
    forged.header.previous_hash = memory.tail().hash;
    forged.header.hash = journal::hash_of(forged);
    ASSERT_EQ(memory.append(forged), journal::AppendOutcome::appended);
    ledger::Ledger fresh(LedgerFixture::small());
    sequencer::Sequencer other({}, fresh, memory, clock, nullptr);
    const auto started = other.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().field, "batch 2");
}

TEST_F(SequencerTest, AWallClockFarBehindTheJournalRefusesToLead) {
    base::ManualClock behind(start - 6s);
    ledger::Ledger fresh(LedgerFixture::small());
    sequencer::Sequencer other({}, fresh, memory, behind, nullptr);
    const auto started = other.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().field, "clock");
}

TEST_F(SequencerTest, StoppingAbandonsWhatIsQueued) {
    auto submission = participant(2);
    RecordedQuery query;
    ASSERT_TRUE(one->submit(submission.get(), Lane::admission));
    ASSERT_TRUE(one->query(&query));
    one->stop();
    one->run();
    EXPECT_TRUE(submission->is_abandoned);
    EXPECT_TRUE(query.is_abandoned);
}

TEST_F(SequencerTest, ManyThreadsSubmitAndAllAreAnsweredInOneOrder) {
    constexpr int threads = 4;
    constexpr int each = 2'000;
    std::thread sequencing([&] { one->run(); });
    std::vector<std::thread> senders;
    std::atomic<int> applied{0};
    for (int t = 0; t < threads; ++t) {
        senders.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                Recorded tick;
                tick.commands.add_tick();
                const Lane lane = t % 2 == 0 ? Lane::admission : Lane::progress;
                while (!one->submit(&tick, lane)) std::this_thread::yield();
                while (!tick.is_applied) std::this_thread::yield();
                applied.fetch_add(1);
            }
        });
    }
    for (std::thread& sender : senders) sender.join();
    one->stop();
    sequencing.join();
    EXPECT_EQ(applied.load(), threads * each);
    EXPECT_EQ(memory.tail().last_sequence().value(), 1U + threads * each);
}

}  // namespace
}  // namespace ayni::test
