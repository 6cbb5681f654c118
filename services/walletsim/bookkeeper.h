#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "telemetry/histogram.h"
#include "walletsim/books.h"
#include "walletsim/store.h"

namespace ayni::walletsim {

/// One thing to do with the books. All calls on the bookkeeper's thread.
class Job {
public:
    virtual ~Job() = default;
    virtual void apply(Books& books) = 0;
    /// What `apply` changed is durable: now it may be told.
    virtual void committed() {}
};

/// The one thread that touches the books: takes every job that has gathered, applies them, makes
/// the result durable as one transaction, and only then lets the jobs answer (group commit).
class Bookkeeper {
public:
    static constexpr std::size_t most_waiting_jobs = 65'536;

    struct Statistics {
        telemetry::Histogram commits;
        std::atomic<std::uint64_t> jobs{0};
        std::atomic<std::uint64_t> waiting_jobs{0};
    };

    /// Both must outlive it.
    Bookkeeper(Books& books, Store& store);
    ~Bookkeeper();

    /// Called after each round, on the bookkeeper's thread: for metrics. Before `start`.
    void after_each_round(std::function<void(const Books&)> observer);
    void start();
    /// Finishes what was posted and stops; later posts are refused. Idempotent.
    void stop();

    /// Any thread. False when too many jobs wait or it has stopped: the job was not taken.
    [[nodiscard]] bool post(std::unique_ptr<Job> job);
    /// Any thread. Not before `due` (steady clock); dropped when it stops first.
    void post_at(std::chrono::steady_clock::time_point due, std::unique_ptr<Job> job);

    [[nodiscard]] const Statistics& statistics() const { return statistics_; }

private:
    using Jobs = std::vector<std::unique_ptr<Job>>;

    void run();
    /// False when it is time to end.
    bool wait_for_jobs(Jobs& jobs);

    Books& books_;
    Store& store_;
    std::function<void(const Books&)> observer_;
    std::mutex mutex_;
    std::condition_variable arrivals_;
    Jobs waiting_;
    std::multimap<std::chrono::steady_clock::time_point, std::unique_ptr<Job>> later_;
    bool stopping_ = false;
    Statistics statistics_;
    std::thread thread_;
};

}  // namespace ayni::walletsim
