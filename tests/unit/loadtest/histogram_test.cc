#include "loadtest/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace ayni::loadtest {
namespace {

TEST(Histogram, is_empty_at_first) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.max(), 0);
    EXPECT_EQ(histogram.value_at(0.99), 0);
}

TEST(Histogram, is_exact_below_2048) {
    for (std::int64_t value = 0; value < 2'048; ++value) {
        Histogram histogram;
        histogram.record(value);
        histogram.record(Histogram::largest_value);
        EXPECT_EQ(histogram.value_at(0.5), value);
    }
}

TEST(Histogram, keeps_three_digits_at_every_size) {
    base::SeededRandom random(7);
    for (unsigned bits = 11; bits < 42; ++bits) {
        const std::int64_t low = std::int64_t{1} << bits;
        for (const std::int64_t value :
             {low - 1, low, low + 1,
              low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(low)))}) {
            Histogram histogram;
            histogram.record(value);
            histogram.record(Histogram::largest_value);
            const std::int64_t read = histogram.value_at(0.5);
            EXPECT_GE(read, value);
            EXPECT_LE(read - value, value / 1'024) << value;
        }
    }
}

TEST(Histogram, clamps_what_is_outside) {
    Histogram histogram;
    histogram.record(-5);
    EXPECT_EQ(histogram.value_at(1), 0);
    histogram.record(Histogram::largest_value + 1);
    EXPECT_EQ(histogram.max(), Histogram::largest_value);
    EXPECT_EQ(histogram.value_at(1), Histogram::largest_value);
}

TEST(Histogram, agrees_with_sorting) {
    base::SeededRandom random(42);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 100'000; ++i) {
        // Spread over six orders of magnitude, as latencies are.
        const double exponent = 6.0 * static_cast<double>(random.below(1'000'000)) / 1e6;
        values.push_back(static_cast<std::int64_t>(1'000 * std::pow(10.0, exponent)));
        histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double fraction : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
        const auto rank = static_cast<std::size_t>(
            std::max(1.0, std::ceil(fraction * static_cast<double>(values.size()))));
        const std::int64_t exact = values[rank - 1];
        EXPECT_GE(histogram.value_at(fraction), exact) << fraction;
        EXPECT_LE(histogram.value_at(fraction), exact + exact / 1'024) << fraction;
    }
    EXPECT_EQ(histogram.value_at(1), values.back());
}

TEST(Histogram, adds_up) {
    Histogram one;
    Histogram other;
    one.record(10, 3);
    other.record(1'000'000, 1);
    one.add(other);
    EXPECT_EQ(one.count(), 4U);
    EXPECT_EQ(one.max(), 1'000'000);
    EXPECT_EQ(one.value_at(0.75), 10);
    EXPECT_EQ(one.value_at(0.76), 1'000'000);
}

TEST(Histogram, never_reads_more_than_the_maximum) {
    Histogram histogram;
    histogram.record(1'000'001);
    EXPECT_EQ(histogram.value_at(0.5), 1'000'001);
}

}  // namespace
}  // namespace ayni::loadtest
