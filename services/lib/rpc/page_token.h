#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Where a listing goes on: base64url of "kind, owner, position" and a check. Opaque to callers;
/// one listing's token is refused by another. Pure functions.
namespace ayni::rpc {

enum class Listing : std::uint8_t { transfers = 1, participants };

/// `owner` is whose listing it is (a participant's id, or 0).
[[nodiscard]] std::string make_page_token(Listing listing, std::uint32_t owner,
                                          std::uint64_t position);

/// The position; nothing for a token that was not made for this listing.
[[nodiscard]] std::optional<std::uint64_t> read_page_token(std::string_view token, Listing listing,
                                                           std::uint32_t owner);

}  // namespace ayni::rpc
