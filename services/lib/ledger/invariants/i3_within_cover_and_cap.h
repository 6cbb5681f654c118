#pragma once

#include <string>

#include "ledger/ledger.h"
#include "ledger/rules/balances.h"

namespace ayni::ledger::invariants {

/// I3: exposure with reservations never exceeds cover nor cap, whatever the batch size or the
/// concurrency. The cap bounds what is newly reserved (it may be lowered below the exposure), so
/// what holds at every moment is the cover.
struct WithinCover {
    [[nodiscard]] static constexpr bool holds(const Account& account, const Account& settlement) {
        return account.kind != AccountKind::position || rules::cover(settlement, account) >= 0;
    }

    [[nodiscard]] static std::string check(const Ledger& ledger);
};

/// I3, the cap, for ledgers whose caps were never lowered.
struct WithinCap {
    [[nodiscard]] static constexpr bool holds(const Account& position) {
        return position.net_debit_cap == rules::no_cap ||
               rules::exposure(position) <= position.net_debit_cap;
    }

    [[nodiscard]] static std::string check(const Ledger& ledger);
};

}  // namespace ayni::ledger::invariants
