#include <gtest/gtest.h>

#include <latch>
#include <mutex>
#include <vector>

#include "rpc/completion.h"
#include "rpc/worker_pool.h"

namespace ayni::rpc {
namespace {

struct Numbered final : Completable {
    void complete() override { order->push_back(number); }
    std::vector<int>* order = nullptr;
    int number = 0;
};

TEST(Completion, CompletesEachPushedItemOnceInTheOrderOfEachPusher) {
    constexpr int pushers = 4;
    constexpr int each = 5'000;
    std::vector<int> order;
    std::vector<Numbered> items(pushers * each);
    {
        Completion completion;
        std::vector<std::thread> threads;
        for (int p = 0; p < pushers; ++p) {
            threads.emplace_back([&, p] {
                for (int i = 0; i < each; ++i) {
                    Numbered& item = items[static_cast<std::size_t>(p * each + i)];
                    item.order = &order;
                    item.number = p * each + i;
                    completion.push(&item);
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
    }
    ASSERT_EQ(order.size(), items.size());
    std::vector<int> last(pushers, -1);
    for (const int number : order) {
        EXPECT_GT(number, last[static_cast<std::size_t>(number / each)]);
        last[static_cast<std::size_t>(number / each)] = number;
    }
}

struct Flushing final : Completable {
    void complete() override { order->push_back(-1); }
    std::vector<int>* order = nullptr;
};

struct Flushed final : Completable {
    void complete() override {
        order->push_back(number);
        if (number == 0) completion->after_gathered(flush);
        if (blocker != nullptr) blocker->wait();
    }
    std::vector<int>* order = nullptr;
    Completion* completion = nullptr;
    Flushing* flush = nullptr;
    std::latch* blocker = nullptr;
    int number = 0;
};

TEST(Completion, AfterGatheredComesAfterAllThatWasGathered) {
    std::vector<int> order;
    std::vector<int> ignored;
    std::latch open(1);
    Flushing flush;
    flush.order = &order;
    std::vector<Flushed> items(10);
    Flushed blocking;
    {
        Completion completion;
        blocking.order = &ignored;
        blocking.number = 99;
        blocking.blocker = &open;
        completion.push(&blocking);  // what is pushed from here on is gathered together
        for (int i = 0; i < 10; ++i) {
            Flushed& item = items[static_cast<std::size_t>(i)];
            item.order = &order;
            item.completion = &completion;
            item.flush = &flush;
            item.number = i;
        }
        // Pushed from one thread while the completion thread is held: one gathering, or two when
        // the blocker had not been taken yet; the flush is behind its own gathering either way.
        for (Flushed& item : items) completion.push(&item);
        open.count_down();
    }
    ASSERT_EQ(order.size(), 11U);
    EXPECT_EQ(order.back(), -1);
}

TEST(WorkerPool, DoesWhatItTookAndRefusesWhatIsTooMuch) {
    std::latch open(1);
    std::atomic<int> done{0};
    {
        WorkerPool pool(1, 2);
        std::latch running(1);
        ASSERT_TRUE(pool.submit([&] {
            running.count_down();
            open.wait();
            ++done;
        }));
        running.wait();
        EXPECT_TRUE(pool.submit([&] { ++done; }));
        EXPECT_TRUE(pool.submit([&] { ++done; }));
        EXPECT_FALSE(pool.submit([&] { ++done; }));
        open.count_down();
    }
    EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace ayni::rpc
