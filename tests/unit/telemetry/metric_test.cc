#include "telemetry/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/histogram.h"
#include "telemetry/scrape.h"

namespace ayni::telemetry {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view participant_label[] = {"participant"};
constexpr std::string_view id_label[] = {"transfer_id"};

constexpr Metric table[] = {
    {"ayni_things_total", MetricType::counter, "things", "Things done.", participant_label},
    {"ayni_room_bytes", MetricType::gauge, "bytes", "Room left.", {}},
    {"ayni_wait_seconds", MetricType::histogram, "seconds", "Time waited.", {}},
};

TEST(MetricTest, a_good_table_has_no_faults) { EXPECT_THAT(faults_of(table), IsEmpty()); }

TEST(MetricTest, each_rule_is_checked) {
    const auto faults = [](Metric metric) { return faults_of(std::span(&metric, 1)); };
    EXPECT_THAT(faults({"ayni_things", MetricType::counter, "things", "Done."}),
                ElementsAre("ayni_things: counters, and only they, end in _total"));
    EXPECT_THAT(faults({"ayni_x_total", MetricType::gauge, "things", "Done."}),
                ElementsAre("ayni_x_total: counters, and only they, end in _total"));
    EXPECT_THAT(faults({"things", MetricType::gauge, "things", "Done."}),
                ElementsAre("things: the name must start with ayni_"));
    EXPECT_THAT(faults({"ayni_Things", MetricType::gauge, "things", "Done."}),
                ElementsAre("ayni_Things: the name must be of a-z, 0-9 and _"));
    EXPECT_THAT(faults({"ayni_age", MetricType::gauge, "seconds", "Age."}),
                ElementsAre("ayni_age: the name must hold its unit"));
    EXPECT_THAT(faults({"ayni_things", MetricType::gauge, "things", ""}),
                ElementsAre("ayni_things: the help must be a sentence"));
    EXPECT_THAT(faults({"ayni_things", MetricType::gauge, "", "Done."}),
                ElementsAre("ayni_things: the unit is missing"));
    EXPECT_THAT(faults({"ayni_sizes", MetricType::histogram, "bytes", "Sizes."}),
                testing::Contains("ayni_sizes: histograms are of durations and end in _seconds"));
    EXPECT_THAT(faults({"ayni_things", MetricType::gauge, "things", "Done.", id_label}),
                ElementsAre("ayni_things: the label transfer_id is not a closed set"));
    const Metric twice[] = {{"ayni_a", MetricType::gauge, "things", "A."},
                            {"ayni_a", MetricType::gauge, "things", "A."}};
    EXPECT_THAT(faults_of(twice), ElementsAre("ayni_a: declared twice"));
}

TEST(MetricTest, the_markdown_has_a_row_for_each) {
    EXPECT_THAT(markdown_of(table),
                HasSubstr("| `ayni_things_total` | counter | things | `participant` | Things "
                          "done. |\n| `ayni_room_bytes` | gauge | bytes |  | Room left. |\n"));
}

TEST(HistogramTest, an_observation_falls_into_the_first_bucket_that_holds_it) {
    Histogram histogram;
    histogram.observe(milliseconds(1));                   // a bound belongs to its bucket
    histogram.observe(milliseconds(1) + nanoseconds(1));  // the next one
    histogram.observe(milliseconds(30'000));              // behind the last bound
    histogram.observe(nanoseconds(-5));                   // a clock that was read out of order
    const auto reading = histogram.read();
    EXPECT_EQ(reading.cumulative.front(), 2U);
    EXPECT_EQ(reading.cumulative[1], 3U);
    EXPECT_EQ(reading.cumulative.back(), 3U);
    EXPECT_EQ(reading.count, 4U);
    EXPECT_NEAR(reading.sum_seconds, 30.002000001, 1e-9);
}

TEST(ScrapeTest, renders_what_was_put_in_and_nothing_else) {
    Scrape scrape(table);
    scrape.put("ayni_things_total", 3, {"yape"});
    scrape.put("ayni_things_total", 4, {"a\"b\n"});
    Histogram histogram;
    histogram.observe(milliseconds(2));
    scrape.put("ayni_wait_seconds", histogram.read());
    const std::string text = render(scrape.take());
    EXPECT_THAT(text, HasSubstr("# TYPE ayni_things_total counter\n"
                                "ayni_things_total{participant=\"yape\"} 3\n"
                                "ayni_things_total{participant=\"a\\\"b\\n\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("ayni_wait_seconds_bucket{le=\"0.001\"} 0\n"
                                "ayni_wait_seconds_bucket{le=\"0.0025\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("ayni_wait_seconds_bucket{le=\"+Inf\"} 1\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("ayni_room_bytes")));
}

TEST(ScrapeDeathTest, a_metric_outside_the_table_or_with_other_labels_is_a_bug) {
    Scrape scrape(table);
    EXPECT_DEATH(scrape.put("ayni_unknown", 1), "");
    EXPECT_DEATH(scrape.put("ayni_things_total", 1), "");
    EXPECT_DEATH(scrape.put("ayni_wait_seconds", 1), "");
}

}  // namespace
}  // namespace ayni::telemetry
