#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "adapter/wallet_adapter.h"

namespace ayni::adapter {

/// A switch that only writes down what institutions say, each as "accepted ID", "refused ID AC01".
class RecordingReplies final : public WalletReplies {
public:
    static constexpr std::chrono::seconds patience{20};

    bool accepted(base::ParticipantId, const base::TransferId& id) override {
        return note("accepted " + base::to_string(id));
    }
    bool refused(base::ParticipantId, const base::TransferId& id, const Reason& reason) override {
        return note("refused " + base::to_string(id) + " " + reason);
    }
    bool acknowledged(base::ParticipantId, const base::TransferId& id) override {
        return note("acknowledged " + base::to_string(id));
    }
    bool refused_after_commit(base::ParticipantId, const base::TransferId& id,
                              const Reason& reason) override {
        return note("refused_after_commit " + base::to_string(id) + " " + reason);
    }
    bool connected(base::ParticipantId participant) override {
        return note("connected " + std::to_string(participant.value()));
    }

    /// From now on takes nothing; what is offered is counted.
    void refuse_everything(bool refuse) {
        const std::lock_guard lock(mutex_);
        refuses_ = refuse;
    }

    /// Whether `event` has come `times` times, or comes in time.
    [[nodiscard]] bool wait_for(const std::string& event, std::ptrdiff_t times = 1) {
        return wait_until(
            [&] { return std::count(events_.begin(), events_.end(), event) >= times; });
    }
    [[nodiscard]] bool wait_for_events(std::size_t count) {
        return wait_until([&] { return events_.size() >= count; });
    }
    [[nodiscard]] bool wait_for_refusals(std::size_t count) {
        return wait_until([&] { return refusals_ >= count; });
    }

    [[nodiscard]] std::vector<std::string> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    [[nodiscard]] std::ptrdiff_t count(const std::string& event) {
        const std::lock_guard lock(mutex_);
        return std::count(events_.begin(), events_.end(), event);
    }

private:
    template <typename Condition>
    bool wait_until(Condition condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, condition);
    }

    bool note(std::string event) {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
        if (refuses_) {
            ++refusals_;
            return false;
        }
        events_.push_back(std::move(event));
        return true;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> events_;
    std::size_t refusals_ = 0;
    bool refuses_ = false;
};

}  // namespace ayni::adapter
