#pragma once

#include <span>

#include "projectord/figures.h"
#include "telemetry/metric.h"
#include "telemetry/scrape.h"

namespace ayni::projectord {

/// Every metric of projectord. The operations chapter holds the same table (a test compares).
[[nodiscard]] std::span<const telemetry::Metric> metric_table();

/// Any thread.
void put(telemetry::Scrape& scrape, const Figures& figures);

}  // namespace ayni::projectord
