#include "iso8583/mti.h"

#include <fmt/format.h>

#include "iso8583/digits.h"

namespace ayni::iso8583 {
namespace {

constexpr unsigned request = 0;
constexpr unsigned advice = 2;
constexpr unsigned last_origin = 5;  // other, repeat

}  // namespace

std::optional<Mti> Mti::parse(std::string_view text) {
    if (text.size() != 4 || text.front() != '0') return std::nullopt;
    const auto number = number_of(text);
    if (!number) return std::nullopt;
    return Mti(static_cast<std::uint16_t>(*number));
}

std::string Mti::text() const { return fmt::format("{:04}", number_); }

bool Mti::asks() const {
    return (function() == request || function() == advice) && origin() <= last_origin;
}

std::optional<Mti> Mti::response() const {
    if (!asks()) return std::nullopt;
    return Mti(static_cast<std::uint16_t>(number_ - origin() % 2 + 10));
}

std::optional<Mti> Mti::repeat() const {
    if (!asks()) return std::nullopt;
    return Mti(static_cast<std::uint16_t>(number_ - origin() % 2 + 1));
}

bool Mti::is_repeat() const { return asks() && origin() % 2 == 1; }

}  // namespace ayni::iso8583
