#include "loadtest/schedule.h"

#include <cmath>
#include <limits>

#include <time.h>

#include "base/assert.h"

namespace ayni::loadtest {

std::int64_t steady_nanoseconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

ArrivalSchedule::ArrivalSchedule(double per_second, Gaps gaps, std::uint64_t seed)
    : mean_gap_nanoseconds_(1e9 / per_second), gaps_(gaps), random_(seed) {
    ASSERT(per_second > 0);
    advance();
}

void ArrivalSchedule::advance() {
    double gap = mean_gap_nanoseconds_;
    if (gaps_ == Gaps::poisson) {
        // In (0, 1]: the logarithm of zero is never asked for.
        const double uniform = (static_cast<double>(random_.next() >> 11U) + 1) * 0x1.0p-53;
        gap *= -std::log(uniform);
    }
    next_ += gap;
}

Work::Work(const Options& options, std::int64_t start, std::int64_t end)
    : is_open_(options.calls_per_second > 0),
      calls_(options.calls == 0 ? std::numeric_limits<std::uint64_t>::max() : options.calls),
      start_(start),
      end_(end),
      schedule_(is_open_ ? options.calls_per_second : 1, options.gaps, options.seed) {
    ASSERT(start <= end);
}

bool Work::take(std::int64_t now, std::int64_t& due) {
    if (!is_open_) {
        if (now >= end_) return false;
        if (taken_.fetch_add(1, std::memory_order_relaxed) >= calls_) {
            taken_.store(calls_, std::memory_order_relaxed);
            return false;
        }
        due = now;
        return true;
    }
    const std::lock_guard lock(mutex_);
    const std::int64_t next = start_ + schedule_.next();
    if (next > now || next >= end_ || taken_.load(std::memory_order_relaxed) >= calls_)
        return false;
    schedule_.advance();
    taken_.fetch_add(1, std::memory_order_relaxed);
    due = next;
    return true;
}

std::int64_t Work::next_due() const {
    const std::lock_guard lock(mutex_);
    return start_ + schedule_.next();
}

bool Work::is_over(std::int64_t now) const {
    if (taken_.load(std::memory_order_relaxed) >= calls_) return true;
    return is_open_ ? next_due() >= end_ : now >= end_;
}

}  // namespace ayni::loadtest
