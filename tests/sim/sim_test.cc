#include <gtest/gtest.h>

#include "sim/pinned_seeds.h"
#include "sim/simulation.h"

namespace ayni::test {
namespace {

TEST(Simulation, ManySeedsEndWithoutAViolation) {
    sim::explain_aborts();
    std::uint64_t committed = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const sim::Report report = sim::simulate(seed);
        ASSERT_EQ(report.violation, "") << "seed " << seed;
        committed += report.committed;
    }
    EXPECT_GT(committed, 1'000U);
}

TEST(Simulation, SeedsThatFoundABugFindItNoMore) {
    sim::explain_aborts();
    for (const sim::PinnedSeed& pinned : sim::pinned_seeds) {
        EXPECT_EQ(sim::simulate(pinned.seed).violation, "")
            << "seed " << pinned.seed << " once found " << pinned.found;
    }
}

TEST(Simulation, TheSameSeedTwiceGivesTheSameTrace) {
    for (const std::uint64_t seed : {3U, 17U, 40U}) {
        EXPECT_EQ(sim::simulate(seed).trace, sim::simulate(seed).trace);
    }
    EXPECT_NE(sim::simulate(3).trace, sim::simulate(4).trace);
}

}  // namespace
}  // namespace ayni::test
