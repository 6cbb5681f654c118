#pragma once

#include <span>

#include "projectord/figures.h"
#include "projectord/watch.h"
#include "telemetry/metric.h"
#include "telemetry/scrape.h"

namespace ayni::projectord {

/// Every metric of projectord. The operations chapter holds the same table (a test compares).
[[nodiscard]] std::span<const telemetry::Metric> metric_table();

/// Any thread.
void put(telemetry::Scrape& scrape, const Figures& figures, Watch& watch);

}  // namespace ayni::projectord
