#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/strong_id.h"
#include "ledger/digest.h"

namespace ayni::journal {

using base::BatchNumber;
using base::Epoch;
using base::JournalTime;
using base::Sequence;

using Hash = std::array<std::uint8_t, 32>;  ///< SHA-256.

/// The newest batch layout that this build writes and reads.
inline constexpr std::uint32_t format_version = 1;

/// Largest payload of a batch. A batch is written in one piece.
inline constexpr std::size_t max_batch_payload_bytes = 4 << 20;

/// Everything about a batch but its commands. Batch 0 is genesis: it has no commands, and its
/// payload are the two random 128-bit ids of the journal and of the ledger.
struct BatchHeader {
    BatchNumber number;
    Sequence first_sequence;  ///< Of its first command. Genesis: 1, with `command_count` 0.
    std::uint32_t command_count = 0;
    std::uint32_t format = format_version;
    Epoch epoch;
    JournalTime timestamp;  ///< One for all its commands; never less than the batch before.
    /// State of the ledger after batch `digest_batch` was applied; that is at most `number` - 1.
    BatchNumber digest_batch;
    ledger::Digest digest;
    Hash previous_hash{};  ///< `hash` of batch `number` - 1. Zero in genesis.
    Hash hash{};           ///< Over all fields above and the payload; see `seal`.

    [[nodiscard]] Sequence last_sequence() const {
        return Sequence(first_sequence.value() + command_count - 1);
    }
};

/// A batch whose commands somebody else owns, 8-byte aligned.
struct Batch {
    BatchHeader header;
    std::span<const std::byte> payload;
};

/// Computes what `batch.header.hash` must be: SHA-256 over the fixed little-endian encoding of the
/// header fields before it (codec.h) and the payload.
[[nodiscard]] Hash hash_of(const Batch& batch);

}  // namespace ayni::journal
