#include <gtest/gtest.h>

#include "sequencer/sequencer.h"

namespace ayni::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds start = 1'790'000'000s;

TEST(JournalClock, GoesWithTheSteadyClock) {
    base::ManualClock clock(start);
    sequencer::JournalClock journal_clock(clock, {});
    EXPECT_EQ(journal_clock.now().nanoseconds, start.count());
    clock.advance(5s);
    EXPECT_EQ(journal_clock.now().nanoseconds, (start + 5s).count());
}

TEST(JournalClock, NeverGoesBehindTheJournal) {
    base::ManualClock clock(start);
    const base::JournalTime last{(start + 3s).count()};
    sequencer::JournalClock journal_clock(clock, last);
    EXPECT_EQ(journal_clock.now(), last);
}

TEST(JournalClock, AWallClockThatJumpsMovesItByAThousandthOnly) {
    for (const std::chrono::nanoseconds jump : {3'600s, -3'600s}) {
        base::ManualClock clock(start);
        sequencer::JournalClock journal_clock(clock, {});
        clock.jump_wall(jump);
        base::JournalTime last = journal_clock.now();
        for (int i = 0; i < 1'000; ++i) {
            clock.advance(10ms);
            const base::JournalTime now = journal_clock.now();
            ASSERT_GE(now, last);
            last = now;
        }
        const auto elapsed = std::chrono::nanoseconds(last.nanoseconds) - start;
        EXPECT_LE(std::chrono::abs(elapsed - 10s), 10ms);
        EXPECT_NE(elapsed, 10s) << "it is slewed towards the wall clock";
    }
}

}  // namespace
}  // namespace ayni::test
