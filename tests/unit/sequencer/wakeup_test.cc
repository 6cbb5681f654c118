#include "base/wakeup.h"

#include <gtest/gtest.h>

#include <thread>

namespace ayni::test {
namespace {

using namespace std::chrono_literals;

/// A lost notification would leave the consumer asleep until its time is up, a hundred thousand
/// times over: the test would not end.
TEST(Wakeup, LosesNoNotification) {
    constexpr int items = 100'000;
    base::Wakeup wakeup;
    std::atomic<int> made{0};
    std::thread producer([&] {
        for (int i = 0; i < items; ++i) {
            made.fetch_add(1);
            wakeup.notify();
        }
    });
    int seen = 0;
    while (seen < items) {
        wakeup.wait(10min, [&] { return made.load() > seen; });
        seen = made.load();
    }
    producer.join();
    EXPECT_EQ(seen, items);
}

}  // namespace
}  // namespace ayni::test
