#pragma once

#include <mutex>
#include <span>

#include "telemetry/scrape.h"
#include "walletsim/bookkeeper.h"
#include "walletsim/calls.h"
#include "walletsim/payment_desk.h"
#include "walletsim/switch_client.h"

namespace ayni::walletsim {

/// Every metric of this program.
[[nodiscard]] std::span<const telemetry::Metric> metric_table();

/// Gathers the metrics. All must outlive it.
class Metrics {
public:
    Metrics(const Bookkeeper& bookkeeper, const SwitchClient& client, const PaymentDesk& desk,
            const StreamStatistics& sessions);

    /// After each round of the bookkeeper, on its thread.
    void take_note(const Books& books);
    /// Any thread.
    void put(telemetry::Scrape& scrape) const;

private:
    const Bookkeeper& bookkeeper_;
    const SwitchClient& client_;
    const PaymentDesk& desk_;
    const StreamStatistics& sessions_;
    mutable std::mutex mutex_;
    Totals totals_;
    std::uint64_t contradictions_ = 0;
};

}  // namespace ayni::walletsim
