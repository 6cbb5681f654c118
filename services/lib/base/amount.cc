#include "base/amount.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace ayni::base {

std::string_view to_string(Currency currency) {
    switch (currency) {
        case Currency::pen: return "PEN";
        case Currency::usd: return "USD";
    }
    UNREACHABLE("currency");
}

std::optional<Currency> currency_of(std::string_view alphabetic_code) {
    if (alphabetic_code == "PEN") return Currency::pen;
    if (alphabetic_code == "USD") return Currency::usd;
    return std::nullopt;
}

std::optional<Currency> currency_of(std::uint16_t numeric_code) {
    if (numeric_code == static_cast<std::uint16_t>(Currency::pen)) return Currency::pen;
    if (numeric_code == static_cast<std::uint16_t>(Currency::usd)) return Currency::usd;
    return std::nullopt;
}

std::string format_decimal(Amount amount) {
    const std::int64_t units = amount.minor_units();
    const auto magnitude =
        units < 0 ? ~static_cast<std::uint64_t>(units) + 1 : static_cast<std::uint64_t>(units);
    return fmt::format("{}{}.{:02}", units < 0 ? "-" : "", magnitude / 100, magnitude % 100);
}

std::optional<Amount> parse_decimal(std::string_view text) {
    std::int64_t units = 0;
    int decimals = -1;  // digits seen behind the point; -1 before the point
    bool any_digit = false;
    for (const char character : text) {
        if (character == '.') {
            if (decimals >= 0 || !any_digit) return std::nullopt;
            decimals = 0;
            continue;
        }
        if (character < '0' || character > '9') return std::nullopt;
        if (decimals == 2) return std::nullopt;
        if (decimals >= 0) ++decimals;
        any_digit = true;
        if (__builtin_mul_overflow(units, std::int64_t{10}, &units)) return std::nullopt;
        if (__builtin_add_overflow(units, std::int64_t{character - '0'}, &units)) {
            return std::nullopt;
        }
    }
    if (!any_digit || decimals == 0) return std::nullopt;
    for (int missing = decimals < 0 ? 2 : 2 - decimals; missing > 0; --missing) {
        if (__builtin_mul_overflow(units, std::int64_t{10}, &units)) return std::nullopt;
    }
    return Amount(units);
}

}  // namespace ayni::base
