#pragma once

#include <array>
#include <cstdint>

namespace ayni::sim {

/// A seed that once found a bug. It keeps its meaning until the simulation changes; the bug has a
/// unit test as well.
struct PinnedSeed {
    std::uint64_t seed = 0;
    const char* found = "";
};

inline constexpr std::array<PinnedSeed, 1> pinned_seeds{{
    {.seed = 24, .found = "callers that nobody answered when the sequencer stopped"},
}};

}  // namespace ayni::sim
