#pragma once

#include "history/file_history.h"
#include "sequencer/sequencer.h"

namespace ayni::switchd {

/// Records every change of a transfer in history, of replayed batches as of live ones: history
/// skips what it has. `history` must outlive it.
class HistoryFollower final : public sequencer::Follower {
public:
    explicit HistoryFollower(history::FileHistory& history) : history_(history) {}

    /// `ledger` was loaded from a snapshot: records all that it decided behind history's cursor,
    /// which it must still remember. Before the sequencer starts.
    void catch_up(const ledger::Ledger& ledger);

    void transfer_changed(const ledger::TransferView& transfer) override;
    void outcome_acknowledged(const ledger::TransferView&, base::ParticipantId) override {}
    void replayed(const ledger::Ledger& ledger) override;
    void batch_applied(const ledger::Ledger& ledger) override;
    void run_due(const ledger::Ledger&, std::chrono::nanoseconds) override {}
    [[nodiscard]] std::chrono::nanoseconds next_due() const override {
        return std::chrono::nanoseconds::max();
    }

private:
    history::FileHistory& history_;
    bool is_live_ = false;
    std::size_t recorded_since_handed_over_ = 0;
};

}  // namespace ayni::switchd
