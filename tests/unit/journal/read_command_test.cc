#include <atomic>
#include <thread>

#include "journal/memory_journal.h"
#include "journal_fixture.h"

namespace ayni::journal {
namespace {

/// The command says in its epoch which sequence it has.
void expect_command(const CommandReader& reader, std::uint64_t sequence) {
    const auto found = reader.read_command(Sequence(sequence));
    ASSERT_TRUE(found) << found.error().to_string();
    ASSERT_TRUE(found->has_value()) << sequence;
    EXPECT_LE((*found)->header.first_sequence.value(), sequence);
    EXPECT_GE((*found)->header.last_sequence().value(), sequence);
    const auto command = ledger::CommandView::read(std::as_bytes(std::span((*found)->command)));
    ASSERT_TRUE(command.has_value());
    EXPECT_EQ(command->as<ledger::Started>().epoch, sequence);
}

TEST_F(FileJournalTest, EveryCommandIsFound) {
    auto wide = options();
    wide.segment_bytes = 1 << 20;  // so that the index has gaps
    auto journal = try_open(wide);
    ASSERT_TRUE(journal);
    for (std::size_t i = 0; i < 300; ++i) {
        ASSERT_EQ(append(**journal, 1 + i % 9), AppendOutcome::appended);
    }
    const std::uint64_t last = (*journal)->tail().last_sequence().value();
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
            expect_command(**journal, sequence);
        }
        EXPECT_FALSE(*(*journal)->read_command(Sequence(0)));
        EXPECT_FALSE(*(*journal)->read_command(Sequence(last + 1)));
        journal->reset();
        journal = try_open(wide);
        ASSERT_TRUE(journal);
    }
}

TEST(MemoryJournalReader, EveryCommandIsFound) {
    MemoryJournal journal({.journal_id = {1}, .ledger_id = {2}, .timestamp = {5}});
    EXPECT_FALSE(*journal.read_command(Sequence(1)));
    for (std::size_t i = 0; i < 50; ++i) {
        ASSERT_EQ(append(journal, 1 + i % 5), AppendOutcome::appended);
    }
    const std::uint64_t last = journal.tail().last_sequence().value();
    for (std::uint64_t sequence = 1; sequence <= last; ++sequence)
        expect_command(journal, sequence);
    EXPECT_FALSE(*journal.read_command(Sequence(0)));
    EXPECT_FALSE(*journal.read_command(Sequence(last + 1)));
}

TEST_F(FileJournalTest, ReadersRunBesideAppends) {
    auto synced = options();
    synced.sync = true;
    synced.segment_bytes = 256 << 10;
    const auto journal = try_open(synced);
    ASSERT_TRUE(journal);
    std::atomic<std::uint64_t> durable{0};
    std::atomic<bool> is_done{false};
    std::uint64_t reads = 0;
    std::thread reader([&] {
        base::SeededRandom random(3);
        while (!is_done) {
            const std::uint64_t last = durable;
            if (last == 0) continue;
            expect_command(**journal, last);
            expect_command(**journal, 1 + random.below(last));
            ++reads;
        }
    });
    for (std::size_t i = 0; i < 400; ++i) {
        ASSERT_EQ(append(**journal, 1 + i % 200), AppendOutcome::appended);
        durable = (*journal)->tail().last_sequence().value();
    }
    is_done = true;
    reader.join();
    EXPECT_GT(reads, 0U);
}

TEST_F(FileJournalTest, DamagedBatchIsAnErrorWithItsPlace) {
    const auto journal = open();
    ASSERT_EQ(append(*journal, 5), AppendOutcome::appended);
    auto bytes = read_file(segment(1));
    bytes[2 * block_bytes + header_bytes + 9] ^= 1;
    write_file(segment(1), bytes);
    const auto found = journal->read_command(Sequence(2));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().field, "00000001.journal offset 8192");
}

}  // namespace
}  // namespace ayni::journal
