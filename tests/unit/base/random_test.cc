#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace ayni::base {
namespace {

TEST(SeededRandom, ValuesAreFixedForEver) {
    // SplitMix64's reference values for the seed 1234567.
    SeededRandom random(1'234'567);
    EXPECT_EQ(random.next(), 6'457'827'717'110'365'317U);
    EXPECT_EQ(random.next(), 3'203'168'211'198'807'973U);
    EXPECT_EQ(random.next(), 9'817'491'932'198'370'423U);
}

TEST(SeededRandom, EqualSeedsAreEqualAndOthersAreNot) {
    SeededRandom a(1);
    SeededRandom b(1);
    SeededRandom c(2);
    bool any_other = false;
    for (int i = 0; i < 100; ++i) {
        const auto value = a.next();
        EXPECT_EQ(value, b.next());
        any_other = any_other || value != c.next();
    }
    EXPECT_TRUE(any_other);
}

TEST(Random, BelowIsInRangeAndReachesAll) {
    SeededRandom random(3);
    std::array<int, 10> seen{};
    for (int i = 0; i < 10'000; ++i) {
        const auto value = random.below(10);
        ASSERT_LT(value, 10U);
        ++seen[value];
    }
    for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
    int hits = 0;
    for (int i = 0; i < 10'000; ++i) hits += random.one_in(4) ? 1 : 0;
    EXPECT_NEAR(hits, 2500, 250);
}

TEST(SystemRandom, DoesNotRepeat) {
    SystemRandom random;
    SystemRandom other;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 500; ++i) {
        EXPECT_TRUE(seen.insert(random.next()).second);
        EXPECT_TRUE(seen.insert(other.next()).second);
    }
}

}  // namespace
}  // namespace ayni::base
