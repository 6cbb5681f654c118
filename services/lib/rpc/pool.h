#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace ayni::rpc {

/// Things that are costly to make and grow with use, kept for the next one who needs them. They are
/// counted by their size, `T::kept_bytes()`, so that thousands of small ones wait, or a hundred
/// that a batch has made large. Thread-safe.
template <typename T>
class Pool {
public:
    explicit Pool(std::size_t keep_bytes) : keep_bytes_(keep_bytes) {}

    /// The last that was given, whose memory is the warmest; null when there is none.
    [[nodiscard]] std::unique_ptr<T> take() {
        const std::lock_guard lock(mutex_);
        if (kept_.empty()) return nullptr;
        std::unique_ptr<T> item = std::move(kept_.back());
        kept_.pop_back();
        bytes_ -= item->kept_bytes();
        return item;
    }
    void give(std::unique_ptr<T> item) {
        const std::size_t bytes = item->kept_bytes();
        const std::lock_guard lock(mutex_);
        if (bytes_ + bytes > keep_bytes_) return;
        bytes_ += bytes;
        kept_.push_back(std::move(item));
    }

private:
    const std::size_t keep_bytes_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> kept_;
    std::size_t bytes_ = 0;
};

}  // namespace ayni::rpc
