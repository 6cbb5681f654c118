#include <gtest/gtest.h>

#include "journal/memory_journal.h"
#include "ledger/snapshot.h"
#include "lib/random_commands.h"
#include "sequencer/sequencer.h"

/// A sequencer whose ledger was loaded from a snapshot, as a restarted process has it.
namespace ayni::test {
namespace {

class Answered final : public sequencer::Submission {
public:
    void applied(base::Sequence) override { is_applied = true; }
    void abandoned() override {}
    bool is_applied = false;
};

/// A process: ledger and sequencer over a journal that outlives it.
struct Process {
    Process(journal::MemoryJournal& journal, const base::Clock& clock)
        : sequencer({}, ledger, journal, clock, nullptr) {}

    static ledger::Options small() {
        return {.participants = 8,
                .accounts = 128,
                .live_transfers = 32,
                .remembered_transfers = 96,
                .claims = 8};
    }

    std::vector<ledger::Outcome> send(const ledger::CommandBuffer& commands) {
        Answered submission;
        submission.commands.add(commands);
        EXPECT_TRUE(sequencer.submit(&submission, sequencer::Lane::admission));
        sequencer.run_once();
        EXPECT_TRUE(submission.is_applied);
        return submission.outcomes;
    }

    ledger::Ledger ledger{small()};
    sequencer::Sequencer sequencer;
};

class SnapshotStart : public ::testing::Test {
protected:
    SnapshotStart() {
        auto process = std::make_unique<Process>(journal, clock);
        EXPECT_TRUE(process->sequencer.start());
        send_some(*process, 60);
        take(process->ledger);
        send_some(*process, 60);
    }

    void send_some(Process& process, int batches) {
        for (int i = 0; i < batches; ++i) {
            const TimedBatch batch = commands.next();
            clock.advance(std::chrono::nanoseconds(batch.time.nanoseconds) - clock.wall());
            process.send(batch.commands);
            last = batch.commands;
        }
    }

    void take(const ledger::Ledger& ledger) {
        snapshot = {};
        stand = {.batch = journal.tail().number.value()};
        ASSERT_TRUE(write_snapshot(ledger, stand, snapshot));
    }

    void load(Process& process) {
        ledger::SnapshotSpan span(snapshot.bytes());
        const auto header = read_snapshot(span, process.ledger);
        ASSERT_TRUE(header) << header.error().to_string();
    }

    RandomCommands commands{3};
    base::ManualClock clock{std::chrono::milliseconds(1'790'000'000'000)};
    journal::MemoryJournal journal{{.timestamp = {clock.wall().count()}}};
    ledger::SnapshotBytes snapshot;
    ledger::SnapshotStand stand;
    ledger::CommandBuffer last;
};

TEST_F(SnapshotStart, ReplaysOnlyTheTailAndComesToTheSameState) {
    const std::uint64_t all = journal.tail().last_sequence().value();
    Process fast(journal, clock);
    load(fast);
    const std::uint64_t before = fast.ledger.last_sequence().value();
    ASSERT_TRUE(fast.sequencer.start(base::BatchNumber(stand.batch)));
    EXPECT_EQ(fast.sequencer.statistics().replayed_commands.load(), all - before);
    EXPECT_EQ(fast.sequencer.statistics().applied_sequence.load(), all + 1);  // and its Started

    // The next process replays everything, this one's entry too.
    Process slow(journal, clock);
    ASSERT_TRUE(slow.sequencer.start());
    EXPECT_EQ(slow.sequencer.statistics().replayed_commands.load(), all + 1);
    EXPECT_EQ(journal.tail().digest, fast.ledger.digest()) << "of what both came to";
}

TEST_F(SnapshotStart, AnswersARepeatAsBefore) {
    Process first(journal, clock);
    ASSERT_TRUE(first.sequencer.start());
    const auto before = first.send(last);
    Process second(journal, clock);
    load(second);
    ASSERT_TRUE(second.sequencer.start(base::BatchNumber(stand.batch)));
    const auto after = second.send(last);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(before[i].status, after[i].status);
        EXPECT_EQ(before[i].state, after[i].state);
    }
}

TEST_F(SnapshotStart, AtTheVeryTailReplaysNothing) {
    Process first(journal, clock);
    ASSERT_TRUE(first.sequencer.start());
    take(first.ledger);
    Process second(journal, clock);
    load(second);
    ASSERT_TRUE(second.sequencer.start(base::BatchNumber(stand.batch)));
    EXPECT_EQ(second.sequencer.statistics().replayed_commands.load(), 0U);
}

TEST_F(SnapshotStart, OfAnotherStateIsRefusedByTheNextDigest) {
    ledger::Ledger other(Process::small());
    // As many commands, so that only the state differs.
    Process first(journal, clock);
    load(first);
    const base::Sequence sequence = first.ledger.last_sequence();
    while (other.last_sequence() < sequence) {
        TimedBatch tick{.time = {clock.wall().count() / 2}, .commands = {}};
        tick.commands.add_tick();
        apply(other, tick);
    }
    const std::uint64_t batch = stand.batch;
    take(other);
    Process second(journal, clock);
    load(second);
    const auto started = second.sequencer.start(base::BatchNumber(batch));
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("another digest"), std::string::npos);
}

TEST_F(SnapshotStart, AheadOfTheJournalIsRefused) {
    journal::MemoryJournal shorter{{.timestamp = {clock.wall().count()}}};
    Process process(shorter, clock);
    load(process);
    const auto started = process.sequencer.start(base::BatchNumber(stand.batch));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().field, "journal");
}

}  // namespace
}  // namespace ayni::test
