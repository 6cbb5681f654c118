#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "journal/batch.h"

/// The bytes of a batch on disk, little-endian:
///
///     offset  bytes
///          0      8  magic "AYNIBTCH"
///          8      4  CRC32C over everything from offset 12 to the end of the payload
///         12      4  format version
///         16      4  payload bytes
///         20      4  command count
///         24      8  batch number
///         32      8  first sequence
///         40      8  epoch
///         48      8  timestamp, nanoseconds since 1970
///         56      8  digest batch
///         64     16  digest
///         80     32  previous hash
///        112     32  hash: SHA-256 over the bytes from offset 12 to 112, then the payload
///        144     16  zeros
///        160         payload
///
/// Magic, CRC, format and payload size stand at the same place in every format to come, so that a
/// build can tell a newer batch, which it must leave alone, from a torn one, which it may cut.
namespace ayni::journal {

/// Each batch starts on such a boundary; writes are multiples of it.
inline constexpr std::size_t block_bytes = 4096;
inline constexpr std::size_t header_bytes = 160;

[[nodiscard]] constexpr std::size_t round_up_to_block(std::size_t bytes) {
    return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}
/// What a batch takes in a segment: header, payload, zeros to the next block.
[[nodiscard]] constexpr std::size_t encoded_bytes(std::size_t payload_bytes) {
    return round_up_to_block(header_bytes + payload_bytes);
}

/// Memory that O_DIRECT accepts.
struct AlignedDelete {
    void operator()(std::byte* bytes) const noexcept;
};
using AlignedBuffer = std::unique_ptr<std::byte[], AlignedDelete>;
[[nodiscard]] AlignedBuffer make_aligned_buffer(std::size_t bytes);

/// CRC32C (Castagnoli) of `bytes`.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);

/// Whether every byte is zero.
[[nodiscard]] bool is_zero(std::span<const std::byte> bytes);

/// Writes `batch` with its checksum to the start of `out` and zeros up to the next block. Returns
/// the bytes written, `encoded_bytes(payload)`.
std::size_t encode(const Batch& batch, std::span<std::byte> out);

/// The size of the payload that the header at the start of `head` (at least `header_bytes`) tells
/// of; nothing when there is no header, or the size is more than any batch has.
[[nodiscard]] std::optional<std::size_t> framed_payload_bytes(std::span<const std::byte> head);

/// The fields of a header that `framed_payload_bytes` accepted, unverified: for finding the way.
[[nodiscard]] BatchHeader peek_header(std::span<const std::byte> head);

enum class Reading : std::uint8_t {
    whole,         ///< A batch whose checksum is right.
    broken,        ///< Anything else.
    other_format,  ///< Whole by its checksum, but of a format that this build does not read.
};
struct Decoded {
    Reading reading = Reading::broken;
    std::uint32_t format = 0;
    Batch batch;  ///< When whole; the payload points into `bytes`.
};
/// Reads the batch at the start of `bytes`. Checks the CRC; the hash is checked by `hash_of`.
[[nodiscard]] Decoded decode(std::span<const std::byte> bytes);

/// Why `next` can not directly follow `previous`, as the end of a sentence that begins with "it";
/// null when it can. Chain, density, time and epoch (I5).
[[nodiscard]] const char* fault_in_chain(const BatchHeader& previous, const BatchHeader& next);

/// Why `header` can not be batch 0; null when it can.
[[nodiscard]] const char* fault_in_genesis(const BatchHeader& header);

using Id = std::array<std::uint8_t, 16>;
inline constexpr std::size_t genesis_payload_bytes = 2 * sizeof(Id);

/// Batch 0, sealed. Its payload is in `payload`: `journal_id`, then `ledger_id`.
[[nodiscard]] Batch make_genesis(const Id& journal_id, const Id& ledger_id, JournalTime timestamp,
                                 std::span<std::byte, genesis_payload_bytes> payload);

}  // namespace ayni::journal
