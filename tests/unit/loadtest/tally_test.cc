#include "loadtest/tally.h"

#include <gtest/gtest.h>

namespace ayni::loadtest {
namespace {

TEST(Tally, counts_latencies_of_what_was_due_and_answers_that_came_in_the_window) {
    Tally tally;
    tally.window = {.start = 1'000, .end = 2'000};
    tally.succeeded(500, 900, 1);    // warm-up
    tally.succeeded(900, 1'100, 2);  // due before, answered within
    tally.succeeded(1'500, 1'600, 4);
    tally.succeeded(1'999, 9'000, 8);  // late: its latency counts, its answer does not
    EXPECT_EQ(tally.answered(), 15U);
    EXPECT_EQ(tally.answered_in_window(), 6U);
    EXPECT_EQ(tally.latencies().count(), 12U);
    EXPECT_EQ(tally.latencies().max(), 7'001);
    EXPECT_EQ(tally.last_answer(), 9'000);
}

TEST(Tally, counts_failures_by_reason_and_keeps_the_first) {
    Tally tally;
    tally.window = {.start = 0, .end = 100};
    tally.failed(1, 1, "ABORTED", "AC04");
    tally.failed(2, 3, "UNAVAILABLE", "");
    tally.failed(3, 1, "ABORTED", "AB05");
    EXPECT_EQ(tally.failures().at("ABORTED"), 2U);
    EXPECT_EQ(tally.failures().at("UNAVAILABLE"), 3U);
    EXPECT_EQ(tally.first_failure(), "ABORTED: AC04");
    EXPECT_EQ(tally.answered(), 0U);
}

TEST(Tally, adds_up) {
    Tally sum;
    Tally part;
    part.window = {.start = 0, .end = 100};
    part.succeeded(1, 3, 5);
    part.failed(1, 1, "ABORTED", "");
    sum.add(part);
    sum.add(part);
    EXPECT_EQ(sum.answered(), 10U);
    EXPECT_EQ(sum.latencies().count(), 10U);
    EXPECT_EQ(sum.failures().at("ABORTED"), 2U);
    EXPECT_EQ(sum.first_failure(), "ABORTED");
}

}  // namespace
}  // namespace ayni::loadtest
