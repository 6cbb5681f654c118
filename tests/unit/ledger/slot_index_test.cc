#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/random.h"
#include "ledger/slot_index.h"

namespace ayni::test {
namespace {

/// Against a map, with hashes so poor that probing sequences merge, wrap around and are broken up.
TEST(SlotIndex, AgreesWithAMapThroughInsertsErasesAndMoves) {
    constexpr std::size_t capacity = 64;
    base::SeededRandom random(11);
    ledger::SlotIndex index(capacity);
    std::vector<std::uint64_t> key_in_slot(capacity, 0);
    std::map<std::uint64_t, std::uint32_t> model;
    const auto hash = [](std::uint64_t key) { return (key % 13) * 10; };
    const auto find = [&](std::uint64_t key) {
        return index.find(hash(key), [&](std::uint32_t slot) { return key_in_slot[slot] == key; });
    };
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t key = 1 + random.below(100);
        const auto known = model.find(key);
        if (known == model.end()) {
            ASSERT_FALSE(find(key).has_value());
            if (model.size() == capacity) continue;
            std::uint32_t slot = 0;
            while (key_in_slot[slot] != 0) ++slot;
            key_in_slot[slot] = key;
            index.insert(hash(key), slot);
            model[key] = slot;
        } else if (random.one_in(3) && model.size() < capacity) {
            std::uint32_t to = 0;
            while (key_in_slot[to] != 0) ++to;
            index.move(hash(key), known->second, to);
            key_in_slot[known->second] = 0;
            key_in_slot[to] = key;
            known->second = to;
        } else {
            ASSERT_EQ(find(key), known->second);
            index.erase(hash(key), known->second);
            key_in_slot[known->second] = 0;
            model.erase(known);
        }
        ASSERT_EQ(index.count(), model.size());
        for (const auto& [each, slot] : model) ASSERT_EQ(find(each), slot);
    }
}

}  // namespace
}  // namespace ayni::test
