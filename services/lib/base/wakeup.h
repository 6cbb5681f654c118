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
        // Read-modify-writes of one atomic have one order: either the sleeper's comes first, and is
        // seen here, or this one does, and what was done before it is seen by `has_work`.
        if (sleeping_.fetch_or(0, std::memory_order_acq_rel) == 0) return;
        const std::lock_guard lock(mutex_);
        sleeping_.store(0, std::memory_order_release);
        condition_.notify_one();
    }

    /// The sleeper: returns at `notify`, after `at_most`, or at once when `has_work()` already.
    template <typename HasWork>
    void wait(std::chrono::nanoseconds at_most, HasWork&& has_work) {
        std::unique_lock lock(mutex_);
        sleeping_.exchange(1, std::memory_order_acq_rel);
        if (!has_work()) {
            condition_.wait_for(lock, at_most,
                                [&] { return sleeping_.load(std::memory_order_acquire) == 0; });
        }
        sleeping_.store(0, std::memory_order_release);
    }

private:
    std::atomic<unsigned> sleeping_{0};
    std::mutex mutex_;
    std::condition_variable condition_;
};

}  // namespace ayni::base
