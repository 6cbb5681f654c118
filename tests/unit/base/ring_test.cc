#include "base/ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace ayni::base {
namespace {

struct Item {
    std::size_t producer = 0;
    std::uint64_t number = 0;
};

TEST(Ring, GivesBackInOrderAndSaysWhenItIsFull) {
    Ring<Item> ring(3);
    EXPECT_EQ(ring.capacity(), 4U);
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.try_pop(), nullptr);
    std::vector<Item> items(9);
    for (int round = 0; round < 5; ++round) {
        for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(ring.try_push(&items[i]));
        EXPECT_FALSE(ring.try_push(&items[4]));
        EXPECT_FALSE(ring.empty());
        EXPECT_EQ(ring.try_pop(), &items[0]);
        EXPECT_TRUE(ring.try_push(&items[4]));
        for (std::size_t i = 1; i <= 4; ++i) EXPECT_EQ(ring.try_pop(), &items[i]);
        EXPECT_EQ(ring.try_pop(), nullptr);
    }
}

TEST(Ring, ManyProducersLoseNothingAndKeepTheirOrder) {
    constexpr std::size_t producers = 4;
    constexpr std::uint64_t each = 50'000;
    Ring<Item> ring(64);
    std::vector<std::unique_ptr<Item[]>> items;
    for (std::size_t p = 0; p < producers; ++p) items.push_back(std::make_unique<Item[]>(each));
    std::vector<std::thread> threads;
    for (std::size_t p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
            for (std::uint64_t i = 0; i < each; ++i) {
                items[p][i] = {.producer = p, .number = i};
                while (!ring.try_push(&items[p][i])) std::this_thread::yield();
            }
        });
    }
    std::vector<std::uint64_t> next(producers, 0);
    for (std::uint64_t popped = 0; popped < producers * each;) {
        const Item* item = ring.try_pop();
        if (item == nullptr) {
            std::this_thread::yield();
            continue;
        }
        ++popped;
        ASSERT_EQ(item->number, next[item->producer]);
        ++next[item->producer];
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(ring.empty());
    for (const std::uint64_t count : next) EXPECT_EQ(count, each);
}

}  // namespace
}  // namespace ayni::base
