#include "journal/file_journal.h"

#include <algorithm>
#include <cstring>

#include "base/mark.h"
#include "journal/memory_journal.h"
#include "journal_fixture.h"

namespace ayni::journal {
namespace {

TEST_F(FileJournalTest, BeginsWithGenesis) {
    const auto journal = open();
    ASSERT_NE(journal, nullptr);
    EXPECT_EQ(journal->tail().number, BatchNumber(0));
    EXPECT_EQ(journal->tail().last_sequence(), Sequence(0));
    EXPECT_EQ(journal->tail().timestamp.nanoseconds, clock_.wall().count());
    EXPECT_EQ(journal->genesis().hash, journal->tail().hash);
    EXPECT_EQ(contents(*journal).size(), 1U);
    EXPECT_EQ(journal->recovery().torn_bytes, 0U);
}

TEST_F(FileJournalTest, TwoJournalsHaveOtherNames) {
    const auto first = open();
    auto other = options();
    other.directory = temp_.path() / "other";
    const auto second = try_open(other);
    ASSERT_TRUE(second);
    EXPECT_NE(first->genesis().hash, (*second)->genesis().hash);
}

TEST_F(FileJournalTest, WithoutAThreadTheAppenderMakesTheNextSegment) {
    auto with = options();
    with.in_background = false;
    auto journal = try_open(with);
    ASSERT_TRUE(journal);
    while (!std::filesystem::exists(segment(2))) {
        ASSERT_EQ(append(**journal, 7), AppendOutcome::appended);
        ASSERT_LT((*journal)->tail().number, BatchNumber(segment_bytes / 4'096));
    }
    // It is there when half of the first one is used, before anything needs it.
    EXPECT_EQ(read_file(segment(2)).substr(block_bytes, block_bytes),
              std::string(block_bytes, '\0'));
    for (std::size_t i = 1; i <= 40; ++i) {
        ASSERT_EQ(append(**journal, i * 7), AppendOutcome::appended);
    }
    const auto before = contents(**journal);
    journal->reset();
    journal = try_open(with);
    ASSERT_TRUE(journal);
    EXPECT_EQ(contents(**journal), before);
}

TEST_F(FileJournalTest, ReadsBackOverSegmentsAndRestarts) {
    std::vector<std::string> before;
    {
        const auto journal = open();
        for (std::size_t i = 1; i <= 40; ++i) {
            ASSERT_EQ(append(*journal, i * 7), AppendOutcome::appended);
        }
        before = contents(*journal);
        EXPECT_EQ(before.size(), 41U);
    }
    EXPECT_TRUE(std::filesystem::exists(segment(3)));
    const auto journal = open();
    EXPECT_EQ(journal->recovery().batches, 41U);
    EXPECT_EQ(journal->recovery().torn_bytes, 0U);
    EXPECT_EQ(contents(*journal), before);
    ASSERT_EQ(append(*journal, 3), AppendOutcome::appended);
    EXPECT_EQ(contents(*journal).size(), 42U);
    for (std::uint64_t from = 0; from <= 41; ++from) {
        EXPECT_EQ(contents(*journal, BatchNumber(from)).size(), 42 - from) << from;
    }
    EXPECT_TRUE(contents(*journal, BatchNumber(42)).empty());
}

TEST_F(FileJournalTest, SyncedAppendsReadBack) {
    auto synced = options();
    synced.sync = true;
    auto journal = try_open(synced);
    ASSERT_TRUE(journal) << journal.error().to_string();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(append(**journal, 100), AppendOutcome::appended);
    const auto before = contents(**journal);
    journal->reset();
    journal = try_open(synced);
    ASSERT_TRUE(journal) << journal.error().to_string();
    EXPECT_EQ(contents(**journal), before);
}

TEST_F(FileJournalTest, MemoryAndFileReplayTheSame) {
    const auto file = open();
    std::array<std::byte, genesis_payload_bytes> payload{};
    ASSERT_TRUE(file->replay(BatchNumber(0), [&](const Batch& batch) {
        if (batch.header.number.is_zero()) {
            std::copy(batch.payload.begin(), batch.payload.end(), payload.begin());
        }
    }));
    MemoryJournal::Genesis genesis{
        .journal_id = {}, .ledger_id = {}, .timestamp = file->tail().timestamp};
    std::memcpy(genesis.journal_id.data(), payload.data(), 16);
    std::memcpy(genesis.ledger_id.data(), payload.data() + 16, 16);
    MemoryJournal memory(genesis);
    for (std::size_t i = 1; i < 30; ++i) {
        const auto made = make_batch(file->tail(), i);
        ASSERT_EQ(file->append(made->batch), AppendOutcome::appended);
        ASSERT_EQ(memory.append(made->batch), AppendOutcome::appended);
    }
    EXPECT_EQ(contents(memory), contents(*file));
}

TEST_F(FileJournalTest, LargestBatchFits) {
    auto large = options();
    large.segment_bytes = 8 << 20;
    auto journal = try_open(large);
    ASSERT_TRUE(journal);
    // Each command is 24 bytes.
    const std::size_t commands = max_batch_payload_bytes / 24;
    ASSERT_EQ(append(**journal, commands), AppendOutcome::appended);
    ASSERT_EQ(append(**journal, commands), AppendOutcome::appended);
    const auto before = contents(**journal);
    journal->reset();
    journal = try_open(large);
    ASSERT_TRUE(journal);
    EXPECT_EQ(contents(**journal), before);
}

TEST_F(FileJournalTest, SecondOpenerIsRefused) {
    const auto journal = open();
    const auto second = try_open(options());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().field, "journal.directory");
    EXPECT_NE(second.error().message.find("in use"), std::string::npos);
}

TEST_F(FileJournalTest, ReaderSeesAWriterBesideIt) {
    const auto writer = open();
    for (int i = 0; i < 10; ++i) ASSERT_EQ(append(*writer, 50), AppendOutcome::appended);
    const auto reader = FileJournal::open_to_read(directory_);
    ASSERT_TRUE(reader) << reader.error().to_string();
    EXPECT_EQ((*reader)->tail().number, BatchNumber(10));
    EXPECT_EQ(contents(**reader), contents(*writer));
    for (int i = 0; i < 10; ++i) ASSERT_EQ(append(*writer, 50), AppendOutcome::appended);
    EXPECT_EQ(contents(**reader), contents(*writer));
}

TEST_F(FileJournalTest, ReaderChangesNothing) {
    {
        const auto writer = open();
        ASSERT_EQ(append(*writer, 1), AppendOutcome::appended);
    }
    auto bytes = read_file(segment(1));
    bytes[3 * block_bytes + 5] = 'x';
    write_file(segment(1), bytes);
    const auto reader = FileJournal::open_to_read(directory_);
    ASSERT_TRUE(reader);
    EXPECT_EQ(contents(**reader).size(), 2U);
    EXPECT_EQ(read_file(segment(1)), bytes);
}

TEST_F(FileJournalTest, ReaderOfNothingIsRefused) {
    std::filesystem::create_directories(directory_);
    const auto reader = FileJournal::open_to_read(directory_);
    ASSERT_FALSE(reader);
    EXPECT_NE(reader.error().message.find("holds no journal"), std::string::npos);
}

TEST_F(FileJournalTest, OptionsAreChecked) {
    auto wrong = options();
    wrong.segment_bytes = segment_bytes + 1;
    EXPECT_EQ(try_open(wrong).error().field, "journal.segment_mebibytes");
    wrong.segment_bytes = block_bytes;
    EXPECT_EQ(try_open(wrong).error().field, "journal.segment_mebibytes");
    wrong = options();
    wrong.directory = "";
    EXPECT_EQ(try_open(wrong).error().field, "journal.directory");
    wrong.directory = "/proc/no/journal";
    EXPECT_EQ(try_open(wrong).error().field, "journal.directory");
}

TEST_F(FileJournalTest, SegmentsMayChangeTheirSize) {
    {
        const auto journal = open();
        for (int i = 0; i < 10; ++i) ASSERT_EQ(append(*journal, 50), AppendOutcome::appended);
    }
    auto larger = options();
    larger.segment_bytes = 2 * segment_bytes;
    const auto journal = try_open(larger);
    ASSERT_TRUE(journal);
    for (int i = 0; i < 40; ++i) ASSERT_EQ(append(**journal, 50), AppendOutcome::appended);
    EXPECT_EQ(contents(**journal).size(), 51U);
}

using FileJournalDeathTest = FileJournalTest;

TEST_F(FileJournalDeathTest, RefusesABatchThatDoesNotFollow) {
    // Opened in the child: a journal's thread does not live on in a fork.
    const auto run = [&] {
        const auto journal = open();
        const auto made = make_batch(journal->tail(), 1);
        static_cast<void>(journal->append(made->batch));
        static_cast<void>(journal->append(made->batch));
    };
    EXPECT_DEATH(run(), "fault_in_chain");
}

}  // namespace
}  // namespace ayni::journal
