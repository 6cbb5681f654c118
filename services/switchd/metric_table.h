#pragma once

#include <span>
#include <string_view>

#include "telemetry/metric.h"

namespace ayni::switchd {

/// Every metric of switchd. The operations chapter holds the same table (a test compares).
[[nodiscard]] std::span<const telemetry::Metric> metric_table();

/// `reason` when it is an ISO 20022 code that the switch knows, "none" when it is empty, and
/// "other" otherwise: institutions send what they like, and a label must have few values.
[[nodiscard]] std::string_view reason_label(std::string_view reason);

}  // namespace ayni::switchd
