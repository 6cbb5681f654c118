#include <gtest/gtest.h>
// Needs GoogleTest above it.
#include <rapidcheck/gtest.h>

#include "property/generators.h"
#include "sequencer/sequencer.h"

namespace ayni::property {
namespace {

using std::chrono::nanoseconds;

/// Up to three hours, mostly a few milliseconds.
nanoseconds any_duration() {
    const auto size = static_cast<unsigned>(*rc::gen::inRange(0, 44));
    return nanoseconds(*anything<std::uint64_t>() & ((std::uint64_t{1} << size) - 1));
}

RC_GTEST_PROP(JournalClock, NeverGoesBackAndFollowsTheSteadyClock, ()) {
    base::ManualClock clock(nanoseconds(1'790'000'000'000'000'000));
    const nanoseconds ahead = any_duration() - any_duration();
    const JournalTime last{(clock.wall() + ahead).count()};
    sequencer::JournalClock journal_clock(clock, last);
    const JournalTime start = journal_clock.now();
    RC_ASSERT(start >= last);
    RC_ASSERT(start.nanoseconds >= clock.wall().count());
    JournalTime before = start;
    const int reads = *rc::gen::inRange(1, 50);
    for (int i = 0; i < reads; ++i) {
        const nanoseconds elapsed = any_duration();
        clock.advance(elapsed);
        if (*anything<bool>()) clock.jump_wall(any_duration() - any_duration());
        const JournalTime now = journal_clock.now();
        const nanoseconds most = elapsed / 1'000;
        RC_ASSERT(now >= before);
        RC_ASSERT(now - before >= elapsed - most);
        RC_ASSERT(now - before <= elapsed + most);
        before = now;
    }
}

}  // namespace
}  // namespace ayni::property
