#pragma once

#include <chrono>
#include <cstdint>

namespace ayni::base {

/// Nanoseconds since 1970 UTC, as the journal counts them: it never goes back.
struct JournalTime {
    std::int64_t nanoseconds = 0;

    [[nodiscard]] constexpr std::uint64_t milliseconds() const {
        return static_cast<std::uint64_t>(nanoseconds / 1'000'000);
    }
    friend constexpr auto operator<=>(const JournalTime&, const JournalTime&) = default;
};

constexpr JournalTime operator+(JournalTime time, std::chrono::nanoseconds duration) {
    return {time.nanoseconds + duration.count()};
}
constexpr std::chrono::nanoseconds operator-(JournalTime a, JournalTime b) {
    return std::chrono::nanoseconds(a.nanoseconds - b.nanoseconds);
}

/// The two clocks of a machine, always a constructor argument (DESIGN decision 6). Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;

    /// Never jumps; its origin means nothing.
    [[nodiscard]] virtual std::chrono::nanoseconds steady() const = 0;

    /// Since 1970 UTC; may jump in both directions.
    [[nodiscard]] virtual std::chrono::nanoseconds wall() const = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME.
class SystemClock final : public Clock {
public:
    [[nodiscard]] std::chrono::nanoseconds steady() const override;
    [[nodiscard]] std::chrono::nanoseconds wall() const override;
};

/// Moves only when told. For simulation and tests.
class ManualClock final : public Clock {
public:
    explicit ManualClock(std::chrono::nanoseconds wall_start) : wall_(wall_start) {}

    [[nodiscard]] std::chrono::nanoseconds steady() const override { return steady_; }
    [[nodiscard]] std::chrono::nanoseconds wall() const override { return wall_; }

    void advance(std::chrono::nanoseconds duration) {
        steady_ += duration;
        wall_ += duration;
    }
    void jump_wall(std::chrono::nanoseconds by) { wall_ += by; }

private:
    std::chrono::nanoseconds steady_{0};
    std::chrono::nanoseconds wall_;
};

/// Calendar day in Peru (America/Lima: UTC-5, no daylight saving) as yyyymmdd.
[[nodiscard]] std::uint32_t business_date(JournalTime time);

}  // namespace ayni::base
