#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "ayni/v1/status.pb.h"
#include "ledger/model.h"
#include "ledger/status.h"
#include "projectord/metrics.h"
#include "switchd/metric_table.h"
#include "telemetry/metric.h"

namespace ayni {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::filesystem::path deploy = AYNI_DEPLOY;

std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    EXPECT_TRUE(stream) << file;
    return text.str();
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
    const std::regex regex(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
        found.insert((*match)[1]);
    }
    return found;
}

const telemetry::Metric* find_metric(std::string name) {
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
        const std::string_view end = suffix;
        if (!name.ends_with(end)) continue;
        const std::string stem = name.substr(0, name.size() - end.size());
        const auto* histogram = find_metric(stem);
        if (histogram != nullptr && histogram->type == telemetry::MetricType::histogram) {
            return histogram;
        }
    }
    for (const auto table : {switchd::metric_table(), projectord::metric_table()}) {
        for (const auto& metric : table) {
            if (metric.name == name) return &metric;
        }
    }
    return nullptr;
}

/// Metrics that `text` uses and neither switchd nor projectord declares.
std::set<std::string> undeclared(const std::string& text) {
    std::set<std::string> unknown;
    for (const std::string& name : matches(text, R"((?:^|[^A-Za-z0-9_:/])(ayni_[a-z0-9_]+))")) {
        if (find_metric(name) == nullptr) unknown.insert(name);
    }
    return unknown;
}

TEST(DeployTest, the_metric_table_keeps_its_own_rules) {
    EXPECT_THAT(telemetry::faults_of(switchd::metric_table()), IsEmpty());
    EXPECT_THAT(telemetry::faults_of(projectord::metric_table()), IsEmpty());
}

TEST(DeployTest, the_operations_chapter_holds_the_metric_tables) {
    EXPECT_THAT(read(deploy / "README.md"),
                HasSubstr(telemetry::markdown_of(switchd::metric_table())))
        << "paste the output of: switchd --describe-metrics";
    EXPECT_THAT(read(deploy / "README.md"),
                HasSubstr(telemetry::markdown_of(projectord::metric_table())))
        << "paste the output of: projectord --describe-metrics";
}

TEST(DeployTest, an_unknown_metric_would_be_noticed) {
    EXPECT_THAT(undeclared("sum(rate(ayni_payed_total[5m]))"),
                testing::ElementsAre("ayni_payed_total"));
    EXPECT_THAT(undeclared("rate(ayni_epoch_bucket[5m])"),
                testing::ElementsAre("ayni_epoch_bucket"));
}

TEST(DeployTest, rules_console_dashboard_and_runbooks_use_declared_metrics_only) {
    std::string rules = read(deploy / "prometheus/rules/ayni.yml");
    rules = std::regex_replace(rules, std::regex("- name: ayni_[a-z_]+"), "");
    for (const std::string& text :
         {rules, read(deploy / "prometheus/tests/alerts.yml"),
          read(deploy / "prometheus/tests/alerts_storage.yml"),
          read(deploy / "prometheus/consoles/ayni.html"), read(deploy / "dashboards/ayni.json"),
          read(deploy / "runbooks/README.md")}) {
        EXPECT_THAT(matches(text, "(ayni_[a-z0-9_]+)"), Not(IsEmpty()));
        EXPECT_THAT(undeclared(text), IsEmpty());
    }
}

TEST(DeployTest, recorded_series_that_are_used_are_recorded) {
    const std::string rules = read(deploy / "prometheus/rules/ayni.yml");
    const auto recorded = matches(rules, R"(record: (ayni:[a-z0-9_:]+))");
    EXPECT_THAT(recorded, Not(IsEmpty()));
    for (const char* file : {"prometheus/rules/ayni.yml", "prometheus/consoles/ayni.html",
                             "dashboards/ayni.json", "runbooks/README.md"}) {
        for (const std::string& used : matches(read(deploy / file), "(ayni:[a-z0-9_:]+)")) {
            EXPECT_TRUE(recorded.contains(used)) << file << " uses " << used;
        }
    }
}

TEST(DeployTest, every_alert_has_a_runbook_a_row_and_two_tests) {
    const std::string rules = read(deploy / "prometheus/rules/ayni.yml");
    const std::string runbooks = read(deploy / "runbooks/README.md");
    const std::string chapter = read(deploy / "README.md");
    const std::string tests = read(deploy / "prometheus/tests/alerts.yml") +
                              read(deploy / "prometheus/tests/alerts_storage.yml");
    const auto alerts = matches(rules, R"(- alert: (\w+))");
    EXPECT_GE(alerts.size(), 20U);
    for (const std::string& alert : alerts) {
        std::string anchor;
        for (const char c : alert) anchor += static_cast<char>(std::tolower(c));
        EXPECT_THAT(rules, HasSubstr("runbooks/README.md#" + anchor + "\n")) << alert;
        EXPECT_THAT(runbooks, HasSubstr("\n## " + alert + "\n")) << alert;
        EXPECT_THAT(chapter, HasSubstr("[" + alert + "](runbooks/README.md#" + anchor + ")"));
        EXPECT_THAT(tests, HasSubstr("alertname: " + alert + "\n        exp_alerts:\n")) << alert;
        EXPECT_THAT(tests, HasSubstr("alertname: " + alert + "\n        exp_alerts: []\n"))
            << alert;
    }
}

TEST(DeployTest, every_reason_of_the_ledger_has_its_own_label) {
    EXPECT_EQ(switchd::reason_label(""), "none");
    EXPECT_EQ(switchd::reason_label("ZZ99"), "other");
    EXPECT_EQ(switchd::reason_label("AB05"), "AB05");
    const auto* statuses = v1::Status_descriptor();
    for (int i = 0; i < statuses->value_count(); ++i) {
        const auto reason =
            ledger::reason_of(static_cast<ledger::Status>(statuses->value(i)->number()));
        if (reason.is_none()) continue;
        EXPECT_EQ(switchd::reason_label(reason.view()), reason.view());
    }
}

}  // namespace
}  // namespace ayni
