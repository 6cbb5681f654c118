#pragma once

#include "ledger/invariants/i10_reservations_end_once.h"
#include "ledger/invariants/i1_debits_equal_credits.h"
#include "ledger/invariants/i2_never_below_zero.h"
#include "ledger/invariants/i3_within_cover_and_cap.h"
#include "ledger/invariants/i4_one_id_one_outcome.h"
#include "ledger/invariants/i5_dense_sequence.h"
#include "ledger/invariants/i6_durable_before_visible.h"

namespace ayni::ledger::invariants {

/// Runs every check that scans the whole ledger: for tests and for `ayctl journal verify`, never on
/// the hot path. The first violation in words, or an empty string.
[[nodiscard]] std::string check_all(const Ledger& ledger);

}  // namespace ayni::ledger::invariants
