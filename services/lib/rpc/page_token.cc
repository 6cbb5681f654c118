#include "rpc/page_token.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "base/hash.h"

namespace ayni::rpc {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Content {
    std::uint64_t position = 0;
    std::uint32_t owner = 0;
    std::uint32_t listing = 0;
    std::uint64_t check = 0;
};
static_assert(sizeof(Content) == 24);
constexpr std::size_t token_size = sizeof(Content) / 3 * 4;

std::uint64_t check_of(const Content& content) {
    constexpr std::uint64_t seed = 0x41'79'6E'69;
    return base::hash64(std::as_bytes(std::span(&content, 1)).first(offsetof(Content, check)),
                        seed);
}

}  // namespace

std::string make_page_token(Listing listing, std::uint32_t owner, std::uint64_t position) {
    Content content{position, owner, static_cast<std::uint32_t>(listing), 0};
    content.check = check_of(content);
    std::array<std::uint8_t, sizeof(Content)> bytes{};
    std::memcpy(bytes.data(), &content, sizeof content);
    std::string token;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t three = std::uint32_t{bytes[i]} << 16U |
                                    std::uint32_t{bytes[i + 1]} << 8U | std::uint32_t{bytes[i + 2]};
        for (const unsigned shift : {18U, 12U, 6U, 0U}) token += alphabet[three >> shift & 63U];
    }
    return token;
}

std::optional<std::uint64_t> read_page_token(std::string_view token, Listing listing,
                                             std::uint32_t owner) {
    if (token.size() != token_size) return std::nullopt;
    std::array<std::uint8_t, sizeof(Content)> bytes{};
    for (std::size_t i = 0; i < token_size; i += 4) {
        std::uint32_t three = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const std::size_t digit = alphabet.find(token[i + j]);
            if (digit == std::string_view::npos) return std::nullopt;
            three = three << 6U | static_cast<std::uint32_t>(digit);
        }
        for (std::size_t j = 0; j < 3; ++j) {
            bytes[i / 4 * 3 + j] = static_cast<std::uint8_t>(three >> (16U - 8U * j));
        }
    }
    Content content;
    std::memcpy(&content, bytes.data(), sizeof content);
    if (content.check != check_of(content) || content.owner != owner ||
        content.listing != static_cast<std::uint32_t>(listing)) {
        return std::nullopt;
    }
    return content.position;
}

}  // namespace ayni::rpc
