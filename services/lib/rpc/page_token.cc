#include "rpc/page_token.h"

#include <cstring>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"

namespace ayni::rpc {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Behind the position.
struct Tail {
    std::uint32_t owner = 0;
    std::uint32_t listing = 0;
    std::uint64_t check = 0;
};
static_assert(sizeof(Tail) == 16);

using Bytes = std::vector<std::uint8_t>;

std::size_t size_of(std::size_t numbers) {
    const std::size_t size = numbers * sizeof(std::uint64_t) + sizeof(Tail);
    ASSERT(size % 3 == 0);  // no padding
    return size;
}

Bytes bytes_of(Listing listing, std::uint32_t owner, std::span<const std::uint64_t> position) {
    Bytes bytes(size_of(position.size()));
    std::memcpy(bytes.data(), position.data(), position.size_bytes());
    Tail tail{.owner = owner, .listing = static_cast<std::uint32_t>(listing), .check = 0};
    std::uint8_t* const at = bytes.data() + position.size_bytes();
    std::memcpy(at, &tail, sizeof tail);
    constexpr std::uint64_t seed = 0x41'79'6E'69;
    tail.check = base::hash64(std::as_bytes(std::span(bytes)), seed);
    std::memcpy(at, &tail, sizeof tail);
    return bytes;
}

std::optional<Bytes> decoded(std::string_view token) {
    Bytes bytes;
    for (std::size_t i = 0; i < token.size(); i += 4) {
        std::uint32_t three = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const std::size_t digit = alphabet.find(token[i + j]);
            if (digit == std::string_view::npos) return std::nullopt;
            three = three << 6U | static_cast<std::uint32_t>(digit);
        }
        for (const unsigned shift : {16U, 8U, 0U}) {
            bytes.push_back(static_cast<std::uint8_t>(three >> shift));
        }
    }
    return bytes;
}

}  // namespace

std::string make_page_token(Listing listing, std::uint32_t owner,
                            std::span<const std::uint64_t> position) {
    const Bytes bytes = bytes_of(listing, owner, position);
    std::string token;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t three = std::uint32_t{bytes[i]} << 16U |
                                    std::uint32_t{bytes[i + 1]} << 8U | std::uint32_t{bytes[i + 2]};
        for (const unsigned shift : {18U, 12U, 6U, 0U}) token += alphabet[three >> shift & 63U];
    }
    return token;
}

bool read_page_token(std::string_view token, Listing listing, std::uint32_t owner,
                     std::span<std::uint64_t> position) {
    if (token.size() != size_of(position.size()) / 3 * 4) return false;
    const auto bytes = decoded(token);
    if (!bytes) return false;
    std::memcpy(position.data(), bytes->data(), position.size_bytes());
    return *bytes == bytes_of(listing, owner, position);
}

}  // namespace ayni::rpc
