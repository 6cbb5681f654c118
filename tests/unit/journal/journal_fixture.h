#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "journal/codec.h"
#include "journal/file_journal.h"
#include "ledger/command.h"

namespace ayni::journal {

/// A directory that is removed with everything in it.
class TempDirectory {
public:
    TempDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "ayni-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A sealed batch of `commands` commands that continues `tail`; the epoch of the `Started` in it is
/// the sequence of each.
struct MadeBatch {
    ledger::CommandBuffer commands;
    Batch batch;
};
inline std::unique_ptr<MadeBatch> make_batch(const BatchHeader& tail, std::size_t commands) {
    auto made = std::make_unique<MadeBatch>();
    BatchHeader& header = made->batch.header;
    header.number = tail.number.next();
    header.first_sequence = tail.last_sequence().next();
    header.command_count = static_cast<std::uint32_t>(commands);
    header.epoch = tail.epoch;
    header.timestamp = {tail.timestamp.nanoseconds + 1};
    header.digest_batch = tail.number;
    header.digest = {.high = header.number.value(), .low = 7};
    header.previous_hash = tail.hash;
    for (std::size_t i = 0; i < commands; ++i) {
        made->commands.add(ledger::Started{.epoch = header.first_sequence.value() + i});
    }
    made->batch.payload = made->commands.bytes();
    header.hash = hash_of(made->batch);
    return made;
}

inline AppendOutcome append(Journal& journal, std::size_t commands) {
    return journal.append(make_batch(journal.tail(), commands)->batch);
}

/// One line a batch: everything that must be the same when it is read back.
inline std::vector<std::string> contents(const Journal& journal,
                                         BatchNumber from = BatchNumber(0)) {
    std::vector<std::string> lines;
    const auto done = journal.replay(from, [&](const Batch& batch) {
        std::string line = std::to_string(batch.header.number.value()) + ":" +
                           std::to_string(batch.header.first_sequence.value()) + ":";
        line.append(reinterpret_cast<const char*>(batch.header.hash.data()), 32);
        line.append(reinterpret_cast<const char*>(batch.payload.data()), batch.payload.size());
        lines.push_back(line);
    });
    EXPECT_TRUE(done) << done.error().to_string();
    return lines;
}

/// A small journal without syncing, in a directory of its own.
class FileJournalTest : public testing::Test {
protected:
    FileJournalTest() : directory_(temp_.path() / "journal") {}

    [[nodiscard]] FileJournal::Options options() const {
        return {.directory = directory_,
                .segment_bytes = segment_bytes,
                .low_water_bytes = 0,
                .sync = false};
    }
    base::Result<std::unique_ptr<FileJournal>> try_open(const FileJournal::Options& options) {
        return FileJournal::open(options, clock_, random_);
    }
    std::unique_ptr<FileJournal> open() {
        auto journal = try_open(options());
        EXPECT_TRUE(journal) << journal.error().to_string();
        return journal ? std::move(*journal) : nullptr;
    }
    [[nodiscard]] std::filesystem::path segment(int number) const {
        return directory_ / ("0000000" + std::to_string(number) + ".journal");
    }

    static constexpr std::uint64_t segment_bytes = 32 << 10;
    TempDirectory temp_;
    std::filesystem::path directory_;
    base::ManualClock clock_{std::chrono::seconds(1'700'000'000)};
    base::SeededRandom random_{1};
};

}  // namespace ayni::journal
