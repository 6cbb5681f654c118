#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace ayni::base {

/// A quantity of money in minor units (céntimos for PEN). Signed, 64 bits, never floating point.
/// Sums that could overflow go through `checked_add`.
class Amount {
public:
    constexpr Amount() = default;
    constexpr explicit Amount(std::int64_t minor_units) : minor_units_(minor_units) {}

    [[nodiscard]] constexpr std::int64_t minor_units() const { return minor_units_; }
    [[nodiscard]] constexpr bool is_positive() const { return minor_units_ > 0; }

    friend constexpr auto operator<=>(Amount, Amount) = default;

private:
    std::int64_t minor_units_ = 0;
};

/// a + b, or nothing when the sum does not fit into 64 bits.
[[nodiscard]] constexpr std::optional<Amount> checked_add(Amount a, Amount b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.minor_units(), b.minor_units(), &sum)) return std::nullopt;
    return Amount(sum);
}

/// ISO 4217 currency by its numeric code. Both that are in use have two decimals.
enum class Currency : std::uint16_t {
    pen = 604,
    usd = 840,
};

/// "PEN", "USD".
[[nodiscard]] std::string_view to_string(Currency currency);

/// The currency of an ISO 4217 alphabetic code, or nothing for one that is not in use here.
[[nodiscard]] std::optional<Currency> currency_of(std::string_view alphabetic_code);

/// The currency of an ISO 4217 numeric code, or nothing for one that is not in use here.
[[nodiscard]] std::optional<Currency> currency_of(std::uint16_t numeric_code);

/// "1234.56": for people and for ISO 20022 elements, never parsed back into balances.
[[nodiscard]] std::string format_decimal(Amount amount);

/// Parses an ISO 20022 decimal amount ("10", "10.5", "10.50") of at most two decimals into minor
/// units. Nothing on any other text, on a sign, or when it does not fit.
[[nodiscard]] std::optional<Amount> parse_decimal(std::string_view text);

}  // namespace ayni::base
