#pragma once

#include <map>
#include <string>

#include "ledger/ledger.h"

namespace ayni::ledger::invariants {

/// I4: one id, one outcome. Observes the outcomes that were acknowledged, across restarts, and says
/// when one contradicts an earlier one. For tests: it remembers without bound.
class OneIdOneOutcome {
public:
    /// An empty string, or the contradiction.
    [[nodiscard]] std::string observe(const TransferId& id, TransferState state);

private:
    [[nodiscard]] static bool may_follow(TransferState from, TransferState to);

    std::map<TransferId, TransferState> seen_;
};

}  // namespace ayni::ledger::invariants
