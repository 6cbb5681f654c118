#pragma once

#include <map>
#include <set>
#include <vector>

#include "adapter/wallet_adapter.h"

namespace ayni::test {

/// Institutions that answer only when the test does; remembers what they were sent.
class RecordingNetwork final : public adapter::WalletNetwork {
public:
    [[nodiscard]] bool is_connected(base::ParticipantId participant) const override {
        return connected.contains(participant);
    }
    [[nodiscard]] bool send_accept(base::ParticipantId payee,
                                   const adapter::AcceptRequest& request) override {
        if (!is_connected(payee)) return false;
        accepts[payee].push_back(request);
        return true;
    }
    [[nodiscard]] bool send_outcome(base::ParticipantId to,
                                    const adapter::OutcomeNotice& notice) override {
        if (!is_connected(to) || outboxes_full) return false;
        outcomes[to].push_back(notice);
        return true;
    }

    std::set<base::ParticipantId> connected;
    bool outboxes_full = false;
    std::map<base::ParticipantId, std::vector<adapter::AcceptRequest>> accepts;
    std::map<base::ParticipantId, std::vector<adapter::OutcomeNotice>> outcomes;
};

}  // namespace ayni::test
