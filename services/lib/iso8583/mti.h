#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace ayni::iso8583 {

/// Message type identifier of ISO 8583:1987: four digits, of which the first, the version, is 0;
/// then class (2 financial, 4 reversal, 8 network management), function (0 request, 1 its response,
/// 2 advice, 3 its response) and origin (0 acquirer, 2 issuer, 4 other; one more: a repeat).
class Mti {
public:
    /// `number` in decimal: 210 is "0210". Below 1000, since the version is 0.
    constexpr explicit Mti(std::uint16_t number) : number_(number) { ASSERT(number < 1000); }

    /// Nothing unless `text` is four digits, the first of them 0: another version of the standard
    /// has other fields.
    [[nodiscard]] static std::optional<Mti> parse(std::string_view text);

    [[nodiscard]] std::string text() const;

    /// 0200 → 0210, 0420 and 0421 → 0430, 0800 → 0810. Nothing for what is answered by nobody: a
    /// response, a notification, what the standard reserves.
    [[nodiscard]] std::optional<Mti> response() const;

    /// The same message sent again: 0420 → 0421, 0421 → 0421. Nothing for what is never repeated.
    [[nodiscard]] std::optional<Mti> repeat() const;

    [[nodiscard]] bool is_repeat() const;

    friend constexpr auto operator<=>(Mti, Mti) = default;

private:
    [[nodiscard]] unsigned function() const { return number_ / 10U % 10U; }
    [[nodiscard]] unsigned origin() const { return number_ % 10U; }
    [[nodiscard]] bool asks() const;

    std::uint16_t number_;
};

inline constexpr Mti financial_request{200};
inline constexpr Mti financial_response{210};
inline constexpr Mti reversal_advice{420};
inline constexpr Mti reversal_advice_repeat{421};
inline constexpr Mti reversal_response{430};
inline constexpr Mti network_request{800};
inline constexpr Mti network_response{810};

}  // namespace ayni::iso8583
