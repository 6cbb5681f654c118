#include "journal/file_tail.h"

#include <gmock/gmock.h>

#include <thread>

#include "base/mark.h"
#include "faulty_file_system.h"
#include "journal_fixture.h"

namespace ayni::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FileTailTest : public FileJournalTest {
protected:
    FileTail open_tail(const std::optional<FileJournal::Start>& start = {}) {
        auto tail = FileTail::open(directory_, start);
        EXPECT_TRUE(tail) << tail.error().to_string();
        return std::move(*tail);
    }
    static std::vector<std::uint64_t> read(FileTail& tail, std::size_t at_most = 1'000'000) {
        std::vector<std::uint64_t> numbers;
        const auto done = tail.read([&](const Batch& batch) {
            EXPECT_EQ(hash_of(batch), batch.header.hash);
            numbers.push_back(batch.header.number.value());
            return numbers.size() < at_most;
        });
        EXPECT_TRUE(done) << done.error().to_string();
        return numbers;
    }
    static std::string refusal(FileTail& tail) {
        const auto done = tail.read([](const Batch&) { return true; });
        return done ? std::string() : done.error().to_string();
    }
    /// Where the batch that is appended next will stand; it must fit into this segment.
    static std::uint64_t end_of(const FileJournal& journal) {
        const auto start = journal.tail_start();
        return start.offset + block_bytes;
    }
    void overwrite(int of_segment, std::uint64_t offset, const std::string& bytes) {
        std::fstream file(segment(of_segment), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file << bytes;
        ASSERT_TRUE(file.flush());
    }
};

TEST_F(FileTailTest, GoesOnWhereItEnded) {
    const auto journal = open();
    FileTail tail = open_tail();
    EXPECT_EQ(tail.genesis(), journal->genesis().hash);
    EXPECT_THAT(read(tail), ElementsAre(0));
    EXPECT_THAT(read(tail), IsEmpty());
    ASSERT_EQ(append(*journal, 1), AppendOutcome::appended);
    ASSERT_EQ(append(*journal, 2), AppendOutcome::appended);
    EXPECT_EQ(tail.newest()->number.value(), 2U);
    EXPECT_THAT(read(tail, 1), ElementsAre(1));
    EXPECT_THAT(read(tail), ElementsAre(2));
    EXPECT_THAT(read(tail), IsEmpty());
}

/// Over many segments, whether each batch is looked for as it comes, or some at a time.
TEST_F(FileTailTest, FollowsFromSegmentToSegment) {
    const auto journal = open();
    FileTail eager = open_tail();
    FileTail lazy = open_tail();
    std::vector<std::uint64_t> by_eager = read(eager);
    std::vector<std::uint64_t> by_lazy;
    std::vector<std::uint64_t> all{0};
    for (std::uint64_t i = 1; i <= 100; ++i) {
        ASSERT_EQ(append(*journal, 1 + i % 200), AppendOutcome::appended);
        all.push_back(i);
        EXPECT_EQ(eager.newest()->hash, journal->tail().hash);
        for (const auto number : read(eager)) by_eager.push_back(number);
        if (i % 17 == 0) {
            for (const auto number : read(lazy)) by_lazy.push_back(number);
        }
    }
    for (const auto number : read(lazy)) by_lazy.push_back(number);
    EXPECT_EQ(by_eager, all);
    EXPECT_EQ(by_lazy, all);
    EXPECT_GT(journal->tail_start().segment, 5U);
    // From anywhere, and the newest without having seen what is before it.
    FileTail behind = open_tail(journal->tail_start());
    EXPECT_THAT(read(behind), IsEmpty());
    EXPECT_EQ(open_tail().newest()->hash, journal->tail().hash);
    ASSERT_EQ(append(*journal, 1), AppendOutcome::appended);
    EXPECT_THAT(read(behind), ElementsAre(101));
}

TEST_F(FileTailTest, FollowsAWriterOfAnotherThread) {
    const auto journal = open();
    FileTail tail = open_tail();
    constexpr std::uint64_t batches = 300;
    std::thread writer([&] {
        for (std::uint64_t i = 0; i < batches; ++i) {
            EXPECT_EQ(append(*journal, 1 + i % 150), AppendOutcome::appended);
        }
    });
    std::vector<std::uint64_t> numbers;
    while (numbers.size() <= batches && !HasFailure()) {
        for (const auto number : read(tail)) numbers.push_back(number);
    }
    writer.join();
    for (std::uint64_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i);
}

/// I6: the newest batch counts when it was synced from here; those before it are known to be
/// durable.
TEST_F(FileTailTest, GivesNothingThatAPowerCutTakesBack) {
    const auto journal = open();
    for (int i = 0; i < 3; ++i) ASSERT_EQ(append(*journal, 1), AppendOutcome::appended);
    FaultyFileSystem files;
    files.fail_syncs = true;
    auto tail = FileTail::open(directory_, {}, &files);
    ASSERT_TRUE(tail);
    std::vector<std::uint64_t> numbers;
    const auto done = tail->read([&](const Batch& batch) {
        numbers.push_back(batch.header.number.value());
        return true;
    });
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("can not be synced"));
    EXPECT_THAT(numbers, ElementsAre(0, 1, 2));
    files.fail_syncs = false;
    EXPECT_THAT(read(*tail), ElementsAre(3));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal.tail_synced_the_newest_batch"), 1U);
#endif
}

/// Nothing was at the end of the segment when it was looked at, and the next segment has begun
/// since: what was added in between is not passed over.
TEST_F(FileTailTest, SeesWhatWasAddedBeforeTheNextSegmentBegan) {
    const auto journal = open();
    while (journal->tail_start().segment < 3) {
        ASSERT_EQ(append(*journal, 100), AppendOutcome::appended);
    }
    FaultyFileSystem files;
    auto tail = FileTail::open(directory_, {}, &files);
    ASSERT_TRUE(tail);
    EXPECT_THAT(read(*tail, 1), ElementsAre(0));
    files.early_reads = 1;
    EXPECT_THAT(read(*tail, 2), ElementsAre(1, 2));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal.tail_filled_up_before_the_next_segment"), 1U);
#endif
}

/// What is being written looks as what a power cut left: nothing, until it is whole.
TEST_F(FileTailTest, WaitsForAnUnfinishedBatch) {
    const auto journal = open();
    ASSERT_EQ(append(*journal, 1), AppendOutcome::appended);
    FileTail tail = open_tail();
    EXPECT_THAT(read(tail), ElementsAre(0, 1));
    const std::uint64_t offset = end_of(*journal);
    const auto next = make_batch(journal->tail(), 5);
    std::string whole(encoded_bytes(next->batch.payload.size()), '\0');
    encode(next->batch, std::as_writable_bytes(std::span(whole)));
    for (const std::size_t written : {1, 100, 180}) {
        overwrite(1, offset, whole.substr(0, written));
        EXPECT_THAT(read(tail), IsEmpty()) << written;
        EXPECT_THAT(read(tail), IsEmpty()) << written;
    }
    overwrite(1, offset, whole);
    EXPECT_THAT(read(tail), ElementsAre(2));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal.tail_met_an_unfinished_batch"), 1U);
#endif
}

TEST_F(FileTailTest, DamageIsNoEnd) {
    const auto journal = open();
    std::vector<FileJournal::Start> starts{journal->tail_start()};
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(append(*journal, 1), AppendOutcome::appended);
        starts.push_back(journal->tail_start());
    }
    const std::string before = read_file(segment(1));
    for (const std::size_t at : {0, 14, 60, 165}) {
        overwrite(1, starts[2].offset + at, "\x55");
        FileTail tail = open_tail();
        EXPECT_THAT(refusal(tail), HasSubstr("00000001.journal offset")) << at;
        write_file(segment(1), before);
    }
    // A whole batch of another journal.
    const auto foreign = make_batch(journal->tail(), 1);
    std::string bytes(block_bytes, '\0');
    encode(foreign->batch, std::as_writable_bytes(std::span(bytes)));
    overwrite(1, starts[2].offset, bytes);
    FileTail tail = open_tail();
    EXPECT_THAT(refusal(tail), HasSubstr("batch 5 is damaged"));
}

TEST_F(FileTailTest, OpensOnlyAJournalAtABatchOfIt) {
    EXPECT_FALSE(FileTail::open(directory_));
    const auto journal = open();
    FileJournal::Start start = journal->tail_start();
    start.hash[0] ^= 1U;
    EXPECT_FALSE(FileTail::open(directory_, start));
}

}  // namespace
}  // namespace ayni::journal
