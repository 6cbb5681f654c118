#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Where a listing goes on: base64url of "position, owner, kind" and a check. Opaque to callers;
/// one listing's token is refused by another. Pure functions.
namespace ayni::rpc {

enum class Listing : std::uint8_t { transfers = 1, participants, statement };

/// `position`: 1, 4 or 7 numbers, whose meaning is the listing's. `owner` is whose listing it is (a
/// participant's id, or 0).
[[nodiscard]] std::string make_page_token(Listing listing, std::uint32_t owner,
                                          std::span<const std::uint64_t> position);
[[nodiscard]] inline std::string make_page_token(Listing listing, std::uint32_t owner,
                                                 std::uint64_t position) {
    return make_page_token(listing, owner, std::span(&position, 1));
}

/// Fills `position`; false for a token that was not made for this listing.
[[nodiscard]] bool read_page_token(std::string_view token, Listing listing, std::uint32_t owner,
                                   std::span<std::uint64_t> position);
[[nodiscard]] inline std::optional<std::uint64_t> read_page_token(std::string_view token,
                                                                  Listing listing,
                                                                  std::uint32_t owner) {
    std::uint64_t position = 0;
    if (!read_page_token(token, listing, owner, std::span(&position, 1))) return std::nullopt;
    return position;
}
/// The same for a position of several numbers.
template <std::size_t count>
[[nodiscard]] std::optional<std::array<std::uint64_t, count>> read_page_position(
    std::string_view token, Listing listing, std::uint32_t owner) {
    std::array<std::uint64_t, count> position{};
    if (!read_page_token(token, listing, owner, position)) return std::nullopt;
    return position;
}

}  // namespace ayni::rpc
