#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "sequencer/sequencer.h"
#include "telemetry/histogram.h"

namespace ayni::switchd {

/// Counts what became of transfers since replay ended. Only on the sequencer's thread, the copy for
/// a scrape is taken there, too (metrics.cc).
class TransferMeter final : public sequencer::Follower {
public:
    struct Counts {
        /// By outcome ("committed") and reason label.
        std::map<std::pair<std::string, std::string>, std::uint64_t> transfers;
        /// Payments to a participant, by outcome ("committed", "refused", "silent", …).
        std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> participants;
    };

    void transfer_changed(const ledger::TransferView& transfer) override;
    void outcome_acknowledged(const ledger::TransferView& transfer,
                              base::ParticipantId by) override;
    void replayed(const ledger::Ledger& ledger) override;
    void batch_applied(const ledger::Ledger& ledger) override;
    void run_due(const ledger::Ledger&, std::chrono::nanoseconds) override {}
    [[nodiscard]] std::chrono::nanoseconds next_due() const override {
        return std::chrono::nanoseconds::max();
    }

    [[nodiscard]] const Counts& counts() const { return counts_; }
    /// When the oldest decision was made that somebody has not acknowledged; zero when all have.
    [[nodiscard]] base::JournalTime oldest_unacknowledged() const;
    /// From reservation to decision. Any thread may read.
    [[nodiscard]] const telemetry::Histogram& durations() const { return durations_; }

private:
    struct IdHash {
        std::size_t operator()(const base::TransferId& id) const noexcept {
            return static_cast<std::size_t>(id.high ^ (id.low * 0x9e37'79b9'7f4a'7c15U));
        }
    };
    struct Pending {
        base::JournalTime reserved_at;
        bool is_decided = false;
    };

    void count(const ledger::RememberedTransfer& record);
    void decided(const ledger::TransferView& transfer);

    bool is_live_ = false;
    Counts counts_;
    telemetry::Histogram durations_;
    std::unordered_map<base::TransferId, Pending, IdHash> pending_;
    /// In the order of decisions; those that are not pending any more are dropped from the front.
    std::deque<std::pair<base::TransferId, base::JournalTime>> unacknowledged_;
};

}  // namespace ayni::switchd
