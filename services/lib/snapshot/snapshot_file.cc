#include "snapshot/snapshot_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ayni::snapshot {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20U;
static_assert(buffer_bytes % journal::block_bytes == 0);

}  // namespace

FileSink::FileSink(journal::File& file, std::string name, const Pace& pace)
    : file_(file),
      name_(std::move(name)),
      pace_(pace),
      buffer_(journal::make_aligned_buffer(buffer_bytes)) {}

base::Result<void> FileSink::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), buffer_bytes - used_);
        std::memcpy(buffer_.get() + used_, bytes.data(), size);
        used_ += size;
        bytes = bytes.subspan(size);
        if (used_ < buffer_bytes) continue;
        if (auto done = flush(buffer_bytes); !done) return done;
    }
    return {};
}

base::Result<void> FileSink::finish() {
    const std::size_t size = journal::round_up_to_block(used_);
    std::memset(buffer_.get() + used_, 0, size - used_);
    if (size > 0) {
        if (auto done = flush(size); !done) return done;
    }
    if (const auto error = file_.sync()) {
        return base::failure(name_, "can not be synced: " + error.message());
    }
    return {};
}

base::Result<void> FileSink::flush(std::size_t size) {
    if (const auto error = file_.write({buffer_.get(), size}, offset_)) {
        return base::failure(name_, "can not be written: " + error.message());
    }
    offset_ += size;
    used_ = 0;
    if (pace_) pace_(size);
    return {};
}

base::Result<FileSource> FileSource::open(journal::FileSystem& files,
                                          const std::filesystem::path& path, const Pace* pace) {
    auto file = files.open(path, journal::Access::read);
    if (!file) {
        return base::failure(path.filename().string(),
                             "can not be opened: " + file.error().message());
    }
    const auto bytes = (*file)->size();
    if (!bytes) {
        return base::failure(path.filename().string(), "has no size: " + bytes.error().message());
    }
    return FileSource(std::move(*file), path.filename().string(), *bytes, pace);
}

base::Result<void> FileSource::read(std::span<std::byte> into) {
    if (into.size() > bytes_ - offset_) {
        return base::failure(name_, fmt::format("ends too early, after {} bytes", bytes_));
    }
    if (const auto error = file_->read(into, offset_)) {
        return base::failure(
            name_, fmt::format("can not be read at offset {}: {}", offset_, error.message()));
    }
    offset_ += into.size();
    if (pace_ != nullptr && *pace_) (*pace_)(into.size());
    return {};
}

base::Result<void> FileSource::check_length(const ledger::SnapshotHeader& header) const {
    const std::uint64_t wanted = journal::round_up_to_block(ledger::snapshot_bytes(header));
    if (bytes_ == wanted) return {};
    return base::failure(name_, fmt::format("has {} bytes instead of {}", bytes_, wanted));
}

base::Result<void> FileSource::check_rest() const {
    std::array<std::byte, journal::block_bytes> rest{};
    const std::uint64_t left = bytes_ - offset_;
    if (left >= rest.size()) return base::failure(name_, "goes on behind its end");
    const std::span<std::byte> read(rest.data(), static_cast<std::size_t>(left));
    if (const auto error = file_->read(read, offset_)) {
        return base::failure(name_, "can not be read to its end: " + error.message());
    }
    if (!journal::is_zero(read)) return base::failure(name_, "holds something behind its end");
    return {};
}

}  // namespace ayni::snapshot
