#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "ledger/model.h"

/// Pure functions over accounts: what may be spent, and why not.
namespace ayni::ledger::rules {

/// No counter of any account, and no total, exceeds this: sums of a few of them never overflow.
inline constexpr std::int64_t max_total = std::int64_t{1} << 60U;
inline constexpr std::int64_t no_cap = std::numeric_limits<std::int64_t>::max();

/// What an account of a kind that can not go below zero has left to debit: less what is reserved,
/// and less what a payee's refusal after the commit would take back, which must always fit.
[[nodiscard]] constexpr std::int64_t spendable(const Account& account) {
    return account.posted_balance() - account.debits_pending - account.unacknowledged_credits;
}

/// What a participant can still reserve by liquidity: its prefunded money plus its position.
[[nodiscard]] constexpr std::int64_t cover(const Account& settlement, const Account& position) {
    return spendable(settlement) + spendable(position);
}

/// How far into debt a participant is with the others, reservations included. Negative: in credit.
[[nodiscard]] constexpr std::int64_t exposure(const Account& position) {
    return -spendable(position);
}

/// What the net debit cap leaves. Never negative as an answer: a lowered cap leaves nothing. Never
/// more than `max_total`, which no transfer exceeds.
[[nodiscard]] constexpr std::int64_t headroom(const Account& position) {
    std::int64_t left = 0;
    // Overflows only upwards: a large cap, and a participant in credit with the others.
    if (__builtin_sub_overflow(position.net_debit_cap, exposure(position), &left)) return max_total;
    return std::clamp<std::int64_t>(left, 0, max_total);
}

/// Whether `kind` may never go below zero (I2).
[[nodiscard]] constexpr bool is_bounded(AccountKind kind) {
    switch (kind) {
        case AccountKind::settlement:
        case AccountKind::customer:
        case AccountKind::programme_fund:
        case AccountKind::collection_liability:
        case AccountKind::fee: return true;
        case AccountKind::position:
        case AccountKind::hosted_clearing:
        case AccountKind::suspense:
        case AccountKind::settlement_bank: return false;
    }
    return true;
}

/// Whether an institution may make accounts of `kind` for itself.
[[nodiscard]] constexpr bool is_open_to_institutions(AccountKind kind) {
    switch (kind) {
        case AccountKind::customer:
        case AccountKind::programme_fund:
        case AccountKind::collection_liability:
        case AccountKind::fee:
        case AccountKind::suspense: return true;
        case AccountKind::settlement:
        case AccountKind::position:
        case AccountKind::hosted_clearing:
        case AccountKind::settlement_bank: return false;
    }
    return false;
}

/// Whether a raw posting of an institution may touch an account of `kind` of its own.
[[nodiscard]] constexpr bool is_open_to_postings(AccountKind kind) {
    return is_open_to_institutions(kind) || kind == AccountKind::hosted_clearing;
}

}  // namespace ayni::ledger::rules
