#pragma once

#include <algorithm>
#include <vector>

#include "sequencer/sequencer.h"

namespace ayni::switchd {

/// Tells several followers what the sequencer tells one, each in the order given. The followers
/// must outlive it.
class Followers final : public sequencer::Follower {
public:
    explicit Followers(std::vector<sequencer::Follower*> followers)
        : followers_(std::move(followers)) {}

    void transfer_changed(const ledger::TransferView& transfer) override {
        for (auto* follower : followers_) follower->transfer_changed(transfer);
    }
    void outcome_acknowledged(const ledger::TransferView& transfer,
                              base::ParticipantId by) override {
        for (auto* follower : followers_) follower->outcome_acknowledged(transfer, by);
    }
    void replayed(const ledger::Ledger& ledger) override {
        for (auto* follower : followers_) follower->replayed(ledger);
    }
    void batch_applied(const ledger::Ledger& ledger) override {
        for (auto* follower : followers_) follower->batch_applied(ledger);
    }
    void run_due(const ledger::Ledger& ledger, std::chrono::nanoseconds steady_now) override {
        for (auto* follower : followers_) {
            if (follower->next_due() <= steady_now) follower->run_due(ledger, steady_now);
        }
    }
    [[nodiscard]] std::chrono::nanoseconds next_due() const override {
        auto earliest = std::chrono::nanoseconds::max();
        for (const auto* follower : followers_) {
            earliest = std::min(earliest, follower->next_due());
        }
        return earliest;
    }
    void stopped() override {
        for (auto* follower : followers_) follower->stopped();
    }

private:
    std::vector<sequencer::Follower*> followers_;
};

}  // namespace ayni::switchd
