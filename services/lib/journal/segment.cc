#include "journal/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/assert.h"

namespace ayni::journal {
namespace {

constexpr std::string_view suffix = ".journal";
constexpr std::string_view unfinished_suffix = ".journal.filling";
constexpr std::size_t digits = 8;

// Layout of the header: magic, CRC32C over all behind it, format, number, zero, bytes.
constexpr std::array<char, 8> magic{'A', 'Y', 'N', 'I', 'S', 'E', 'G', 'M'};
constexpr std::size_t crc_at = 8;
constexpr std::size_t format_at = 12;
constexpr std::size_t number_at = 16;
constexpr std::size_t bytes_at = 24;
constexpr std::size_t end = 32;

constexpr std::size_t window_bytes = 2 * encoded_bytes(max_batch_payload_bytes);

}  // namespace

std::string segment_name(std::uint32_t number) { return fmt::format("{:08}{}", number, suffix); }

std::optional<std::uint32_t> segment_number(std::string_view name) {
    if (name.size() != digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    std::uint32_t number = 0;
    for (const char digit : name.substr(0, digits)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return number;
}

std::string unfinished_segment_name(std::uint32_t number) {
    return fmt::format("{:08}{}", number, unfinished_suffix);
}

bool is_unfinished_segment(std::string_view name) {
    return name.size() == digits + unfinished_suffix.size() && name.ends_with(unfinished_suffix);
}

std::string Place::to_string() const {
    return fmt::format("{} offset {}", segment_name(segment), offset);
}

void encode_segment_header(const SegmentHeader& header, std::span<std::byte> block) {
    ASSERT(block.size() >= block_bytes);
    std::memset(block.data(), 0, block_bytes);
    std::memcpy(block.data(), magic.data(), magic.size());
    std::memcpy(block.data() + format_at, &format_version, sizeof format_version);
    std::memcpy(block.data() + number_at, &header.number, sizeof header.number);
    std::memcpy(block.data() + bytes_at, &header.bytes, sizeof header.bytes);
    const std::uint32_t crc = crc32c(block.subspan(format_at, end - format_at));
    std::memcpy(block.data() + crc_at, &crc, sizeof crc);
}

SegmentReading decode_segment_header(std::span<const std::byte> block) {
    SegmentReading reading;
    if (block.size() < end) return reading;
    if (std::memcmp(block.data(), magic.data(), magic.size()) != 0) return reading;
    std::uint32_t crc = 0;
    std::memcpy(&crc, block.data() + crc_at, sizeof crc);
    if (crc32c(block.subspan(format_at, end - format_at)) != crc) return reading;
    std::memcpy(&reading.format, block.data() + format_at, sizeof reading.format);
    std::memcpy(&reading.header.number, block.data() + number_at, sizeof reading.header.number);
    std::memcpy(&reading.header.bytes, block.data() + bytes_at, sizeof reading.header.bytes);
    reading.reading = reading.format == format_version ? Reading::whole : Reading::other_format;
    return reading;
}

base::Result<SegmentReader> SegmentReader::open(FileSystem& files,
                                                const std::filesystem::path& directory,
                                                std::uint32_t number) {
    SegmentReader reader;
    reader.number_ = number;
    auto file = files.open(directory / segment_name(number), Access::read);
    if (!file)
        return base::failure(segment_name(number), "can not be opened: " + file.error().message());
    reader.file_ = std::move(*file);
    const auto file_bytes = reader.file_->size();
    if (!file_bytes) {
        return base::failure(segment_name(number), "has no size: " + file_bytes.error().message());
    }
    reader.file_bytes_ = *file_bytes;
    reader.bytes_ = round_up_to_block(reader.file_bytes_);
    reader.make_window();
    const auto block = reader.view(0, block_bytes);
    if (!block) return tl::unexpected(block.error());
    reader.header_ = decode_segment_header(*block);
    if (reader.header_.reading == Reading::other_format) {
        return base::failure(
            segment_name(number),
            fmt::format("has format {}, and this build reads format {} only; nothing was changed",
                        reader.header_.format, format_version));
    }
    if (reader.header_.reading == Reading::whole) {
        if (reader.header_.header.number != number) {
            return base::failure(segment_name(number),
                                 fmt::format("is segment {} by its header; it was renamed",
                                             reader.header_.header.number));
        }
        reader.bytes_ = reader.header_.header.bytes;
        reader.make_window();
    }
    return reader;
}

void SegmentReader::make_window() {
    const auto wanted = static_cast<std::size_t>(
        std::clamp<std::uint64_t>(round_up_to_block(bytes_), block_bytes, window_bytes));
    forget();
    if (wanted <= window_capacity_) return;
    window_ = make_aligned_buffer(wanted);
    window_capacity_ = wanted;
}

base::Result<std::span<const std::byte>> SegmentReader::view(std::uint64_t offset,
                                                             std::size_t length) {
    ASSERT(length <= window_capacity_);
    const bool is_in_window =
        offset >= window_offset_ && offset + length <= window_offset_ + window_length_;
    if (!is_in_window) {
        const std::uint64_t left = offset < bytes_ ? bytes_ - offset : 0;
        const std::size_t wanted = std::max(
            length, static_cast<std::size_t>(std::min<std::uint64_t>(left, window_capacity_)));
        window_length_ = 0;
        const auto error = file_->read({window_.get(), wanted}, offset);
        if (error) {
            return base::failure(Place{number_, offset}.to_string(),
                                 "can not be read: " + error.message());
        }
        window_offset_ = offset;
        window_length_ = wanted;
    }
    return std::span<const std::byte>(window_.get() + (offset - window_offset_), length);
}

base::Result<Decoded> SegmentReader::batch_at(std::uint64_t offset) {
    if (offset + block_bytes > bytes_) return Decoded{};
    auto bytes = view(offset, block_bytes);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto payload_bytes = framed_payload_bytes(*bytes);
    if (!payload_bytes || offset + encoded_bytes(*payload_bytes) > bytes_) return Decoded{};
    bytes = view(offset, encoded_bytes(*payload_bytes));
    if (!bytes) return tl::unexpected(bytes.error());
    return decode(*bytes);
}

}  // namespace ayni::journal
