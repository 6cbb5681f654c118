#include "loadtest/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assert.h"

namespace ayni::loadtest {

namespace {

// Values of 2^p to 2^(p+1) - 1, p >= 11, share 1,024 buckets of 2^(p-10) values each.
constexpr unsigned precision_bits = 10;
constexpr std::uint64_t buckets_of_octave = 1U << precision_bits;
constexpr unsigned value_bits = 42;
constexpr std::size_t bucket_count = (value_bits - precision_bits + 1) * buckets_of_octave;

}  // namespace

Histogram::Histogram() : counts_(bucket_count, 0) {}

std::size_t Histogram::bucket_of(std::int64_t value) {
    ASSERT(value >= 0);
    ASSERT(value <= largest_value);
    const auto bits = static_cast<std::uint64_t>(value);
    const auto width = static_cast<unsigned>(std::bit_width(bits));
    if (width <= precision_bits + 1) return bits;
    const unsigned shift = width - precision_bits - 1;
    return shift * buckets_of_octave + (bits >> shift);
}

std::int64_t Histogram::largest_in(std::size_t bucket) {
    ASSERT(bucket < bucket_count);
    if (bucket < 2 * buckets_of_octave) return static_cast<std::int64_t>(bucket);
    const std::uint64_t shift = bucket / buckets_of_octave - 1;
    const std::uint64_t scaled = bucket - shift * buckets_of_octave;
    return static_cast<std::int64_t>(((scaled + 1) << shift) - 1);
}

void Histogram::record(std::int64_t value, std::uint64_t times) {
    value = std::clamp<std::int64_t>(value, 0, largest_value);
    counts_[bucket_of(value)] += times;
    count_ += times;
    if (times > 0) max_ = std::max(max_, value);
}

void Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i < bucket_count; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

std::int64_t Histogram::value_at(double fraction) const {
    ASSERT(fraction >= 0);
    ASSERT(fraction <= 1);
    if (count_ == 0) return 0;
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        seen += counts_[i];
        if (seen >= wanted) return std::min(largest_in(i), max_);
    }
    return max_;
}

}  // namespace ayni::loadtest
