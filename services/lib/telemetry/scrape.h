#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/histogram.h"
#include "telemetry/metric.h"

namespace ayni::telemetry {

/// One answer to a scrape while it is put together. Only metrics of the table can be put in, by
/// name, with exactly the labels that they declare (asserted).
class Scrape {
public:
    /// `table` must outlive it.
    explicit Scrape(std::span<const Metric> table);

    using LabelValues = std::initializer_list<std::string_view>;

    /// The present value of a counter or gauge.
    void put(std::string_view name, double value, LabelValues label_values = {});
    void put(std::string_view name, const Histogram::Reading& reading,
             LabelValues label_values = {});

    /// Metrics without a value are left out.
    [[nodiscard]] std::vector<prometheus::MetricFamily> take();

private:
    prometheus::ClientMetric& add(std::string_view name, bool is_histogram,
                                  LabelValues label_values, MetricType& type);

    std::span<const Metric> table_;
    std::vector<prometheus::MetricFamily> families_;  // in the order of the table
};

/// Puts a process' metrics into a scrape. Called on threads of the metrics server, several at a
/// time: reads atomics, or asks with a bounded wait.
using MetricSource = std::function<void(Scrape&)>;

/// `take()` of a scrape, in Prometheus' text format.
[[nodiscard]] std::string render(std::vector<prometheus::MetricFamily> families);

}  // namespace ayni::telemetry
