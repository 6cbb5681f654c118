#include "base/clock.h"

#include <gtest/gtest.h>

namespace ayni::base {
namespace {

JournalTime at(std::chrono::sys_days day, std::chrono::nanoseconds time_of_day) {
    return {(std::chrono::nanoseconds(day.time_since_epoch()) + time_of_day).count()};
}

TEST(BusinessDate, IsThatOfLima) {
    using namespace std::chrono;
    const sys_days day = 2026y / November / 24;
    EXPECT_EQ(business_date(at(day, hours(5))), 20261124U);
    EXPECT_EQ(business_date(at(day, hours(5) - nanoseconds(1))), 20261123U);
    EXPECT_EQ(business_date(at(day, hours(23))), 20261124U);
    EXPECT_EQ(business_date(at(2027y / January / 1, hours(4))), 20261231U);
    EXPECT_EQ(business_date(at(2028y / March / 1, hours(0))), 20280229U);
    EXPECT_EQ(business_date(JournalTime{0}), 19691231U);
}

TEST(JournalTime, CountsAndCompares) {
    const JournalTime time{1'999'999};
    EXPECT_EQ(time.milliseconds(), 1U);
    EXPECT_EQ((time + std::chrono::nanoseconds(1)).milliseconds(), 2U);
    EXPECT_EQ(JournalTime{5} - JournalTime{7}, std::chrono::nanoseconds(-2));
    EXPECT_LT(JournalTime{5}, JournalTime{7});
}

TEST(ManualClock, MovesOnlyWhenTold) {
    ManualClock clock(std::chrono::seconds(100));
    EXPECT_EQ(clock.wall(), std::chrono::seconds(100));
    clock.advance(std::chrono::seconds(3));
    EXPECT_EQ(clock.wall(), std::chrono::seconds(103));
    EXPECT_EQ(clock.steady(), std::chrono::seconds(3));
    clock.jump_wall(std::chrono::seconds(-50));
    EXPECT_EQ(clock.wall(), std::chrono::seconds(53));
    EXPECT_EQ(clock.steady(), std::chrono::seconds(3));
}

TEST(SystemClock, SteadyNeverGoesBack) {
    const SystemClock clock;
    auto last = clock.steady();
    for (int i = 0; i < 1000; ++i) {
        const auto now = clock.steady();
        EXPECT_GE(now, last);
        last = now;
    }
    EXPECT_GT(clock.wall(), std::chrono::hours(24 * 365 * 50));
}

}  // namespace
}  // namespace ayni::base
