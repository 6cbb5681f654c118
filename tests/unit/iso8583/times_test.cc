#include "iso8583/times.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "base/random.h"

namespace ayni::test {
namespace {

using namespace iso8583;
using base::JournalTime;

JournalTime utc(int year, unsigned month, unsigned day, int hour, int minute, int second) {
    using namespace std::chrono;
    const sys_seconds time = sys_days(std::chrono::year(year) / month / day) + hours(hour) +
                             minutes(minute) + seconds(second);
    return {nanoseconds(time.time_since_epoch()).count()};
}

Message with(Field field, std::string_view value) {
    Message message(financial_request);
    EXPECT_TRUE(message.set(field, value).has_value());
    return message;
}

struct Moment {
    const char* name;
    JournalTime time;
    const char* transmission;
    const char* local_date;
    const char* local_time;
};

class Moments : public ::testing::TestWithParam<Moment> {};

TEST_P(Moments, StandInTheirFields) {
    const Moment& row = GetParam();
    Message message(financial_request);
    set_times(message, row.time);
    EXPECT_EQ(message.get(Field::transmission_time), row.transmission);
    EXPECT_EQ(message.get(Field::local_date), row.local_date);
    EXPECT_EQ(message.get(Field::local_time), row.local_time);
    const auto whole_seconds = row.time.nanoseconds - row.time.nanoseconds % 1'000'000'000;
    EXPECT_EQ(transmission_time_of(message, row.time), JournalTime{whole_seconds});
    EXPECT_EQ(local_time_of(message, row.time), JournalTime{whole_seconds});
}

INSTANTIATE_TEST_SUITE_P(
    Table, Moments,
    ::testing::Values(
        Moment{"day", utc(2026, 11, 28, 15, 30, 7), "1128153007", "1128", "103007"},
        Moment{"midnight_utc", utc(2026, 11, 28, 0, 0, 0), "1128000000", "1127", "190000"},
        Moment{"before_midnight_in_lima", utc(2026, 11, 28, 4, 59, 59), "1128045959", "1127",
               "235959"},
        Moment{"midnight_in_lima", utc(2026, 11, 28, 5, 0, 0), "1128050000", "1128", "000000"},
        Moment{"no_daylight_saving", utc(2026, 1, 15, 12, 0, 0), "0115120000", "0115", "070000"},
        Moment{"new_year_utc", utc(2027, 1, 1, 0, 0, 0), "0101000000", "1231", "190000"},
        Moment{"leap_day", utc(2028, 2, 29, 3, 0, 0), "0229030000", "0228", "220000"},
        Moment{"leap_day_in_lima", utc(2028, 3, 1, 3, 0, 0), "0301030000", "0229", "220000"},
        Moment{"epoch", JournalTime{0}, "0101000000", "1231", "190000"},
        Moment{"with_nanoseconds", JournalTime{1'999'999'999}, "0101000001", "1231", "190001"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Times, AreOfTheYearThatIsClosest) {
    const Message december = with(Field::transmission_time, "1231235959");
    const Message january = with(Field::transmission_time, "0101000000");
    const JournalTime before = utc(2026, 12, 31, 23, 59, 58);
    const JournalTime after = utc(2027, 1, 1, 0, 0, 2);
    EXPECT_EQ(transmission_time_of(december, before), utc(2026, 12, 31, 23, 59, 59));
    EXPECT_EQ(transmission_time_of(december, after), utc(2026, 12, 31, 23, 59, 59));
    EXPECT_EQ(transmission_time_of(january, before), utc(2027, 1, 1, 0, 0, 0));
    EXPECT_EQ(transmission_time_of(january, after), utc(2027, 1, 1, 0, 0, 0));
}

TEST(Times, KnowLeapDays) {
    const Message message = with(Field::transmission_time, "0229120000");
    EXPECT_EQ(transmission_time_of(message, utc(2027, 11, 1, 0, 0, 0)), utc(2028, 2, 29, 12, 0, 0));
    const auto none = transmission_time_of(message, utc(2026, 3, 1, 0, 0, 0));
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().to_string(), "field 7: is a day that no year near has");
}

TEST(Times, ThatAreNoneAreRefused) {
    for (const char* wrong : {"0001000000", "1301000000", "0100000000", "0132000000", "0230000000",
                              "0431000000", "0101240000", "0101006000", "0101000060"}) {
        EXPECT_FALSE(is_transmission_time(wrong)) << wrong;
        const auto time =
            transmission_time_of(with(Field::transmission_time, wrong), JournalTime{0});
        ASSERT_FALSE(time.has_value()) << wrong;
        EXPECT_EQ(time.error().to_string(), "field 7: is not a time (MMDDhhmmss)");
    }
    for (const char* wrong : {"", "0101", "010100000", "01010000000", "01x1000000", "-101000000"}) {
        EXPECT_FALSE(is_transmission_time(wrong)) << wrong;
    }
    EXPECT_TRUE(is_transmission_time("0229235959"));
}

TEST(Times, ThatAreMissingAreNamed) {
    Message message(financial_request);
    EXPECT_EQ(transmission_time_of(message, {}).error().to_string(), "field 7: is missing");
    EXPECT_EQ(local_time_of(message, {}).error().to_string(), "field 12: is missing");
    EXPECT_TRUE(message.set(Field::local_time, "120000"));
    EXPECT_EQ(local_time_of(message, {}).error().to_string(), "field 13: is missing");
    EXPECT_TRUE(message.set(Field::local_date, "1332"));
    EXPECT_EQ(local_time_of(message, {}).error().to_string(), "field 13: is not a day (MMDD)");
    EXPECT_TRUE(message.set(Field::local_time, "240000"));
    EXPECT_EQ(local_time_of(message, {}).error().to_string(), "field 12: is not a time (hhmmss)");
    EXPECT_TRUE(message.set(Field::local_time, "120000"));
    EXPECT_TRUE(message.set(Field::local_date, "0229"));
    EXPECT_EQ(local_time_of(message, utc(2026, 3, 1, 0, 0, 0)).error().to_string(),
              "field 13: is a day that no year near has");
}

TEST(Times, HoldAtTheEndsOfJournalTime) {
    for (const auto end :
         {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        Message message(financial_request);
        set_times(message, JournalTime{end});
        static_cast<void>(transmission_time_of(message, JournalTime{end}));
        static_cast<void>(local_time_of(message, JournalTime{end}));
        const auto beyond = transmission_time_of(
            with(Field::transmission_time, end < 0 ? "0920000000" : "0412000000"),
            JournalTime{end});
        ASSERT_FALSE(beyond.has_value());
        EXPECT_EQ(beyond.error().to_string(), "field 7: is beyond what a journal's time can be");
    }
}

TEST(Times, ComeBackFromAnyMoment) {
    base::SeededRandom random(712);
    const auto first = utc(1990, 1, 1, 0, 0, 0).nanoseconds;
    const auto span = static_cast<std::uint64_t>(utc(2100, 1, 1, 0, 0, 0).nanoseconds - first);
    for (int round = 0; round < 10'000; ++round) {
        const JournalTime time{first + static_cast<std::int64_t>(random.below(span))};
        const JournalTime second{time.nanoseconds - time.nanoseconds % 1'000'000'000};
        const JournalTime near =
            time + std::chrono::hours(static_cast<int>(random.below(2 * 4'000)) - 4'000);
        Message message(financial_request);
        set_times(message, time);
        ASSERT_EQ(transmission_time_of(message, near), second);
        ASSERT_EQ(local_time_of(message, near), second);
    }
}

}  // namespace
}  // namespace ayni::test
