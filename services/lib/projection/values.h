#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/clock.h"

/// Values as parameters and columns of SQL have them.
namespace ayni::projection {

/// 64 digits: what encode(…, 'hex') gives; with "\x" in front a bytea.
[[nodiscard]] std::string hex_of(const std::array<std::uint8_t, 32>& hash);

/// As a number of microseconds since 1970: exact, whatever the session's time zone. Cut to the
/// microsecond, as the books have it.
[[nodiscard]] std::string microseconds_text(base::JournalTime time);
[[nodiscard]] base::JournalTime time_of_microseconds(std::int64_t microseconds);

}  // namespace ayni::projection
