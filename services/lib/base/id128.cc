#include "base/id128.h"

#include <fmt/format.h>

namespace ayni::base {
namespace {

constexpr std::uint64_t version_7 = 0x7000;
constexpr std::uint64_t variant_rfc = 0x8000'0000'0000'0000;

std::optional<std::uint64_t> hex_digit(char character) {
    if (character >= '0' && character <= '9') return static_cast<std::uint64_t>(character - '0');
    if (character >= 'a' && character <= 'f') {
        return static_cast<std::uint64_t>(character - 'a' + 10);
    }
    if (character >= 'A' && character <= 'F') {
        return static_cast<std::uint64_t>(character - 'A' + 10);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> crockford_digit(char character) {
    static constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if (character >= 'a' && character <= 'z') character = static_cast<char>(character - 32);
    const std::size_t at = digits.find(character);
    if (at == std::string_view::npos) return std::nullopt;
    return at;
}

std::optional<TransferId> parse_uuid(std::string_view text) {
    TransferId id;
    int digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const auto digit = hex_digit(text[i]);
        if (!digit) return std::nullopt;
        std::uint64_t& half = digits < 16 ? id.high : id.low;
        half = (half << 4U) | *digit;
        ++digits;
    }
    return id;
}

std::optional<TransferId> parse_ulid(std::string_view text) {
    // 26 digits hold 130 bits: the first digit may carry three of them only.
    TransferId id;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = crockford_digit(text[i]);
        if (!digit || (i == 0 && *digit > 7)) return std::nullopt;
        id.high = (id.high << 5U) | (id.low >> 59U);
        id.low = (id.low << 5U) | *digit;
    }
    return id;
}

}  // namespace

TransferId make_uuid_v7(std::uint64_t time_ms, Random& random) {
    const std::uint64_t a = random.next();
    const std::uint64_t b = random.next();
    return {.high = (time_ms << 16U) | version_7 | (a & 0x0FFFU),
            .low = variant_rfc | (b & ~(std::uint64_t{3} << 62U))};
}

std::optional<TransferId> parse_transfer_id(std::string_view text) {
    if (text.size() == 36) return parse_uuid(text);
    if (text.size() == 26) return parse_ulid(text);
    return std::nullopt;
}

std::string to_string(const TransferId& id) {
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", id.high >> 32U,
                       (id.high >> 16U) & 0xFFFFU, id.high & 0xFFFFU, id.low >> 48U,
                       id.low & 0xFFFF'FFFF'FFFFU);
}

std::array<std::uint8_t, 16> to_bytes(const TransferId& id) {
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(id.high >> (56U - 8U * i));
        bytes[8 + i] = static_cast<std::uint8_t>(id.low >> (56U - 8U * i));
    }
    return bytes;
}

TransferId transfer_id_of_bytes(const std::uint8_t* bytes) {
    TransferId id;
    for (unsigned i = 0; i < 8; ++i) {
        id.high = (id.high << 8U) | bytes[i];
        id.low = (id.low << 8U) | bytes[8 + i];
    }
    return id;
}

}  // namespace ayni::base
