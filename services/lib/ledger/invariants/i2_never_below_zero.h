#pragma once

#include <string>

#include "ledger/ledger.h"
#include "ledger/rules/balances.h"

namespace ayni::ledger::invariants {

/// I2: a customer account (and every other kind that is bounded) never goes below zero, pending
/// included.
struct NeverBelowZero {
    [[nodiscard]] static constexpr bool holds(const Account& account) {
        return !rules::is_bounded(account.kind) || rules::spendable(account) >= 0;
    }

    [[nodiscard]] static std::string check(const Ledger& ledger);
};

}  // namespace ayni::ledger::invariants
