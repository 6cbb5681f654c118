#include "telemetry/histogram.h"

#include <algorithm>

namespace ayni::telemetry {
namespace {

constexpr double nanoseconds_per_second = 1e9;

constexpr auto bucket_bounds_nanoseconds = [] {
    std::array<std::int64_t, bucket_bounds_seconds.size()> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        bounds[i] =
            static_cast<std::int64_t>(bucket_bounds_seconds[i] * nanoseconds_per_second + 0.5);
    }
    return bounds;
}();

}  // namespace

void Histogram::observe(std::chrono::nanoseconds duration) {
    const std::int64_t nanoseconds = std::max<std::int64_t>(duration.count(), 0);
    const auto bound = std::lower_bound(bucket_bounds_nanoseconds.begin(),
                                        bucket_bounds_nanoseconds.end(), nanoseconds);
    const auto bucket = static_cast<std::size_t>(bound - bucket_bounds_nanoseconds.begin());
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_nanoseconds_.fetch_add(static_cast<std::uint64_t>(nanoseconds), std::memory_order_relaxed);
}

Histogram::Reading Histogram::read() const {
    Reading reading;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        reading.count += buckets_[i].load(std::memory_order_relaxed);
        if (i < reading.cumulative.size()) reading.cumulative[i] = reading.count;
    }
    const auto sum = sum_nanoseconds_.load(std::memory_order_relaxed);
    reading.sum_seconds = static_cast<double>(sum) / nanoseconds_per_second;
    return reading;
}

}  // namespace ayni::telemetry
