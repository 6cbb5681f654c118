#pragma once

// Inlined: most keys are 8 or 16 bytes, for which a call costs more than the hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/id128.h"

namespace ayni::base {

/// XXH3: fast, seeded, and its values are fixed for ever by its specification, so that they may go
/// into digests. It is no defence against forgery: the journal's chain is SHA-256.
[[nodiscard]] inline std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

[[nodiscard]] inline std::uint64_t hash64(const TransferId& id, std::uint64_t seed) {
    return XXH3_64bits_withSeed(&id, sizeof id, seed);
}

[[nodiscard]] inline std::uint64_t hash64(std::uint64_t value, std::uint64_t seed) {
    return XXH3_64bits_withSeed(&value, sizeof value, seed);
}

}  // namespace ayni::base
