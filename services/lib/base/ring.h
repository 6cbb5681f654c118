#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/assert.h"

namespace ayni::base {

/// A bounded queue of pointers: any thread may push, one thread pops (after D. Vyukov's bounded
/// MPMC queue). A full ring is an answer, not a wait. Owns nothing that it carries.
template <typename T>
class Ring {
public:
    /// `capacity` is rounded up to a power of two.
    explicit Ring(std::size_t capacity)
        : mask_(std::bit_ceil(capacity) - 1), cells_(std::make_unique<Cell[]>(mask_ + 1)) {
        ASSERT(capacity >= 2);
        for (std::size_t i = 0; i <= mask_; ++i) {
            cells_[i].turn.store(i, std::memory_order_relaxed);
        }
    }

    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// False when the ring is full; `item` then still belongs to the caller. Any thread.
    [[nodiscard]] bool try_push(T* item) {
        std::size_t at = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[at & mask_];
            const std::size_t turn = cell.turn.load(std::memory_order_acquire);
            if (turn == at) {
                if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
                    cell.item = item;
                    cell.turn.store(at + 1, std::memory_order_release);
                    return true;
                }
            } else if (turn < at) {
                return false;
            } else {
                at = tail_.load(std::memory_order_relaxed);
            }
        }
    }

    /// Null when the ring is empty. The consumer's thread only.
    [[nodiscard]] T* try_pop() {
        Cell& cell = cells_[head_ & mask_];
        if (cell.turn.load(std::memory_order_acquire) != head_ + 1) return nullptr;
        T* item = cell.item;
        cell.turn.store(head_ + mask_ + 1, std::memory_order_release);
        ++head_;
        return item;
    }

    /// The consumer's thread only.
    [[nodiscard]] bool empty() const {
        return cells_[head_ & mask_].turn.load(std::memory_order_acquire) != head_ + 1;
    }

    [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

private:
    struct Cell {
        std::atomic<std::size_t> turn{0};
        T* item = nullptr;
    };

    static constexpr std::size_t cache_line = 64;

    const std::size_t mask_;
    const std::unique_ptr<Cell[]> cells_;
    alignas(cache_line) std::atomic<std::size_t> tail_{0};
    alignas(cache_line) std::size_t head_ = 0;
};

}  // namespace ayni::base
