#include "switchd/history_follower.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ledger/snapshot.h"
#include "lib/random_commands.h"
#include "unit/journal/journal_fixture.h"

/// History beside a ledger that was loaded from a snapshot: replay begins too late to tell it
/// everything.
namespace ayni::test {
namespace {

using history::FileHistory;

class HistoryFollowerTest : public ::testing::Test {
protected:
    static ledger::Options tables(std::size_t remembered) {
        return {.participants = 8,
                .accounts = 64,
                .live_transfers = 16,
                .remembered_transfers = remembered,
                .claims = 8};
    }

    std::unique_ptr<FileHistory> open(const char* name) {
        auto history = FileHistory::open({.directory = temp_.path() / name});
        EXPECT_TRUE(history) << history.error().to_string();
        return std::move(*history);
    }

    void follow(ledger::Ledger& ledger, FileHistory& history, const TimedBatch& batch) {
        switchd::HistoryFollower follower(history);
        ledger.begin_batch(ledger.last_sequence().next(), batch.time, follower);
        ASSERT_TRUE(ledger::for_each_command(
            batch.commands.bytes(),
            [&](ledger::CommandView command) { ledger.apply(command, follower); }));
        follower.batch_applied(ledger);
    }

    void load_copy(const ledger::Ledger& from, ledger::Ledger& into) {
        ledger::SnapshotBytes bytes;
        ASSERT_TRUE(write_snapshot(from, {}, bytes));
        ledger::SnapshotSpan span(bytes.bytes());
        ASSERT_TRUE(read_snapshot(span, into));
    }

    void expect_equal(const FileHistory& one, const FileHistory& other) {
        EXPECT_EQ(one.as_of(), other.as_of());
        for (const base::TransferId& id : commands_.ids()) {
            const auto mine = one.find(id);
            const auto its = other.find(id);
            ASSERT_TRUE(mine && its);
            ASSERT_EQ(mine->entry.has_value(), its->entry.has_value()) << base::to_string(id);
            if (mine->entry) {
                EXPECT_EQ(mine->entry->state, its->entry->state);
                EXPECT_EQ(mine->entry->created_sequence, its->entry->created_sequence);
                EXPECT_EQ(mine->entry->decided_sequence, its->entry->decided_sequence);
                EXPECT_EQ(mine->entry->decided_at, its->entry->decided_at);
                EXPECT_EQ(std::memcmp(mine->entry->reason, its->entry->reason, 4), 0);
            }
        }
        for (std::uint32_t participant = 2; participant < 5; ++participant) {
            const auto ids = [&](const FileHistory& history) {
                std::vector<std::string> listed;
                const auto all = history.list(base::ParticipantId(participant), {}, 10'000);
                for (const auto& entry : all->entries) listed.push_back(base::to_string(entry.id));
                return listed;
            };
            EXPECT_EQ(ids(one), ids(other));
        }
    }

    journal::TempDirectory temp_;
    RandomCommands commands_{21};
};

/// What a crash leaves: an index that ends long before the snapshot, in the middle of payments.
TEST_F(HistoryFollowerTest, CompletesHistoryFromWhatTheSnapshotRemembers) {
    const auto whole = open("whole");
    const auto behind = open("behind");
    ledger::Ledger ledger(tables(4'096));
    base::Sequence cut;
    for (int i = 0; i < 300; ++i) {
        const TimedBatch batch = commands_.next();
        if (i == 120) {
            cut = ledger.last_sequence();
            whole->wait_until_stored(cut);
            ledger::Ledger unused(tables(4'096));
            load_copy(ledger, unused);
            switchd::HistoryFollower(*behind).catch_up(unused);  // from nothing at all
            behind->wait_until_stored(cut);
            expect_equal(*whole, *behind);
        }
        follow(ledger, *whole, batch);
    }
    whole->wait_until_stored(ledger.last_sequence());
    // A process that starts later, with the index as it was at the cut.
    ledger::Ledger copy(tables(4'096));
    load_copy(ledger, copy);
    EXPECT_EQ(behind->as_of(), cut);
    switchd::HistoryFollower follower(*behind);
    follower.catch_up(copy);
    behind->wait_until_stored(copy.last_sequence());
    expect_equal(*whole, *behind);

    // And it goes on as before.
    for (int i = 0; i < 50; ++i) {
        const TimedBatch batch = commands_.next();
        follow(ledger, *whole, batch);
        follow(copy, *behind, batch);
    }
    whole->wait_until_stored(ledger.last_sequence());
    behind->wait_until_stored(copy.last_sequence());
    expect_equal(*whole, *behind);
}

TEST_F(HistoryFollowerTest, WhatTheLedgerForgotMustBeInHistory) {
    const auto whole = open("whole");
    ledger::Ledger ledger(tables(48));
    const auto behind = open("behind");
    bool has_caught_up = false;
    for (int i = 0; i < 200; ++i) {
        follow(ledger, *whole, commands_.next());
        if (behind->as_of() >= ledger.latest_forgotten() && i % 5 == 0) {
            // The condition under which a start uses a snapshot (recovery.cc).
            switchd::HistoryFollower(*behind).catch_up(ledger);
            behind->wait_until_stored(ledger.last_sequence());
            whole->wait_until_stored(ledger.last_sequence());
            has_caught_up = has_caught_up || !ledger.latest_forgotten().is_zero();
            expect_equal(*whole, *behind);
        }
    }
    EXPECT_TRUE(has_caught_up) << "the ring never came round";
}

TEST_F(HistoryFollowerTest, ThatIsAheadOfTheSnapshotStaysAsItIs) {
    const auto whole = open("whole");
    ledger::Ledger ledger(tables(4'096));
    for (int i = 0; i < 50; ++i) follow(ledger, *whole, commands_.next());
    ledger::Ledger copy(tables(4'096));
    load_copy(ledger, copy);
    follow(ledger, *whole, commands_.next());
    whole->wait_until_stored(ledger.last_sequence());
    switchd::HistoryFollower(*whole).catch_up(copy);
    EXPECT_EQ(whole->as_of(), ledger.last_sequence());
}

}  // namespace
}  // namespace ayni::test
