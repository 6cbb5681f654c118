#pragma once

#include <cstdint>

namespace ayni::ledger {

/// A running hash of every outcome and every touched balance: equal sequence, equal digest (I7).
/// Never computed by a scan. Detects divergence, not forgery; the journal's chain is SHA-256.
struct Digest {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    void add(std::uint64_t value) {
        high = fold(high ^ value, 0x9E37'79B9'7F4A'7C15);
        low = fold(low + value, 0xD6E8'FEB8'6659'FD93) ^ high;
    }
    void add_signed(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }

    friend bool operator==(const Digest&, const Digest&) = default;

private:
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        // The constant keeps zero from being a fixed point.
        const auto product = static_cast<unsigned __int128>(a ^ 0xA076'1D64'78BD'642F) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }
};

}  // namespace ayni::ledger
