#pragma once

#include <chrono>
#include <cstdint>

#include "journal/file.h"

namespace ayni::ayctl {

/// The machine's file system at a bounded pace: all reads and writes of its files together move no
/// more than so many bytes a second, in pieces of at most 1 MiB with pauses between them. For
/// whoever works beside a switch whose journal is on the same disk: an append waits for one piece
/// at most. Not thread-safe.
class PacedFileSystem final : public journal::FileSystem {
public:
    /// 0: no bound.
    explicit PacedFileSystem(std::uint64_t bytes_per_second)
        : bytes_per_second_(bytes_per_second) {}

    [[nodiscard]] journal::IoResult<std::unique_ptr<journal::File>> open(
        const std::filesystem::path& path, journal::Access access) override;
    [[nodiscard]] std::error_code rename(const std::filesystem::path& from,
                                         const std::filesystem::path& to) override;
    [[nodiscard]] std::error_code remove(const std::filesystem::path& path) override;
    [[nodiscard]] std::error_code make_directory(const std::filesystem::path& path) override;
    [[nodiscard]] std::error_code sync_directory(const std::filesystem::path& directory) override;
    [[nodiscard]] journal::IoResult<std::vector<std::string>> list(
        const std::filesystem::path& directory) override;
    [[nodiscard]] journal::IoResult<std::uint64_t> free_bytes(
        const std::filesystem::path& directory) override;
    [[nodiscard]] journal::IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) override;

private:
    class PacedFile;

    /// Returns when `bytes` more are due.
    void pace(std::size_t bytes);

    journal::FileSystem& real_ = journal::system_file_system();
    const std::uint64_t bytes_per_second_;
    std::chrono::steady_clock::time_point due_ = std::chrono::steady_clock::now();
};

}  // namespace ayni::ayctl
