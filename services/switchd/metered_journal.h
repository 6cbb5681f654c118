#pragma once

#include "base/clock.h"
#include "journal/journal.h"
#include "telemetry/histogram.h"

namespace ayni::switchd {

/// Measures the appends of another journal, which must outlive it.
class MeteredJournal final : public journal::Journal {
public:
    MeteredJournal(journal::Journal& journal, const base::Clock& clock)
        : journal_(journal), clock_(clock) {}

    [[nodiscard]] journal::AppendOutcome append(const journal::Batch& batch) override {
        const auto start = clock_.steady();
        const auto outcome = journal_.append(batch);
        if (outcome == journal::AppendOutcome::appended) appends_.observe(clock_.steady() - start);
        return outcome;
    }
    [[nodiscard]] const journal::BatchHeader& tail() const override { return journal_.tail(); }
    [[nodiscard]] base::Result<void> replay(
        base::BatchNumber from,
        const std::function<void(const journal::Batch&)>& visit) const override {
        return journal_.replay(from, visit);
    }
    [[nodiscard]] std::uint64_t bytes_free() const override { return journal_.bytes_free(); }

    /// Any thread may read.
    [[nodiscard]] const telemetry::Histogram& appends() const { return appends_; }

private:
    journal::Journal& journal_;
    const base::Clock& clock_;
    telemetry::Histogram appends_;
};

}  // namespace ayni::switchd
