#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/random.h"

namespace ayni::loadtest {

/// Nanoseconds of CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t steady_nanoseconds();

/// When calls arrive in an open loop: independent of how fast they are answered, so that a stall of
/// the server shows in the latency of everything that arrived meanwhile.
class ArrivalSchedule {
public:
    enum class Gaps : std::uint8_t {
        poisson,   ///< Exponential gaps, as of many independent customers.
        constant,  ///< Equal gaps.
    };
    /// `per_second` must be positive. Equal seeds give equal schedules.
    ArrivalSchedule(double per_second, Gaps gaps, std::uint64_t seed);

    /// Nanoseconds of the next arrival since the start of the schedule; 0 is the first at the
    /// earliest.
    [[nodiscard]] std::int64_t next() const { return static_cast<std::int64_t>(next_); }
    void advance();

private:
    double mean_gap_nanoseconds_;
    Gaps gaps_;
    base::SeededRandom random_;
    double next_ = 0;
};

/// Hands out calls to whoever can make one. Thread-safe.
///
/// Closed loop: there is always one to make, and it is due now; how many are in flight is bounded
/// by the takers. Open loop: there is one when its arrival time has come; when all takers were busy
/// at that time, the next free one gets it late, with the time at which it was due.
class Work {
public:
    struct Options {
        double calls_per_second = 0;  ///< 0: closed loop.
        ArrivalSchedule::Gaps gaps = ArrivalSchedule::Gaps::poisson;
        std::uint64_t seed = 1;
        std::uint64_t calls = 0;  ///< At most so many; 0: as many as there is time for.
    };
    /// Calls are due from `start` up to (not including) `end`, in steady nanoseconds.
    Work(const Options& options, std::int64_t start, std::int64_t end);

    /// True when a call is to be made; `due` is the time its latency counts from.
    [[nodiscard]] bool take(std::int64_t now, std::int64_t& due);

    [[nodiscard]] bool is_open_loop() const { return is_open_; }
    /// Open loop: when the next call is due. It may be past, when nobody was free to take it.
    [[nodiscard]] std::int64_t next_due() const;
    /// No call will be handed out any more.
    [[nodiscard]] bool is_over(std::int64_t now) const;

private:
    const bool is_open_;
    const std::uint64_t calls_;
    const std::int64_t start_;
    const std::int64_t end_;
    std::atomic<std::uint64_t> taken_{0};
    mutable std::mutex mutex_;  // of schedule_
    ArrivalSchedule schedule_;
};

}  // namespace ayni::loadtest
