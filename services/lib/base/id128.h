#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace ayni::base {

/// A transfer's id: 128 bits, the first 48 of which are milliseconds since 1970 (UUIDv7 and ULID
/// share that layout). The sender makes and stores it before it first sends.
struct TransferId {
    std::uint64_t high = 0;  ///< 48 bits of milliseconds, then 16 of the id's own.
    std::uint64_t low = 0;

    [[nodiscard]] constexpr bool is_zero() const { return high == 0 && low == 0; }
    [[nodiscard]] constexpr std::uint64_t time_ms() const { return high >> 16U; }

    friend constexpr auto operator<=>(const TransferId&, const TransferId&) = default;
};
static_assert(sizeof(TransferId) == 16);

/// Makes a UUIDv7 (RFC 9562) for `time_ms` milliseconds since 1970.
[[nodiscard]] TransferId make_uuid_v7(std::uint64_t time_ms, Random& random);

/// Reads a UUID ("0190b6f2-…", 36 characters, either case) or a ULID (26 characters of Crockford's
/// base 32). Nothing on any other text.
[[nodiscard]] std::optional<TransferId> parse_transfer_id(std::string_view text);

/// The canonical lower-case UUID form, 36 characters.
[[nodiscard]] std::string to_string(const TransferId& id);

/// 16 bytes, big-endian, so that byte order is time order.
[[nodiscard]] std::array<std::uint8_t, 16> to_bytes(const TransferId& id);
[[nodiscard]] TransferId transfer_id_of_bytes(const std::uint8_t* bytes);

}  // namespace ayni::base
