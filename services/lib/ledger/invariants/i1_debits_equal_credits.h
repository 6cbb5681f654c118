#pragma once

#include <string>

#include "ledger/ledger.h"

namespace ayni::ledger::invariants {

/// I1: per currency, Σ debits = Σ credits, pending and posted.
struct DebitsEqualCredits {
    /// What production checks after every command: the totals, kept as they change.
    [[nodiscard]] static constexpr bool holds(const Ledger::Totals& totals) {
        return totals.debits_pending == totals.credits_pending &&
               totals.debits_posted == totals.credits_posted;
    }

    /// The totals are those of the accounts, and balance.
    [[nodiscard]] static std::string check(const Ledger& ledger);
};

}  // namespace ayni::ledger::invariants
