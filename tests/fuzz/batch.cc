#include <algorithm>

#include "fuzz/input.h"
#include "journal/codec.h"
#include "journal/segment.h"
#include "ledger/command.h"

namespace {

using namespace ayni;

constexpr std::size_t magic_bytes = 8;
constexpr std::size_t crc_at = 8;
constexpr std::size_t format_at = 12;
constexpr std::size_t payload_bytes_at = 16;

/// Makes the frame right, so that what is behind the checksum is reached: the magic number, the
/// size, and last the checksum. Offsets are those of journal/codec.h.
void repair(std::span<std::byte> bytes, bool keep_format) {
    if (bytes.size() < journal::header_bytes) return;
    std::memcpy(bytes.data(), "AYNIBTCH", magic_bytes);
    const auto payload = static_cast<std::uint32_t>(bytes.size() - journal::header_bytes);
    std::memcpy(bytes.data() + payload_bytes_at, &payload, sizeof payload);
    if (!keep_format) {
        std::memcpy(bytes.data() + format_at, &journal::format_version, sizeof(std::uint32_t));
    }
    const std::uint32_t crc = journal::crc32c(bytes.subspan(format_at));
    std::memcpy(bytes.data() + crc_at, &crc, sizeof crc);
}

/// What was read is what would be written, but for the bytes that mean nothing.
void check_whole(const journal::Batch& batch, std::span<const std::byte> bytes) {
    constexpr std::size_t zeros_at = 144;
    const std::size_t size = journal::encoded_bytes(batch.payload.size());
    const auto buffer = journal::make_aligned_buffer(size);
    ASSERT(journal::encode(batch, {buffer.get(), size}) == size);
    const std::span<const std::byte> again(buffer.get(),
                                           journal::header_bytes + batch.payload.size());
    const bool has_zeros =
        journal::is_zero(bytes.subspan(zeros_at, journal::header_bytes - zeros_at));
    const std::size_t from = has_zeros ? 0 : format_at;
    const std::size_t head = zeros_at - from;
    ASSERT(std::equal(again.begin() + static_cast<std::ptrdiff_t>(from),
                      again.begin() + static_cast<std::ptrdiff_t>(from + head),
                      bytes.begin() + static_cast<std::ptrdiff_t>(from)));
    ASSERT(std::equal(batch.payload.begin(), batch.payload.end(),
                      again.begin() + static_cast<std::ptrdiff_t>(journal::header_bytes)));
    static_cast<void>(journal::hash_of(batch));
    static_cast<void>(journal::fault_in_genesis(batch.header));
    static_cast<void>(journal::fault_in_chain(batch.header, batch.header));
}

}  // namespace

/// A batch, and a segment's header, from any bytes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t how = input.byte();
    fuzz::Aligned aligned(input.rest());
    const auto bytes = aligned.bytes();
    if (how % 4 != 0) repair(bytes, how % 4 == 1);
    const journal::Decoded decoded = journal::decode(bytes);
    if (decoded.reading == journal::Reading::whole) {
        check_whole(decoded.batch, bytes);
        static_cast<void>(ledger::for_each_command(decoded.batch.payload, [](auto) {}));
    }
    std::array<std::byte, journal::block_bytes> block{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), block.size()), block.begin());
    const auto segment = journal::decode_segment_header(block);
    if (segment.reading == journal::Reading::whole) {
        std::array<std::byte, journal::block_bytes> again{};
        journal::encode_segment_header(segment.header, again);
        ASSERT(journal::decode_segment_header(again).reading == journal::Reading::whole);
    }
    return 0;
}
