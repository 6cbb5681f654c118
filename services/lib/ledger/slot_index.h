#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "base/mapped_array.h"

namespace ayni::ledger {

/// Finds the slot of a record by the hash of its key: open addressing with linear probing, 8 bytes
/// an entry, at most half full. The keys stay in the records; the caller compares them.
class SlotIndex {
public:
    explicit SlotIndex(std::size_t capacity)
        : mask_(entries_for(capacity) - 1), entries_(mask_ + 1) {
        ASSERT(mask_ <= ~std::uint32_t{0});
    }

    /// The memory of an index with room for `capacity` records.
    [[nodiscard]] static constexpr std::uint64_t bytes_for(std::size_t capacity) {
        return entries_for(capacity) * sizeof(std::uint64_t);
    }

    /// The slot for which `is_it(slot)` among those of `hash`, or nothing.
    template <typename IsIt>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, IsIt&& is_it) const {
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t at = tag & mask_;; at = (at + 1) & mask_) {
            const std::uint64_t entry = entries_[at];
            if (entry == 0) return std::nullopt;
            if (entry >> 32U == tag && is_it(slot_of(entry))) return slot_of(entry);
        }
    }

    /// The key of `slot` must not be there yet.
    void insert(std::uint64_t hash, std::uint32_t slot) {
        ASSERT(count_ * 2 <= mask_);
        const std::uint32_t tag = tag_of(hash);
        std::size_t at = tag & mask_;
        while (entries_[at] != 0) at = (at + 1) & mask_;
        entries_[at] = entry_of(tag, slot);
        ++count_;
    }

    /// The key of `slot` must be there.
    void erase(std::uint64_t hash, std::uint32_t slot) {
        std::size_t hole = place_of(hash, slot);
        // Backward shift: entries behind the hole move up when that brings them nearer home, so
        // that no tombstones gather.
        for (std::size_t at = (hole + 1) & mask_; entries_[at] != 0; at = (at + 1) & mask_) {
            const std::size_t home = (entries_[at] >> 32U) & mask_;
            if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
            entries_[hole] = entries_[at];
            hole = at;
        }
        entries_[hole] = 0;
        ASSERT(count_ > 0);
        --count_;
    }

    /// The record moved from slot `from` to slot `to`.
    void move(std::uint64_t hash, std::uint32_t from, std::uint32_t to) {
        entries_[place_of(hash, from)] = entry_of(tag_of(hash), to);
    }

    void prefetch(std::uint64_t hash) const { entries_.prefetch(tag_of(hash) & mask_); }

    /// The slot that `hash` most probably has, for prefetching its record.
    [[nodiscard]] std::optional<std::uint32_t> guess(std::uint64_t hash) const {
        const std::uint32_t tag = tag_of(hash);
        const std::uint64_t entry = entries_[tag & mask_];
        if (entry == 0 || entry >> 32U != tag) return std::nullopt;
        return slot_of(entry);
    }

    [[nodiscard]] std::size_t count() const { return count_; }

private:
    static constexpr std::size_t entries_for(std::size_t capacity) {
        return std::bit_ceil(capacity * 2);
    }
    static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
    static std::uint32_t slot_of(std::uint64_t entry) {
        return static_cast<std::uint32_t>(entry) - 1;
    }
    static std::uint64_t entry_of(std::uint32_t tag, std::uint32_t slot) {
        return (std::uint64_t{tag} << 32U) | (slot + 1U);
    }
    [[nodiscard]] std::size_t place_of(std::uint64_t hash, std::uint32_t slot) const {
        const std::uint64_t entry = entry_of(tag_of(hash), slot);
        std::size_t at = tag_of(hash) & mask_;
        while (entries_[at] != entry) {
            ASSERT(entries_[at] != 0);
            at = (at + 1) & mask_;
        }
        return at;
    }

    std::size_t mask_;
    base::MappedArray<std::uint64_t> entries_;
    std::size_t count_ = 0;
};

}  // namespace ayni::ledger
