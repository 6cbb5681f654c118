#pragma once

#include <string>

#include "ledger/ledger.h"

namespace ayni::ledger::invariants {

/// I10: each reservation ends exactly once, so at every moment what is pending on accounts is
/// exactly what live reservations hold, and none of them is past its deadline.
struct ReservationsEndOnce {
    [[nodiscard]] static std::string check(const Ledger& ledger);
};

}  // namespace ayni::ledger::invariants
