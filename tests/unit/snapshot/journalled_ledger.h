#pragma once

#include <gtest/gtest.h>

#include "journal/file_journal.h"
#include "lib/random_commands.h"
#include "snapshot/restore.h"
#include "unit/journal/journal_fixture.h"

namespace ayni::test {

/// A ledger whose commands, random ones, stand in a file journal: what a switch leaves behind.
class JournalledLedger : public ::testing::Test {
protected:
    static ledger::Options small() {
        return {.participants = 8,
                .accounts = 64,
                .live_transfers = 16,
                .remembered_transfers = 48,
                .claims = 8,
                .unacknowledged_per_participant = 12};
    }

    [[nodiscard]] std::filesystem::path directory() const { return temp_.path() / "journal"; }
    [[nodiscard]] snapshot::Shelf shelf() const {
        return snapshot::Shelf(snapshot::directory_of(directory()));
    }

    base::Result<std::unique_ptr<journal::FileJournal>> open(
        const std::optional<journal::FileJournal::Start>& start = {}) {
        return journal::FileJournal::open({.directory = directory(),
                                           .segment_bytes = 64 << 10,
                                           .low_water_bytes = 0,
                                           .sync = false,
                                           .start = start},
                                          clock_, random_);
    }

    void write_batches(int count) {
        auto journal = open();
        ASSERT_TRUE(journal) << journal.error().to_string();
        for (int i = 0; i < count; ++i) {
            const TimedBatch made = commands_.next();
            const journal::BatchHeader& tail = (*journal)->tail();
            journal::Batch batch{.header = {}, .payload = made.commands.bytes()};
            batch.header.number = tail.number.next();
            batch.header.first_sequence = tail.last_sequence().next();
            batch.header.command_count = static_cast<std::uint32_t>(made.commands.count());
            batch.header.timestamp = made.time;
            batch.header.digest_batch = tail.number;
            batch.header.digest = ledger_->digest();
            batch.header.previous_hash = tail.hash;
            batch.header.hash = journal::hash_of(batch);
            ASSERT_EQ((*journal)->append(batch), journal::AppendOutcome::appended);
            apply(*ledger_, made);
        }
    }

    base::Result<snapshot::Shelf::Taken> take(std::size_t keep = 2,
                                              journal::FileSystem* files = nullptr) {
        const auto reader = journal::FileJournal::open_to_read(directory());
        EXPECT_TRUE(reader);
        return snapshot::Shelf(snapshot::directory_of(directory()), files)
            .take(*ledger_, snapshot::stand_at_tail(**reader),
                  {.keep = keep, .leave_free_bytes = 0});
    }

    [[nodiscard]] snapshot::Restored restore(const ledger::Options& options = small(),
                                             const snapshot::Condition& is_usable = {}) const {
        return snapshot::restore(shelf(), options, directory(), is_usable);
    }

    /// What a restart does behind `restore`: the digest at the journal's end, and how many commands
    /// it took.
    struct End {
        ledger::Digest digest;
        std::uint64_t replayed = 0;
    };
    End replay_tail(snapshot::Restored& restored) {
        End end;
        const auto journal = open(restored.start());
        EXPECT_TRUE(journal) << journal.error().to_string();
        Nobody nobody;
        const auto done =
            (*journal)->replay(restored.stands_after().next(), [&](const journal::Batch& batch) {
                restored.ledger->begin_batch(batch.header.first_sequence, batch.header.timestamp,
                                             nobody);
                EXPECT_TRUE(
                    ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
                        restored.ledger->apply(command, nobody);
                        ++end.replayed;
                    }));
            });
        EXPECT_TRUE(done) << done.error().to_string();
        end.digest = restored.ledger->digest();
        return end;
    }

    journal::TempDirectory temp_;
    base::ManualClock clock_{std::chrono::milliseconds(1'790'000'000'000)};
    base::SeededRandom random_{1};
    RandomCommands commands_{11};
    std::unique_ptr<ledger::Ledger> ledger_ = std::make_unique<ledger::Ledger>(small());
};

}  // namespace ayni::test
