#include "projection/values.h"

#include <fmt/format.h>

#include <chrono>

namespace ayni::projection {

std::string hex_of(const std::array<std::uint8_t, 32>& hash) {
    std::string text;
    for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
    return text;
}

std::string microseconds_text(base::JournalTime time) {
    const std::chrono::nanoseconds since_1970(time.nanoseconds);
    return fmt::format("{}", std::chrono::floor<std::chrono::microseconds>(since_1970).count());
}

base::JournalTime time_of_microseconds(std::int64_t microseconds) {
    constexpr std::int64_t nanoseconds_per_microsecond = 1'000;
    return {microseconds * nanoseconds_per_microsecond};
}

}  // namespace ayni::projection
