#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ayni::rpc {

/// A few threads for what may block on a disk or on a database. Never gRPC's threads, never the
/// sequencer's.
class WorkerPool {
public:
    WorkerPool(std::size_t threads, std::size_t capacity);
    /// Does what was taken, then ends.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Any thread. False when `capacity` tasks wait already: nothing was taken.
    [[nodiscard]] bool submit(std::function<void()> task);

private:
    void run();

    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace ayni::rpc
