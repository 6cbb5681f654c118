#include <gtest/gtest.h>

#include "base/mark.h"
#include "sim/simulation.h"

namespace ayni::test {
namespace {

TEST(Simulation, ManySeedsEndWithoutAViolation) {
    std::uint64_t committed = 0;
    std::uint64_t crashes = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const sim::Report report = sim::simulate(seed);
        ASSERT_EQ(report.violation, "") << "seed " << seed;
        committed += report.committed;
        crashes += report.crashes;
    }
    EXPECT_GT(committed, 1'000U);
    EXPECT_GT(crashes, 50U);
#ifdef AYNI_MARKS
    for (const char* mark :
         {"ledger.expired", "router.offered_again_after_restart", "router.payee_not_reachable",
          "router.answered_before_final", "router.outcome_told_again", "router.contradiction",
          "router.accepted_too_late", "sequencer.append_in_doubt", "sequencer.append_without_space",
          "sequencer.repeat_answered_without_journalling"}) {
        EXPECT_GT(base::mark_hits(mark), 0U) << mark;
    }
#endif
}

TEST(Simulation, TheSameSeedTwiceGivesTheSameTrace) {
    for (const std::uint64_t seed : {3U, 17U, 40U}) {
        EXPECT_EQ(sim::simulate(seed).trace, sim::simulate(seed).trace);
    }
    EXPECT_NE(sim::simulate(3).trace, sim::simulate(4).trace);
}

}  // namespace
}  // namespace ayni::test
