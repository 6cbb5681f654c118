#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace ayni::telemetry {

/// Upper bounds of the buckets of every histogram, in seconds; behind them is +Inf.
inline constexpr std::array<double, 14> bucket_bounds_seconds{
    .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20};

/// Counts durations. Any thread observes and reads; an observation costs two relaxed additions.
class Histogram {
public:
    void observe(std::chrono::nanoseconds duration);

    struct Reading {
        std::array<std::uint64_t, bucket_bounds_seconds.size()> cumulative{};
        std::uint64_t count = 0;
        double sum_seconds = 0;
    };
    [[nodiscard]] Reading read() const;

private:
    std::array<std::atomic<std::uint64_t>, bucket_bounds_seconds.size() + 1> buckets_{};
    std::atomic<std::uint64_t> sum_nanoseconds_{0};
};

}  // namespace ayni::telemetry
