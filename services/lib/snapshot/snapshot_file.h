#pragma once

#include <functional>
#include <memory>
#include <string>

#include "journal/codec.h"
#include "journal/file.h"
#include "ledger/snapshot.h"

/// The bytes of a snapshot to and from a file, whose errors are named by the file.
namespace ayni::snapshot {

using Pace = std::function<void(std::uint64_t bytes)>;

/// Gathers blocks, since the file goes past the page cache.
class FileSink final : public ledger::SnapshotSink {
public:
    FileSink(journal::File& file, std::string name, const Pace& pace);

    [[nodiscard]] base::Result<void> write(std::span<const std::byte> bytes) override;
    /// Writes what is left, zeros to the end of its block, and syncs.
    [[nodiscard]] base::Result<void> finish();
    [[nodiscard]] std::uint64_t bytes() const { return offset_; }

private:
    [[nodiscard]] base::Result<void> flush(std::size_t size);

    journal::File& file_;
    const std::string name_;
    const Pace& pace_;
    journal::AlignedBuffer buffer_;
    std::size_t used_ = 0;
    std::uint64_t offset_ = 0;
};

class FileSource final : public ledger::SnapshotSource {
public:
    [[nodiscard]] static base::Result<FileSource> open(journal::FileSystem& files,
                                                       const std::filesystem::path& path,
                                                       const Pace* pace = nullptr);

    [[nodiscard]] base::Result<void> read(std::span<std::byte> into) override;
    /// Whether the file is as long as `header` makes it.
    [[nodiscard]] base::Result<void> check_length(const ledger::SnapshotHeader& header) const;
    /// To be called behind the snapshot: nothing but the zeros of its last block may follow.
    [[nodiscard]] base::Result<void> check_rest() const;

private:
    FileSource(std::unique_ptr<journal::File> file, std::string name, std::uint64_t bytes,
               const Pace* pace)
        : file_(std::move(file)), name_(std::move(name)), bytes_(bytes), pace_(pace) {}

    std::unique_ptr<journal::File> file_;
    std::string name_;
    std::uint64_t bytes_;
    const Pace* pace_;
    std::uint64_t offset_ = 0;
};

}  // namespace ayni::snapshot
