#include "telemetry/scrape.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>

#include "base/assert.h"

namespace ayni::telemetry {
namespace {

prometheus::MetricType prometheus_type(MetricType type) {
    switch (type) {
        case MetricType::counter: return prometheus::MetricType::Counter;
        case MetricType::gauge: return prometheus::MetricType::Gauge;
        case MetricType::histogram: return prometheus::MetricType::Histogram;
    }
    UNREACHABLE("all metric types are known to Prometheus");
}

}  // namespace

Scrape::Scrape(std::span<const Metric> table) : table_(table) {
    families_.reserve(table.size());
    for (const Metric& metric : table) {
        prometheus::MetricFamily family;
        family.name = metric.name;
        family.help = metric.help;
        family.type = prometheus_type(metric.type);
        families_.push_back(std::move(family));
    }
}

prometheus::ClientMetric& Scrape::add(std::string_view name, bool is_histogram,
                                      LabelValues label_values, MetricType& type) {
    const auto found = std::find_if(table_.begin(), table_.end(),
                                    [&](const Metric& metric) { return metric.name == name; });
    ASSERT(found != table_.end());
    ASSERT((found->type == MetricType::histogram) == is_histogram);
    ASSERT(found->labels.size() == label_values.size());
    type = found->type;

    auto& family = families_[static_cast<std::size_t>(found - table_.begin())];
    prometheus::ClientMetric& sample = family.metric.emplace_back();
    auto value = label_values.begin();
    for (const std::string_view label : found->labels) {
        sample.label.push_back({std::string(label), std::string(*value)});
        ++value;
    }
    return sample;
}

void Scrape::put(std::string_view name, double value, LabelValues label_values) {
    MetricType type{};
    prometheus::ClientMetric& sample = add(name, false, label_values, type);
    if (type == MetricType::counter) {
        sample.counter.value = value;
    } else {
        sample.gauge.value = value;
    }
}

void Scrape::put(std::string_view name, const Histogram::Reading& reading,
                 LabelValues label_values) {
    MetricType type{};
    prometheus::ClientMetric& sample = add(name, true, label_values, type);
    sample.histogram.sample_count = reading.count;
    sample.histogram.sample_sum = reading.sum_seconds;
    for (std::size_t i = 0; i < reading.cumulative.size(); ++i) {
        sample.histogram.bucket.push_back({reading.cumulative[i], bucket_bounds_seconds[i]});
    }
}

std::vector<prometheus::MetricFamily> Scrape::take() {
    std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
    return std::move(families_);
}

std::string render(std::vector<prometheus::MetricFamily> families) {
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return std::move(text).str();
}

}  // namespace ayni::telemetry
