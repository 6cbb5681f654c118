#include "router/tellings.h"

#include <gtest/gtest.h>

namespace ayni::router {
namespace {

Tellings::Entry entry(std::int64_t due, std::uint64_t id) {
    return {.due = std::chrono::nanoseconds(due), .id = {0, id}, .to = {}, .attempt = 0};
}

TEST(TellingsTest, TheEarliestComesFirstAndOfEqualOnesTheSmallerId) {
    Tellings tellings;
    EXPECT_EQ(tellings.next_due(), std::chrono::nanoseconds::max());
    tellings.add(entry(20, 1));
    tellings.add(entry(10, 3));
    tellings.add(entry(10, 2));
    EXPECT_EQ(tellings.size(), 3U);
    EXPECT_EQ(tellings.next_due(), std::chrono::nanoseconds(10));
    EXPECT_EQ(tellings.take().id.low, 2U);
    EXPECT_EQ(tellings.take().id.low, 3U);
    EXPECT_EQ(tellings.take().id.low, 1U);
    EXPECT_EQ(tellings.next_due(), std::chrono::nanoseconds::max());
}

}  // namespace
}  // namespace ayni::router
