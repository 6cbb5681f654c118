#include <algorithm>

#include "base/assert.h"
#include "sequencer/sequencer.h"

namespace ayni::sequencer {
namespace {

constexpr int slew_divisor = 1'000;

}  // namespace

JournalClock::JournalClock(const base::Clock& clock, base::JournalTime last)
    : clock_(clock),
      current_(std::max(last, base::JournalTime{clock.wall().count()})),
      steady_at_current_(clock.steady()) {}

base::JournalTime JournalClock::now() {
    const std::chrono::nanoseconds steady = clock_.steady();
    const std::chrono::nanoseconds elapsed = steady - steady_at_current_;
    ASSERT(elapsed.count() >= 0);
    steady_at_current_ = steady;
    current_ = current_ + elapsed;
    const auto behind = std::chrono::nanoseconds(clock_.wall().count() - current_.nanoseconds);
    const std::chrono::nanoseconds most = elapsed / slew_divisor;
    current_ = current_ + std::clamp(behind, -most, most);
    return current_;
}

}  // namespace ayni::sequencer
