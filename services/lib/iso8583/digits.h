#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ayni::iso8583 {

/// By value, not by locale.
[[nodiscard]] constexpr bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

[[nodiscard]] constexpr bool is_all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_digit);
}

/// The number that decimal digits write. Nothing for an empty text, for anything else than digits,
/// or when it does not fit.
[[nodiscard]] inline std::optional<std::uint64_t> number_of(std::string_view digits) {
    if (digits.empty() || !is_all_digits(digits)) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc()) return std::nullopt;
    return number;
}

}  // namespace ayni::iso8583
