#pragma once

#include <cstdint>
#include <vector>

namespace ayni::loadtest {

/// Counts of values from 0 to 2^42 - 1 (73 minutes in nanoseconds) in log-linear buckets: exact
/// below 2,048, from there on within 1/1,024 of the value, which keeps three significant digits.
/// Larger values count as the largest. The memory is fixed (264 KiB) and recording costs a few
/// nanoseconds.
///
/// Not thread-safe: one for each thread or lock, merged at the end.
class Histogram {
public:
    static constexpr std::int64_t largest_value = (std::int64_t{1} << 42U) - 1;

    Histogram();

    /// Negative values count as zero.
    void record(std::int64_t value, std::uint64_t times = 1);
    void add(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// Exact; 0 when nothing was recorded.
    [[nodiscard]] std::int64_t max() const { return max_; }

    /// The largest value of the bucket that holds the value below or at which `fraction` (in [0,
    /// 1]) of all values lie, but never more than `max`; 0 when nothing was recorded.
    [[nodiscard]] std::int64_t value_at(double fraction) const;

private:
    static std::size_t bucket_of(std::int64_t value);
    static std::int64_t largest_in(std::size_t bucket);

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::int64_t max_ = 0;
};

}  // namespace ayni::loadtest
