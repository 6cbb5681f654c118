#include "loadtest/schedule.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

namespace ayni::loadtest {
namespace {

using Gaps = ArrivalSchedule::Gaps;
constexpr std::int64_t second = 1'000'000'000;

TEST(ArrivalSchedule, constant_gaps_are_equal) {
    ArrivalSchedule schedule(1'000, Gaps::constant, 1);
    for (std::int64_t i = 1; i <= 1'000; ++i) {
        EXPECT_NEAR(static_cast<double>(schedule.next()), static_cast<double>(i) * 1e6, 1);
        schedule.advance();
    }
}

TEST(ArrivalSchedule, poisson_gaps_have_the_mean_and_the_spread_of_independent_arrivals) {
    ArrivalSchedule schedule(20'000, Gaps::poisson, 3);
    constexpr int arrivals = 200'000;
    double sum = 0;
    double squares = 0;
    std::int64_t last = 0;
    for (int i = 0; i < arrivals; ++i) {
        const auto gap = static_cast<double>(schedule.next() - last);
        EXPECT_GE(gap, 0);
        last = schedule.next();
        sum += gap;
        squares += gap * gap;
        schedule.advance();
    }
    const double mean = sum / arrivals;
    EXPECT_NEAR(mean, 50'000, 500);
    // The standard deviation of an exponential distribution is its mean.
    EXPECT_NEAR(std::sqrt(squares / arrivals - mean * mean), 50'000, 1'000);
}

TEST(ArrivalSchedule, equal_seeds_give_equal_schedules) {
    ArrivalSchedule one(100, Gaps::poisson, 9);
    ArrivalSchedule same(100, Gaps::poisson, 9);
    ArrivalSchedule other(100, Gaps::poisson, 10);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(one.next(), same.next());
        differs = differs || one.next() != other.next();
        one.advance();
        same.advance();
        other.advance();
    }
    EXPECT_TRUE(differs);
}

TEST(Work, of_a_closed_loop_is_due_when_it_is_taken) {
    Work work({}, 0, 10 * second);
    std::int64_t due = -1;
    ASSERT_TRUE(work.take(5 * second, due));
    EXPECT_EQ(due, 5 * second);
    EXPECT_FALSE(work.is_over(9 * second));
    EXPECT_FALSE(work.take(10 * second, due));
    EXPECT_TRUE(work.is_over(10 * second));
}

TEST(Work, stops_after_the_wanted_number_of_calls) {
    Work work({.calls = 3}, 0, 10 * second);
    std::int64_t due = 0;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(work.take(0, due));
    EXPECT_FALSE(work.take(0, due));
    EXPECT_FALSE(work.take(0, due));
    EXPECT_TRUE(work.is_over(0));
}

TEST(Work, of_an_open_loop_comes_not_before_its_time) {
    Work work({.calls_per_second = 10, .gaps = Gaps::constant}, second, 3 * second);
    std::int64_t due = 0;
    EXPECT_FALSE(work.take(second + 99'000'000, due));
    EXPECT_EQ(work.next_due(), second + 100'000'000);
    EXPECT_TRUE(work.take(second + 100'000'000, due));
    EXPECT_FALSE(work.take(second + 100'000'000, due));
}

// Coordinated omission: while a server stalls nobody can send, and the calls that should have been
// sent meanwhile must still be made, each counted from when it was due.
TEST(Work, of_an_open_loop_remembers_when_it_was_due) {
    Work work({.calls_per_second = 10, .gaps = Gaps::constant}, 0, 10 * second);
    std::vector<std::int64_t> dues;
    std::int64_t due = 0;
    while (work.take(2 * second, due)) dues.push_back(due);
    ASSERT_EQ(dues.size(), 20U);
    for (std::size_t i = 0; i < dues.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(dues[i]), static_cast<double>(i + 1) * 1e8, 1);
    }
}

TEST(Work, of_an_open_loop_is_over_when_the_next_is_due_after_the_end) {
    Work work({.calls_per_second = 1, .gaps = Gaps::constant}, 0, second + 1);
    std::int64_t due = 0;
    EXPECT_FALSE(work.is_over(5 * second));
    EXPECT_TRUE(work.take(5 * second, due));
    EXPECT_TRUE(work.is_over(5 * second));
    EXPECT_FALSE(work.take(5 * second, due));
}

TEST(Work, is_handed_out_once_to_many_takers) {
    for (const double rate : {0.0, 1e6}) {
        Work work({.calls_per_second = rate, .calls = 10'000}, 0, second);
        std::atomic<int> taken{0};
        std::vector<std::thread> takers;
        for (int i = 0; i < 4; ++i) {
            takers.emplace_back([&] {
                std::int64_t due = 0;
                while (work.take(second - 1, due)) ++taken;
            });
        }
        for (std::thread& taker : takers) taker.join();
        EXPECT_EQ(taken.load(), 10'000);
    }
}

}  // namespace
}  // namespace ayni::loadtest
