#include "telemetry/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/assert.h"

namespace ayni::telemetry {
namespace {

bool is_name(std::string_view text) {
    if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

/// A label that can hold anything would give one time series for each payment.
bool is_unbounded(std::string_view label) {
    static const std::set<std::string_view> forbidden{
        "id", "transfer_id", "account", "phone", "dni",  "cci",
        "le", "quantile",    "message", "name",  "text", "end_to_end_id"};
    return forbidden.contains(label);
}

void check(const Metric& metric, std::vector<std::string>& faults) {
    const auto fault = [&](std::string_view what) {
        faults.push_back(fmt::format("{}: {}", metric.name, what));
    };
    if (!is_name(metric.name)) fault("the name must be of a-z, 0-9 and _");
    if (!metric.name.starts_with("ayni_")) fault("the name must start with ayni_");
    const bool is_total = metric.name.ends_with("_total");
    if (is_total != (metric.type == MetricType::counter)) {
        fault("counters, and only they, end in _total");
    }
    if (metric.type == MetricType::histogram && !metric.name.ends_with("_seconds")) {
        fault("histograms are of durations and end in _seconds");
    }
    if (metric.unit.empty()) fault("the unit is missing");
    for (const std::string_view unit : {"seconds", "bytes", "minor_units"}) {
        const bool in_name = metric.name.find(unit) != std::string_view::npos;
        if (metric.unit == unit && !in_name) fault("the name must hold its unit");
    }
    if (!metric.help.ends_with('.')) fault("the help must be a sentence");
    for (const std::string_view label : metric.labels) {
        if (!is_name(label)) fault("a label must be of a-z, 0-9 and _");
        if (is_unbounded(label)) fault(fmt::format("the label {} is not a closed set", label));
    }
}

}  // namespace

std::string_view to_string(MetricType type) {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge: return "gauge";
        case MetricType::histogram: return "histogram";
    }
    UNREACHABLE("all metric types are named");
}

std::vector<std::string> faults_of(std::span<const Metric> table) {
    std::vector<std::string> faults;
    std::set<std::string_view> names;
    for (const Metric& metric : table) {
        check(metric, faults);
        if (!names.insert(metric.name).second) {
            faults.push_back(fmt::format("{}: declared twice", metric.name));
        }
    }
    return faults;
}

std::string markdown_of(std::span<const Metric> table) {
    std::string text = "| Metric | Type | Unit | Labels | Meaning |\n|---|---|---|---|---|\n";
    for (const Metric& metric : table) {
        std::string labels;
        for (const std::string_view label : metric.labels) {
            labels += fmt::format("{}`{}`", labels.empty() ? "" : ", ", label);
        }
        text += fmt::format("| `{}` | {} | {} | {} | {} |\n", metric.name, to_string(metric.type),
                            metric.unit, labels, metric.help);
    }
    return text;
}

}  // namespace ayni::telemetry
