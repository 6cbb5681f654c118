#include "iso8583/times.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "iso8583/digits.h"

namespace ayni::iso8583 {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::hours lima_behind_utc{5};
constexpr std::chrono::seconds most_seconds{std::numeric_limits<std::int64_t>::max() /
                                            1'000'000'000};

struct DayTime {
    std::chrono::month_day day;
    std::chrono::seconds of_day;
};

/// Seconds reach further than nanoseconds, so nothing below can overflow.
sys_seconds seconds_of(base::JournalTime time) {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time<std::chrono::nanoseconds>(
        std::chrono::nanoseconds(time.nanoseconds)));
}

std::string month_and_day(sys_seconds time) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
    return fmt::format("{:02}{:02}", static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

std::string time_of_day(sys_seconds time) {
    const std::chrono::hh_mm_ss clock(time - std::chrono::floor<std::chrono::days>(time));
    return fmt::format("{:02}{:02}{:02}", clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::optional<DayTime> parse(std::string_view date, std::string_view time) {
    if (date.size() != 4 || time.size() != 6) return std::nullopt;
    if (!is_all_digits(date) || !is_all_digits(time)) return std::nullopt;
    const auto two_digits = [](std::string_view text, std::size_t at) {
        return static_cast<unsigned>((text[at] - '0') * 10 + (text[at + 1] - '0'));
    };
    const std::chrono::month_day day{std::chrono::month(two_digits(date, 0)),
                                     std::chrono::day(two_digits(date, 2))};
    const unsigned hours = two_digits(time, 0);
    const unsigned minutes = two_digits(time, 2);
    const unsigned seconds = two_digits(time, 4);
    if (!day.ok() || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
    return DayTime{day, std::chrono::seconds(hours * 3600 + minutes * 60 + seconds)};
}

/// The moment closest to `near`, both on the same calendar; nothing when there is no such day in
/// the year of `near` and those beside it.
std::optional<sys_seconds> closest(const DayTime& time, sys_seconds near) {
    const auto year =
        std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(near)).year();
    std::optional<sys_seconds> best;
    for (const int beside : {-1, 0, 1}) {
        const std::chrono::year_month_day day = (year + std::chrono::years(beside)) / time.day;
        if (!day.ok()) continue;
        const sys_seconds moment = std::chrono::sys_days(day) + time.of_day;
        if (!best || abs(moment - near) < abs(*best - near)) best = moment;
    }
    return best;
}

base::Result<base::JournalTime> moment_of(const DayTime& time, base::JournalTime near,
                                          std::chrono::hours behind_utc, Field field) {
    const auto moment = closest(time, seconds_of(near) - behind_utc);
    if (!moment) return base::failure(name_of(field), "is a day that no year near has");
    const std::chrono::seconds since_epoch = moment->time_since_epoch() + behind_utc;
    if (abs(since_epoch) > most_seconds) {
        return base::failure(name_of(field), "is beyond what a journal's time can be");
    }
    return base::JournalTime{std::chrono::nanoseconds(since_epoch).count()};
}

}  // namespace

std::string transmission_time(base::JournalTime time) {
    const sys_seconds utc = seconds_of(time);
    return month_and_day(utc) + time_of_day(utc);
}

std::string local_time(base::JournalTime time) {
    return time_of_day(seconds_of(time) - lima_behind_utc);
}

std::string local_date(base::JournalTime time) {
    return month_and_day(seconds_of(time) - lima_behind_utc);
}

void set_times(Message& message, base::JournalTime time) {
    const bool is_set = message.set(Field::transmission_time, transmission_time(time)) &&
                        message.set(Field::local_time, local_time(time)) &&
                        message.set(Field::local_date, local_date(time));
    ASSERT(is_set);
}

bool is_transmission_time(std::string_view text) {
    return text.size() == 10 && parse(text.substr(0, 4), text.substr(4)).has_value();
}

base::Result<base::JournalTime> transmission_time_of(const Message& message,
                                                     base::JournalTime near) {
    const auto text = message.require(Field::transmission_time);
    if (!text) return tl::unexpected(text.error());
    const auto time = parse(text->substr(0, 4), text->substr(4));
    if (!time) {
        return base::failure(name_of(Field::transmission_time), "is not a time (MMDDhhmmss)");
    }
    return moment_of(*time, near, std::chrono::hours(0), Field::transmission_time);
}

base::Result<base::JournalTime> local_time_of(const Message& message, base::JournalTime near) {
    const auto time = message.require(Field::local_time);
    if (!time) return tl::unexpected(time.error());
    const auto date = message.require(Field::local_date);
    if (!date) return tl::unexpected(date.error());
    if (!parse("0101", *time)) {
        return base::failure(name_of(Field::local_time), "is not a time (hhmmss)");
    }
    const auto both = parse(*date, *time);
    if (!both) return base::failure(name_of(Field::local_date), "is not a day (MMDD)");
    return moment_of(*both, near, lima_behind_utc, Field::local_date);
}

}  // namespace ayni::iso8583
