#include "base/clock.h"

#include <ctime>

#include "base/assert.h"

namespace ayni::base {
namespace {

std::chrono::nanoseconds read(clockid_t clock) {
    timespec now{};
    const int failed = clock_gettime(clock, &now);
    ASSERT(failed == 0);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

std::chrono::nanoseconds SystemClock::steady() const { return read(CLOCK_MONOTONIC); }
std::chrono::nanoseconds SystemClock::wall() const { return read(CLOCK_REALTIME); }

std::uint32_t business_date(JournalTime time) {
    using namespace std::chrono;
    const sys_time<nanoseconds> utc{nanoseconds(time.nanoseconds)};
    const year_month_day day{floor<days>(utc - hours(5))};
    return static_cast<std::uint32_t>(static_cast<int>(day.year())) * 10'000U +
           static_cast<unsigned>(day.month()) * 100U + static_cast<unsigned>(day.day());
}

}  // namespace ayni::base
