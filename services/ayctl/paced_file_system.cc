#include "ayctl/paced_file_system.h"

#include <algorithm>
#include <thread>

namespace ayni::ayctl {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

}  // namespace

class PacedFileSystem::PacedFile final : public journal::File {
public:
    PacedFile(PacedFileSystem& owner, std::unique_ptr<journal::File> file)
        : owner_(owner), file_(std::move(file)) {}

    std::error_code read(std::span<std::byte> into, std::uint64_t offset) const override {
        while (!into.empty()) {
            const auto piece = into.first(std::min(into.size(), piece_bytes));
            owner_.pace(piece.size());
            if (const auto error = file_->read(piece, offset)) return error;
            into = into.subspan(piece.size());
            offset += piece.size();
        }
        return {};
    }
    std::error_code write(std::span<const std::byte> bytes, std::uint64_t offset) override {
        while (!bytes.empty()) {
            const auto piece = bytes.first(std::min(bytes.size(), piece_bytes));
            owner_.pace(piece.size());
            if (const auto error = file_->write(piece, offset)) return error;
            bytes = bytes.subspan(piece.size());
            offset += piece.size();
        }
        return {};
    }
    std::error_code allocate(std::uint64_t bytes) override { return file_->allocate(bytes); }
    std::error_code sync() override { return file_->sync(); }
    journal::IoResult<std::uint64_t> size() const override { return file_->size(); }

private:
    PacedFileSystem& owner_;
    std::unique_ptr<journal::File> file_;
};

journal::IoResult<std::unique_ptr<journal::File>> PacedFileSystem::open(
    const std::filesystem::path& path, journal::Access access) {
    auto file = real_.open(path, access);
    if (!file) return file;
    return std::make_unique<PacedFile>(*this, std::move(*file));
}
std::error_code PacedFileSystem::rename(const std::filesystem::path& from,
                                        const std::filesystem::path& to) {
    return real_.rename(from, to);
}
std::error_code PacedFileSystem::remove(const std::filesystem::path& path) {
    return real_.remove(path);
}
std::error_code PacedFileSystem::make_directory(const std::filesystem::path& path) {
    return real_.make_directory(path);
}
std::error_code PacedFileSystem::sync_directory(const std::filesystem::path& directory) {
    return real_.sync_directory(directory);
}
journal::IoResult<std::vector<std::string>> PacedFileSystem::list(
    const std::filesystem::path& directory) {
    return real_.list(directory);
}
journal::IoResult<std::uint64_t> PacedFileSystem::free_bytes(
    const std::filesystem::path& directory) {
    return real_.free_bytes(directory);
}
journal::IoResult<std::shared_ptr<void>> PacedFileSystem::lock_directory(
    const std::filesystem::path& directory) {
    return real_.lock_directory(directory);
}

void PacedFileSystem::pace(std::size_t bytes) {
    if (bytes_per_second_ == 0) return;
    // What was not used is not saved up: a pause for thought is no licence for a burst.
    due_ = std::max(due_, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(due_);
    constexpr std::uint64_t nanoseconds = 1'000'000'000;
    due_ += std::chrono::nanoseconds(bytes * nanoseconds / bytes_per_second_);
}

}  // namespace ayni::ayctl
