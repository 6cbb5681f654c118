#include "snapshot/shelf.h"

#include <gmock/gmock.h>

#include "unit/journal/faulty_file_system.h"
#include "unit/snapshot/journalled_ledger.h"

namespace ayni::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A machine that stops at its nth change of the disk: nothing happens from there on.
class CrashingFileSystem final : public journal::FileSystem {
public:
    explicit CrashingFileSystem(int changes) : left_(changes) {}
    [[nodiscard]] bool has_crashed() const { return left_ < 0; }

    journal::IoResult<std::unique_ptr<journal::File>> open(const std::filesystem::path& path,
                                                           journal::Access access) override {
        if (access != journal::Access::read && is_down()) return tl::unexpected(error());
        auto file = real_.open(path, access);
        if (!file) return file;
        return std::make_unique<CrashingFile>(*this, std::move(*file));
    }
    std::error_code rename(const std::filesystem::path& from,
                           const std::filesystem::path& to) override {
        return is_down() ? error() : real_.rename(from, to);
    }
    std::error_code remove(const std::filesystem::path& path) override {
        return is_down() ? error() : real_.remove(path);
    }
    std::error_code make_directory(const std::filesystem::path& path) override {
        return is_down() ? error() : real_.make_directory(path);
    }
    std::error_code sync_directory(const std::filesystem::path& directory) override {
        return is_down() ? error() : real_.sync_directory(directory);
    }
    journal::IoResult<std::vector<std::string>> list(
        const std::filesystem::path& directory) override {
        return real_.list(directory);
    }
    journal::IoResult<std::uint64_t> free_bytes(const std::filesystem::path&) override {
        return std::uint64_t{1} << 40U;
    }
    journal::IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) override {
        return real_.lock_directory(directory);
    }

private:
    class CrashingFile final : public journal::File {
    public:
        CrashingFile(CrashingFileSystem& owner, std::unique_ptr<journal::File> file)
            : owner_(owner), file_(std::move(file)) {}
        std::error_code read(std::span<std::byte> into, std::uint64_t offset) const override {
            return file_->read(into, offset);
        }
        std::error_code write(std::span<const std::byte> bytes, std::uint64_t offset) override {
            return owner_.is_down() ? error() : file_->write(bytes, offset);
        }
        std::error_code allocate(std::uint64_t bytes) override { return file_->allocate(bytes); }
        std::error_code sync() override { return owner_.is_down() ? error() : file_->sync(); }
        journal::IoResult<std::uint64_t> size() const override { return file_->size(); }

    private:
        CrashingFileSystem& owner_;
        std::unique_ptr<journal::File> file_;
    };

    static std::error_code error() { return std::make_error_code(std::errc::io_error); }
    bool is_down() { return left_ < 0 || --left_ < 0; }

    journal::FileSystem& real_ = journal::system_file_system();
    int left_;
};

class Shelf : public JournalledLedger {
protected:
    Shelf() { write_batches(20); }

    [[nodiscard]] std::vector<std::uint64_t> batches() const {
        std::vector<std::uint64_t> numbers;
        const auto items = shelf().list();
        EXPECT_TRUE(items);
        for (const auto& item : *items) numbers.push_back(item.batch.value());
        return numbers;
    }
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(shelf().directory())) {
            names.push_back(entry.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }
};

TEST_F(Shelf, HoldsWhatWasTaken) {
    EXPECT_THAT(batches(), IsEmpty());
    EXPECT_FALSE(shelf().newest_header());
    const auto taken = take();
    ASSERT_TRUE(taken) << taken.error().to_string();
    EXPECT_EQ(taken->item.name, "00000000000000000020.snapshot");
    EXPECT_EQ(taken->bytes, std::filesystem::file_size(shelf().directory() / taken->item.name));
    EXPECT_THAT(files(), ElementsAre(taken->item.name));
    ledger::Ledger into(small());
    ASSERT_TRUE(shelf().load(taken->item, into));
    EXPECT_EQ(into.digest(), ledger_->digest());
    EXPECT_EQ(shelf().newest_header()->last_sequence, ledger_->last_sequence());
}

TEST_F(Shelf, KeepsTheNewest) {
    ASSERT_TRUE(take(3));
    for (int i = 0; i < 4; ++i) {
        write_batches(2);
        ASSERT_TRUE(take(3));
    }
    EXPECT_THAT(batches(), ElementsAre(28, 26, 24));
    write_batches(1);
    const auto taken = take(1);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->removed.size(), 3U);
    EXPECT_THAT(batches(), ElementsAre(29));
}

TEST_F(Shelf, TheSameBatchAgainReplacesIt) {
    ASSERT_TRUE(take());
    ASSERT_TRUE(take());
    EXPECT_THAT(batches(), ElementsAre(20));
}

TEST_F(Shelf, NewestHeaderPassesOverADamagedOne) {
    ASSERT_TRUE(take());
    write_batches(1);
    const auto newer = take();
    ASSERT_TRUE(newer);
    journal::write_file(shelf().directory() / newer->item.name, "x");
    EXPECT_EQ(shelf().newest_header()->stand.batch, 20U);
}

TEST_F(Shelf, WhereverTheMachineStopsThereIsAWholeOne) {
    ASSERT_TRUE(take());
    write_batches(3);
    bool was_taken = false;
    for (int changes = 0; !was_taken; ++changes) {
        CrashingFileSystem files(changes);
        was_taken = take(1, &files).has_value();
        EXPECT_NE(was_taken, files.has_crashed());
        auto restored = restore();
        ASSERT_TRUE(restored.snapshot) << changes;
        EXPECT_TRUE(restored.rejections.empty()) << changes;
        EXPECT_EQ(replay_tail(restored).digest, ledger_->digest());
        ASSERT_LT(changes, 100);
    }
    EXPECT_THAT(batches(), ElementsAre(23));
    EXPECT_EQ(files().size(), 1U) << "what a crash left is removed by the next taking";
}

TEST_F(Shelf, ADiskThatFailsLeavesWhatWasThere) {
    ASSERT_TRUE(take());
    write_batches(3);
    journal::FaultyFileSystem files;
    files.fail_syncs = true;
    EXPECT_FALSE(take(1, &files));
    files.fail_syncs = false;
    files.fill_runs_out_of_room = true;
    EXPECT_FALSE(take(1, &files));
    files.fill_runs_out_of_room = false;
    files.fail_reads = true;
    EXPECT_FALSE(take(1, &files)) << "what can not be read back gets no name";
    EXPECT_THAT(this->files(), ElementsAre("00000000000000000020.snapshot"));
}

TEST_F(Shelf, LeavesRoomForTheJournal) {
    journal::FaultyFileSystem files;
    files.room = 10'000;
    const auto taken = snapshot::Shelf(shelf().directory(), &files)
                           .take(*ledger_, {.batch = 20}, {.leave_free_bytes = 100'000});
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().to_string(), HasSubstr("to be left for the journal"));
    EXPECT_THAT(batches(), IsEmpty());
}

TEST_F(Shelf, OneTakesAtATime) {
    ASSERT_TRUE(take());
    const auto lock = journal::system_file_system().lock_directory(shelf().directory());
    ASSERT_TRUE(lock);
    const auto taken = take();
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().to_string(), HasSubstr("another process takes a snapshot here"));
}

TEST_F(Shelf, TellsOfItsPace) {
    std::uint64_t bytes = 0;
    const auto taken =
        shelf().take(*ledger_, {.batch = 20},
                     {.leave_free_bytes = 0, .pace = [&](std::uint64_t more) { bytes += more; }});
    ASSERT_TRUE(taken);
    EXPECT_GT(bytes, taken->bytes);  // written, and most of it read back
    EXPECT_LE(bytes, 2 * taken->bytes);
}

}  // namespace
}  // namespace ayni::test
