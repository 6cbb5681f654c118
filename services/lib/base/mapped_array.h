#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "base/assert.h"

namespace ayni::base {

/// Zeroed address space of `bytes`, in huge pages where the kernel grants them. Reserved at once,
/// backed by memory only as it is touched. Throws std::bad_alloc when the address space is refused.
[[nodiscard]] void* map_zeroed(std::size_t bytes);
void unmap(void* address, std::size_t bytes) noexcept;

/// An array of fixed capacity whose elements start as zero bytes. The ledger's memory: reserved at
/// start, so that nothing allocates while commands are applied.
template <typename T>
    requires std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>
class MappedArray {
public:
    explicit MappedArray(std::size_t capacity)
        : capacity_(capacity), data_(static_cast<T*>(map_zeroed(capacity * sizeof(T)))) {}
    ~MappedArray() { unmap(data_, capacity_ * sizeof(T)); }

    MappedArray(const MappedArray&) = delete;
    MappedArray& operator=(const MappedArray&) = delete;

    [[nodiscard]] T& operator[](std::size_t index) {
        ASSERT(index < capacity_);
        return data_[index];
    }
    [[nodiscard]] const T& operator[](std::size_t index) const {
        ASSERT(index < capacity_);
        return data_[index];
    }
    void prefetch(std::size_t index) const { __builtin_prefetch(data_ + index, 1); }

    [[nodiscard]] std::size_t capacity() const { return capacity_; }

    /// `count` elements from `first` on, for copying many at once.
    [[nodiscard]] std::span<T> slice(std::size_t first, std::size_t count) {
        ASSERT(first <= capacity_);
        ASSERT(count <= capacity_ - first);
        return {data_ + first, count};
    }
    [[nodiscard]] std::span<const T> slice(std::size_t first, std::size_t count) const {
        ASSERT(first <= capacity_);
        ASSERT(count <= capacity_ - first);
        return {data_ + first, count};
    }

private:
    std::size_t capacity_;
    T* data_;
};

}  // namespace ayni::base
