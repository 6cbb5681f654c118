#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace ayni::base {

/// Lets one thread sleep until others have something for it. `notify` costs two atomic accesses
/// while the sleeper is awake.
class Wakeup {
public:
    /// Any thread, after its work is visible to the sleeper.
    void notify() {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (!sleeping_.load(std::memory_order_relaxed)) return;
        const std::lock_guard lock(mutex_);
        sleeping_.store(false, std::memory_order_relaxed);
        condition_.notify_one();
    }

    /// The sleeper: returns at `notify`, after `at_most`, or at once when `has_work()` already.
    template <typename HasWork>
    void wait(std::chrono::nanoseconds at_most, HasWork&& has_work) {
        std::unique_lock lock(mutex_);
        sleeping_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (!has_work()) {
            condition_.wait_for(lock, at_most,
                                [&] { return !sleeping_.load(std::memory_order_relaxed); });
        }
        sleeping_.store(false, std::memory_order_relaxed);
    }

private:
    std::atomic<bool> sleeping_{false};
    std::mutex mutex_;
    std::condition_variable condition_;
};

}  // namespace ayni::base
