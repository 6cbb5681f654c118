#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace ayni::rpc {

/// Things that are costly to make, kept for the next one who needs them. Thread-safe.
template <typename T>
class Pool {
public:
    explicit Pool(std::size_t keep_at_most) : keep_at_most_(keep_at_most) {}

    /// Null when there is none.
    [[nodiscard]] std::unique_ptr<T> take() {
        const std::lock_guard lock(mutex_);
        if (kept_.empty()) return nullptr;
        std::unique_ptr<T> item = std::move(kept_.back());
        kept_.pop_back();
        return item;
    }
    void give(std::unique_ptr<T> item) {
        const std::lock_guard lock(mutex_);
        if (kept_.size() < keep_at_most_) kept_.push_back(std::move(item));
    }

private:
    const std::size_t keep_at_most_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> kept_;
};

}  // namespace ayni::rpc
