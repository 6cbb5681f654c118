#include "ledger/invariants/invariants.h"

#include <fmt/format.h>

#include <array>

namespace ayni::ledger::invariants {

std::string DebitsEqualCredits::check(const Ledger& ledger) {
    for (const Currency currency : currencies) {
        Ledger::Totals sums;
        ledger.for_each_account([&](const Account& account) {
            if (account.currency != currency) return;
            sums.debits_pending += account.debits_pending;
            sums.debits_posted += account.debits_posted;
            sums.credits_pending += account.credits_pending;
            sums.credits_posted += account.credits_posted;
        });
        const Ledger::Totals totals = ledger.totals(currency);
        const bool same = sums.debits_pending == totals.debits_pending &&
                          sums.debits_posted == totals.debits_posted &&
                          sums.credits_pending == totals.credits_pending &&
                          sums.credits_posted == totals.credits_posted;
        if (!same || !holds(sums)) {
            return fmt::format("I1: {}: pending {} = {}, posted {} = {} does not hold",
                               base::to_string(currency), sums.debits_pending, sums.credits_pending,
                               sums.debits_posted, sums.credits_posted);
        }
    }
    return {};
}

std::string NeverBelowZero::check(const Ledger& ledger) {
    std::string violation;
    ledger.for_each_account([&](const Account& account) {
        if (holds(account)) return;
        violation = fmt::format("I2: account {} has {} to spend", account.id.value(),
                                rules::spendable(account));
    });
    return violation;
}

std::string WithinCover::check(const Ledger& ledger) {
    std::string violation;
    ledger.for_each_account([&](const Account& account) {
        if (account.kind != AccountKind::position) return;
        const Account& settlement = ledger.account_at(account.settlement_slot);
        if (holds(account, settlement)) return;
        violation = fmt::format("I3: participant {} has a cover of {}", account.owner.value(),
                                rules::cover(settlement, account));
    });
    return violation;
}

std::string WithinCap::check(const Ledger& ledger) {
    std::string violation;
    ledger.for_each_account([&](const Account& account) {
        if (account.kind != AccountKind::position || holds(account)) return;
        violation =
            fmt::format("I3: participant {} is exposed {} over a cap of {}", account.owner.value(),
                        rules::exposure(account), account.net_debit_cap);
    });
    return violation;
}

bool OneIdOneOutcome::may_follow(TransferState from, TransferState to) {
    if (from == to || from == TransferState::reserved) return true;
    return from == TransferState::committed && to == TransferState::returned;
}

std::string OneIdOneOutcome::observe(const TransferId& id, TransferState state) {
    const auto [at, is_new] = seen_.emplace(id, state);
    if (is_new) return {};
    if (!may_follow(at->second, state)) {
        return fmt::format("I4: transfer {} was acknowledged in state {} and then in state {}",
                           base::to_string(id), static_cast<int>(at->second),
                           static_cast<int>(state));
    }
    at->second = state;
    return {};
}

std::string ReservationsEndOnce::check(const Ledger& ledger) {
    struct Seen {
        std::array<std::int64_t, currency_count> held{};
        std::size_t reserved = 0;
        bool overdue = false;
        JournalTime now;
    } seen;
    seen.now = ledger.time();
    ledger.for_each_live(
        [](const TransferView& view, void* context) {
            auto& into = *static_cast<Seen*>(context);
            if (view.live->state != TransferState::reserved) return;
            ++into.reserved;
            into.overdue = into.overdue || view.live->deadline <= into.now;
            for (std::size_t i = 0; i < view.live->posting_count; ++i) {
                into.held[currency_index(view.live->currency)] += view.live->postings[i].amount;
            }
        },
        &seen);
    if (seen.overdue) return "I10: a reservation is held past its deadline";
    if (seen.reserved != ledger.usage().reserved_transfers) {
        return fmt::format("I10: {} reservations are live, {} are waiting for their deadline",
                           seen.reserved, ledger.usage().reserved_transfers);
    }
    for (const Currency currency : currencies) {
        const std::int64_t held = seen.held[currency_index(currency)];
        if (held != ledger.totals(currency).debits_pending) {
            return fmt::format("I10: reservations hold {}, accounts say {}", held,
                               ledger.totals(currency).debits_pending);
        }
    }
    return {};
}

std::string check_all(const Ledger& ledger) {
    for (const auto& check : {DebitsEqualCredits::check, NeverBelowZero::check, WithinCover::check,
                              ReservationsEndOnce::check}) {
        if (std::string violation = check(ledger); !violation.empty()) return violation;
    }
    return {};
}

}  // namespace ayni::ledger::invariants
