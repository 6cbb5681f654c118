#include "walletsim/bookkeeper.h"

#include "base/assert.h"

namespace ayni::walletsim {

Bookkeeper::Bookkeeper(Books& books, Store& store) : books_(books), store_(store) {}

Bookkeeper::~Bookkeeper() { stop(); }

void Bookkeeper::after_each_round(std::function<void(const Books&)> observer) {
    ASSERT(!thread_.joinable());
    observer_ = std::move(observer);
}

void Bookkeeper::start() {
    ASSERT(!thread_.joinable());
    thread_ = std::thread([this] { run(); });
}

void Bookkeeper::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrivals_.notify_one();
    if (thread_.joinable()) thread_.join();
}

bool Bookkeeper::post(std::unique_ptr<Job> job) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || waiting_.size() >= most_waiting_jobs) return false;
        first = waiting_.empty();
        waiting_.push_back(std::move(job));
        statistics_.waiting_jobs.store(waiting_.size(), std::memory_order_relaxed);
    }
    if (first) arrivals_.notify_one();
    return true;
}

void Bookkeeper::post_at(std::chrono::steady_clock::time_point due, std::unique_ptr<Job> job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        later_.emplace(due, std::move(job));
    }
    arrivals_.notify_one();
}

bool Bookkeeper::wait_for_jobs(Jobs& jobs) {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        while (!later_.empty() && later_.begin()->first <= now) {
            waiting_.push_back(std::move(later_.begin()->second));
            later_.erase(later_.begin());
        }
        if (!waiting_.empty()) break;
        if (stopping_) return false;
        if (later_.empty()) {
            arrivals_.wait(lock);
        } else {
            arrivals_.wait_until(lock, later_.begin()->first);
        }
    }
    jobs.swap(waiting_);
    statistics_.waiting_jobs.store(0, std::memory_order_relaxed);
    return true;
}

void Bookkeeper::run() {
    Jobs jobs;
    while (wait_for_jobs(jobs)) {
        for (const auto& job : jobs) job->apply(books_);
        if (books_.has_changes()) {
            const auto start = std::chrono::steady_clock::now();
            store_.commit(books_);
            statistics_.commits.observe(std::chrono::steady_clock::now() - start);
        }
        ASSERT(books_.totals().agree());
        for (const auto& job : jobs) job->committed();
        statistics_.jobs += jobs.size();
        if (observer_) observer_(books_);
        jobs.clear();
    }
}

}  // namespace ayni::walletsim
