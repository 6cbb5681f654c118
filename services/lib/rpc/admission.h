#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace ayni::rpc {

/// A budget that refills steadily. Thread-safe.
class TokenBucket {
public:
    TokenBucket(std::uint32_t per_second, std::uint32_t burst)
        : per_second_(per_second), burst_(burst), tokens_(burst) {}

    /// Takes `cost` tokens at steady time `now`, or none when there are fewer.
    [[nodiscard]] bool try_take(std::uint32_t cost, std::chrono::nanoseconds now);

private:
    const double per_second_;
    const double burst_;
    std::mutex mutex_;
    double tokens_;
    std::chrono::nanoseconds refilled_{0};
};

/// How much is in work, with a bound. Thread-safe.
class InFlight {
public:
    explicit InFlight(std::uint32_t limit) : limit_(limit) {}

    /// False, and nothing taken, when `items` more would be over the limit.
    [[nodiscard]] bool try_enter(std::uint32_t items) {
        const std::uint64_t before = count_.fetch_add(items, std::memory_order_relaxed);
        if (before + items <= limit_) return true;
        count_.fetch_sub(items, std::memory_order_relaxed);
        return false;
    }
    void leave(std::uint32_t items) { count_.fetch_sub(items, std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint32_t limit() const { return limit_; }
    /// Past three quarters of the limit: reads are refused already, so that payments still pass.
    [[nodiscard]] bool is_busy() const { return count() > std::uint64_t{limit_} / 4 * 3; }

private:
    const std::uint32_t limit_;
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace ayni::rpc
