#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/codec.h"
#include "journal/file.h"

namespace ayni::journal {

/// A segment file "00000001.journal": one block of header, then batches, then zeros. Its header
/// says how long it is. It gets its name only when it is complete and durable.
struct SegmentHeader {
    std::uint32_t number = 0;  ///< 1 is the first.
    std::uint64_t bytes = 0;   ///< Length of the file, header block included.
};

inline constexpr std::uint64_t first_batch_offset = block_bytes;
/// Room for the header block and for a batch of some use.
inline constexpr std::uint64_t min_segment_bytes = 4 * block_bytes;

[[nodiscard]] std::string segment_name(std::uint32_t number);
/// The number in the name of a segment; nothing for any other file.
[[nodiscard]] std::optional<std::uint32_t> segment_number(std::string_view name);
/// A segment has this name while it is being filled.
[[nodiscard]] std::string unfinished_segment_name(std::uint32_t number);
[[nodiscard]] bool is_unfinished_segment(std::string_view name);

/// A place in the journal, for error messages and for the index.
struct Place {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;

    /// "00000003.journal offset 81920"
    [[nodiscard]] std::string to_string() const;
};

/// Writes one block.
void encode_segment_header(const SegmentHeader& header, std::span<std::byte> block);

struct SegmentReading {
    Reading reading = Reading::broken;
    std::uint32_t format = 0;
    SegmentHeader header;
};
[[nodiscard]] SegmentReading decode_segment_header(std::span<const std::byte> block);

/// Reads a segment from front to back through a window of a few MiB. Not thread-safe.
class SegmentReader {
public:
    /// The header is read at once; whether it is what it must be is in `header()`.
    [[nodiscard]] static base::Result<SegmentReader> open(FileSystem& files,
                                                          const std::filesystem::path& directory,
                                                          std::uint32_t number);

    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] const SegmentReading& header() const { return header_; }
    /// Length that the header tells of, or that of the file where the header is broken.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    /// Length of the file itself: shorter than `bytes` when somebody cut it.
    [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }

    /// `length` bytes from `offset`, zeros past the end, valid until the next call. An error when
    /// the disk does not give them.
    [[nodiscard]] base::Result<std::span<const std::byte>> view(std::uint64_t offset,
                                                                std::size_t length);
    /// The batch at `offset`; its payload is valid until the next call. Never longer than the
    /// segment.
    [[nodiscard]] base::Result<Decoded> batch_at(std::uint64_t offset);
    /// Drops what was read, so that the next view asks the file again.
    void forget() { window_length_ = 0; }

private:
    SegmentReader() = default;
    /// A window of some MiB, or as large as the segment when that is smaller.
    void make_window();

    std::unique_ptr<File> file_;
    std::uint32_t number_ = 0;
    SegmentReading header_;
    std::uint64_t bytes_ = 0;
    std::uint64_t file_bytes_ = 0;
    AlignedBuffer window_;
    std::size_t window_capacity_ = 0;
    std::uint64_t window_offset_ = 0;
    std::size_t window_length_ = 0;
};

}  // namespace ayni::journal
