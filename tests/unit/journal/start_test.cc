#include <gmock/gmock.h>

#include <functional>
#include <thread>
#include <utility>

#include "base/mark.h"
#include "journal/codec.h"
#include "journal/scanner.h"
#include "journal/segment.h"
#include "journal_fixture.h"

/// Opening a journal in its middle, as a restart from a snapshot does.
namespace ayni::journal {
namespace {

using ::testing::HasSubstr;

class JournalStart : public FileJournalTest {
protected:
    /// Batches of one to five commands, over several segments; where each was the tail.
    JournalStart() {
        auto journal = open();
        starts_.push_back(journal->tail_start());
        for (std::size_t i = 0; i < batches; ++i) {
            EXPECT_EQ(append(*journal, 1 + i % 5), AppendOutcome::appended);
            starts_.push_back(journal->tail_start());
        }
        last_sequence_ = journal->tail().last_sequence();
    }

    std::unique_ptr<FileJournal> open_at(const FileJournal::Start& start) {
        FileJournal::Options from = options();
        from.start = start;
        auto journal = try_open(from);
        EXPECT_TRUE(journal) << journal.error().to_string();
        return journal ? std::move(*journal) : nullptr;
    }

    std::string refusal(const FileJournal::Start& start) {
        const auto checked = FileJournal::check_start(directory_, start);
        return checked ? std::string() : checked.error().to_string();
    }

    static constexpr std::size_t batches = 40;
    std::vector<FileJournal::Start> starts_;
    Sequence last_sequence_;
};

TEST_F(JournalStart, IsTheSameJournalFromThereOn) {
    const auto all = contents(*open());
    for (const FileJournal::Start& start : starts_) {
        const auto journal = open_at(start);
        EXPECT_EQ(journal->genesis().number, BatchNumber(0));
        EXPECT_EQ(journal->tail().number.value(), batches);
        EXPECT_EQ(journal->tail_start().offset, starts_.back().offset);
        EXPECT_EQ(journal->recovery().batches, batches + 1 - start.number.value());
        const auto tail = contents(*journal, start.number);
        EXPECT_EQ(tail, std::vector<std::string>(
                            all.begin() + static_cast<long>(start.number.value()), all.end()));
    }
}

TEST_F(JournalStart, ReplaysWhatLiesBeforeWhenAsked) {
    const auto all = contents(*open());
    EXPECT_EQ(contents(*open_at(starts_[30])), all);
    EXPECT_EQ(contents(*open_at(starts_[30]), BatchNumber(7)).size(), all.size() - 7);
}

TEST_F(JournalStart, AppendsAsBefore) {
    {
        const auto journal = open_at(starts_.back());
        for (int i = 0; i < 10; ++i) EXPECT_EQ(append(*journal, 3), AppendOutcome::appended);
    }
    EXPECT_EQ(contents(*open()).size(), batches + 11);
}

TEST_F(JournalStart, EveryOldCommandIsStillRead) {
    for (const std::size_t at : {std::size_t{1}, std::size_t{20}, batches}) {
        const auto journal = open_at(starts_[at]);
        for (std::uint64_t i = last_sequence_.value(); i > 0; --i) {
            const auto found = journal->read_command(Sequence(i));
            ASSERT_TRUE(found) << found.error().to_string();
            ASSERT_TRUE(*found) << i;
            EXPECT_LE((*found)->header.first_sequence, Sequence(i));
            EXPECT_GE((*found)->header.last_sequence(), Sequence(i));
            // The `Started` of make_batch carries its own sequence.
            EXPECT_EQ((*found)->command[1], i);
        }
        EXPECT_FALSE(*journal->read_command(last_sequence_.next()));
        EXPECT_FALSE(*journal->read_command(Sequence(0)));
    }
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal.segment_walked_for_an_old_command"), 1U);
#endif
}

TEST_F(JournalStart, AnOldCommandThatIsDamagedIsAnErrorNotAnother) {
    const auto journal = open_at(starts_.back());
    std::string bytes = read_file(segment(1));
    bytes[first_batch_offset + block_bytes + header_bytes + 8] ^= 1;  // of batch 1
    write_file(segment(1), bytes);
    const auto found = journal->read_command(Sequence(1));
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().to_string(), HasSubstr("damaged"));
}

TEST_F(JournalStart, OnlyTheVeryBatchWillDo) {
    EXPECT_EQ(refusal(starts_[12]), "");
    FileJournal::Start start = starts_[12];
    start.hash[5] ^= 1;
    EXPECT_THAT(refusal(start), HasSubstr("it has another hash"));
    start = starts_[12];
    start.number = start.number.next();
    EXPECT_THAT(refusal(start), HasSubstr("it is another one"));
    start = starts_[12];
    start.offset += 8;
    EXPECT_THAT(refusal(start), HasSubstr("no batch can begin here"));
    start = starts_[12];
    start.segment = 99;
    EXPECT_THAT(refusal(start), HasSubstr("the segment is not there"));
    start = starts_.back();
    start.offset += block_bytes;
    EXPECT_THAT(refusal(start), HasSubstr("no whole batch is"));

    FileJournal::Options from = options();
    from.start = start;
    EXPECT_FALSE(try_open(from));
}

TEST_F(JournalStart, DamageInTheBatchItselfIsFound) {
    const FileJournal::Start start = starts_[20];
    std::string bytes = read_file(segment(static_cast<int>(start.segment)));
    bytes[start.offset + header_bytes] ^= 1;
    write_file(segment(static_cast<int>(start.segment)), bytes);
    EXPECT_THAT(refusal(start), HasSubstr("no whole batch is"));
}

TEST_F(JournalStart, ATornTailBehindItIsCut) {
    std::string bytes = read_file(segment(static_cast<int>(starts_.back().segment)));
    bytes[starts_.back().offset + header_bytes] ^= 1;
    write_file(segment(static_cast<int>(starts_.back().segment)), bytes);
    const auto journal = open_at(starts_[batches - 3]);
    EXPECT_EQ(journal->tail().number.value(), batches - 1);
    EXPECT_GT(journal->recovery().torn_bytes, 0U);
}

TEST_F(JournalStart, AReaderBeginsThereBesideTheWriter) {
    const auto writer = open_at(starts_[3]);
    const auto reader = FileJournal::open_to_read(directory_, starts_[10]);
    ASSERT_TRUE(reader) << reader.error().to_string();
    EXPECT_EQ((*reader)->tail().hash, writer->tail().hash);
    EXPECT_EQ(contents(**reader, BatchNumber(11)).size(), batches - 10);
    EXPECT_EQ(append(*writer, 2), AppendOutcome::appended);
    EXPECT_EQ((*reader)->tail().number.value(), batches);
}

TEST_F(JournalStart, TheLockIsTakenOnceForBoth) {
    FileJournal::Options both = options();
    const auto lock = FileJournal::take_lock(both);
    ASSERT_TRUE(lock) << lock.error().to_string();
    EXPECT_FALSE(FileJournal::take_lock(both));
    EXPECT_FALSE(try_open(both));
    both.lock = *lock;
    EXPECT_TRUE(try_open(both));
}

TEST_F(JournalStart, GenesisIsFoundWithoutOpening) {
    const auto genesis = FileJournal::genesis_in(directory_);
    ASSERT_TRUE(genesis && *genesis);
    EXPECT_EQ((*genesis)->hash, starts_.front().hash);
    EXPECT_FALSE(*FileJournal::genesis_in(temp_.path() / "nothing"));
}

/// Calls somebody when a segment is opened to be read.
class HookedFileSystem final : public FileSystem {
public:
    std::function<void()> on_open;
    std::string name;

    IoResult<std::unique_ptr<File>> open(const std::filesystem::path& path,
                                         Access access) override {
        if (path.filename() == name && on_open) std::exchange(on_open, nullptr)();
        return real_.open(path, access);
    }
    std::error_code rename(const std::filesystem::path&, const std::filesystem::path&) override {
        return std::make_error_code(std::errc::read_only_file_system);
    }
    std::error_code remove(const std::filesystem::path&) override {
        return std::make_error_code(std::errc::read_only_file_system);
    }
    std::error_code make_directory(const std::filesystem::path&) override {
        return std::make_error_code(std::errc::read_only_file_system);
    }
    std::error_code sync_directory(const std::filesystem::path&) override { return {}; }
    IoResult<std::vector<std::string>> list(const std::filesystem::path& directory) override {
        return real_.list(directory);
    }
    IoResult<std::uint64_t> free_bytes(const std::filesystem::path& directory) override {
        return real_.free_bytes(directory);
    }
    IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) override {
        return real_.lock_directory(directory);
    }

private:
    FileSystem& real_ = system_file_system();
};

/// The reader found nothing more in a segment, and before it looked at the next one the writer
/// filled up this one and began that.
TEST_F(FileJournalTest, AReaderMissesNothingOfAWriterThatIsFasterThanIt) {
    const auto writer = open();
    ASSERT_EQ(append(*writer, 1), AppendOutcome::appended);
    while (!std::filesystem::exists(segment(2))) std::this_thread::yield();
    HookedFileSystem files;
    files.name = "00000002.journal";
    files.on_open = [&] {
        while (writer->tail_start().segment < 2) {
            ASSERT_EQ(append(*writer, 1), AppendOutcome::appended);
        }
    };
    Scanner scanner(files, directory_, *list_segments(files, directory_));
    std::uint64_t next = 0;
    for (;;) {
        const auto batch = scanner.next(true);
        ASSERT_TRUE(batch) << batch.error().to_string();
        if (!*batch) break;
        EXPECT_EQ((*batch)->header.number.value(), next++);
    }
    EXPECT_EQ(next, writer->tail().number.value() + 1);
    EXPECT_EQ(files.on_open, nullptr);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal.filled_up_while_it_was_read"), 1U);
#endif
}

}  // namespace
}  // namespace ayni::journal
