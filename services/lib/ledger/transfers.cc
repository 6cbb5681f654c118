#include <algorithm>

#include "base/mark.h"
#include "ledger/invariants/invariants.h"
#include "ledger/rules/balances.h"
#include "ledger/rules/identity.h"
#include "ledger/state.h"

namespace ayni::ledger {
namespace {

using base::hash64;

/// The postings of one transfer with their accounts found.
struct Legs {
    std::array<Posting, max_postings> postings{};
    std::size_t count = 0;

    [[nodiscard]] std::span<const Posting> span() const { return {postings.data(), count}; }
};

/// What all legs of one transfer together do to each account that they touch.
class Effects {
public:
    void add(std::uint32_t slot, std::int64_t debit, std::int64_t credit) {
        auto* const end = touched_.begin() + count_;
        auto* found = std::find_if(touched_.begin(), end,
                                   [&](const Touched& touched) { return touched.slot == slot; });
        if (found == end) {
            *found = {.slot = slot, .debit = 0, .credit = 0};
            ++count_;
        }
        found->debit += debit;
        found->credit += credit;
    }

    struct Touched {
        std::uint32_t slot = 0;
        std::int64_t debit = 0;
        std::int64_t credit = 0;
    };
    [[nodiscard]] std::span<const Touched> span() const { return {touched_.data(), count_}; }

private:
    std::array<Touched, 2 * max_postings> touched_{};
    std::size_t count_ = 0;
};

/// A hash of all that a repeat of a request must have in common with the first one.
std::uint64_t fingerprint_of(CommandView command) {
    CreateTransfer body = command.as<CreateTransfer>();
    body.timeout_ms = body.timeout_ms != 0 ? 1 : 0;
    const std::uint64_t of_body = hash64(std::as_bytes(std::span(&body, 1)), 0);
    const auto rest = command.bytes().subspan(sizeof(CommandHeader) + sizeof(CreateTransfer));
    return hash64(rest, of_body);
}

std::uint64_t fingerprint_of(const RecordFundsIn& command) {
    RecordFundsIn body = command;
    body.actor = {};  // another officer repeats the same request
    return hash64(std::as_bytes(std::span(&body, 1)), 0);
}

/// The fields of a new transfer's record that its request determines.
RememberedTransfer record_of(CommandView command) {
    const auto& body = command.as<CreateTransfer>();
    RememberedTransfer record;
    record.id = body.id;
    record.fingerprint = fingerprint_of(command);
    record.initiator = body.initiator;
    record.payee = body.payee;
    record.type = body.type;
    return record;
}

RememberedTransfer record_of(const RecordFundsIn& command) {
    RememberedTransfer record;
    record.id = command.id;
    record.fingerprint = fingerprint_of(command);
    record.initiator = command.participant;
    record.type = TransferType::funds_in;
    return record;
}

Outcome outcome_of(const RememberedTransfer& record, bool replayed) {
    return {.status = record.status,
            .state = record.state,
            .reason = record.reason,
            .replayed = replayed,
            .decided_sequence = record.decided_sequence,
            .decided_at = record.decided_at};
}

Outcome rejection(Status status) {
    Outcome outcome;
    outcome.status = status;
    outcome.reason = reason_of(status);
    return outcome;
}

/// What a transfer is answered whose id is known already.
std::optional<Outcome> answer_repeat(const Ledger::State& state, const TransferId& id,
                                     std::uint64_t fingerprint) {
    const auto slot = state.remembered_slot(id);
    if (!slot) return std::nullopt;
    const RememberedTransfer& known = state.remembered[*slot];
    if (known.fingerprint != fingerprint) {
        MARK("ledger.modified_request");
        Outcome outcome = rejection(Status::modified_request);
        outcome.state = known.state;
        return outcome;
    }
    return outcome_of(known, true);
}

Status check_initiator(const Ledger::State& state, ParticipantId initiator) {
    const auto slot = state.participant_slot(initiator);
    if (!slot) return Status::initiator_unknown;
    if (!rules::may_send(state.participants[*slot].state)) return Status::initiator_suspended;
    return Status::ok;
}

Status check_payee(const Ledger::State& state, const CreateTransfer& body) {
    const auto slot = state.participant_slot(body.payee);
    if (!slot) return Status::payee_unknown;
    if (body.payee == body.initiator) return Status::payee_is_payer;
    const Participant& payee = state.participants[*slot];
    if (!rules::may_receive(payee.state)) return Status::payee_suspended;
    if (payee.unacknowledged_outcomes >= state.limits.unacknowledged_per_participant) {
        return Status::payee_outcomes_full;
    }
    return Status::ok;
}

/// Who may touch which account (DESIGN §5): money crosses between participants from position to
/// position only, and whoever asks moves nothing else that is not its own.
Status check_leg(const CreateTransfer& body, const Account& debit, const Account& credit,
                 bool is_principal) {
    if (body.type == TransferType::payment && is_principal) {
        if (debit.owner != body.initiator) return Status::debit_account_not_owned;
        if (credit.owner != body.payee) return Status::credit_account_not_owned;
        const bool crosses =
            debit.kind == AccountKind::position && credit.kind == AccountKind::position;
        return crosses ? Status::ok : Status::account_kind_not_allowed;
    }
    if (debit.owner != body.initiator) return Status::debit_account_not_owned;
    if (credit.owner != body.initiator) return Status::credit_account_not_owned;
    if (!rules::is_open_to_postings(debit.kind) || !rules::is_open_to_postings(credit.kind)) {
        return Status::account_kind_not_allowed;
    }
    return Status::ok;
}

Status find_legs(const Ledger::State& state, CommandView command, Legs& legs) {
    const auto& body = command.as<CreateTransfer>();
    for (const CommandPosting& posting : command.postings()) {
        if (posting.amount <= 0) return Status::amount_not_positive;
        const auto debit = state.account_slot(posting.debit);
        if (!debit) return Status::debit_account_unknown;
        const auto credit = state.account_slot(posting.credit);
        if (!credit) return Status::credit_account_unknown;
        if (*debit == *credit) return Status::accounts_identical;
        const Account& debit_account = state.accounts[*debit];
        const Account& credit_account = state.accounts[*credit];
        if (debit_account.currency != body.currency || credit_account.currency != body.currency) {
            return Status::currency_mismatch;
        }
        const Status allowed = check_leg(body, debit_account, credit_account, legs.count == 0);
        if (allowed != Status::ok) return allowed;
        legs.postings[legs.count++] = {
            .debit_slot = *debit, .credit_slot = *credit, .amount = posting.amount};
    }
    return Status::ok;
}

/// No total may leave the range in which sums are exact. Since a total is never less than any
/// account's counter, that bounds the accounts as well.
Status check_totals(const Ledger::State& state, Currency currency, std::span<const Posting> legs) {
    const Ledger::Totals& totals = state.totals[currency_index(currency)];
    std::int64_t left = rules::max_total - totals.debits_posted - totals.debits_pending;
    for (const Posting& leg : legs) {
        if (leg.amount > left) return Status::balance_would_overflow;
        left -= leg.amount;
    }
    return Status::ok;
}

/// `credit` is what the same transfer adds to the account that it debits: it counts when it is
/// posted at once, and not when it is only reserved.
Status check_debit(const Ledger::State& state, const Account& account, std::int64_t debit,
                   std::int64_t credit) {
    if (account.kind == AccountKind::position) {
        if (rules::cover(state.accounts[account.settlement_slot], account) + credit < debit) {
            return Status::insufficient_cover;
        }
        if (rules::headroom(account) + credit < debit) return Status::net_debit_cap_exceeded;
        return Status::ok;
    }
    if (rules::is_bounded(account.kind) && rules::spendable(account) + credit < debit) {
        return Status::insufficient_funds;
    }
    return Status::ok;
}

Status check_money(const Ledger::State& state, std::span<const Posting> legs, bool one_step) {
    if (legs.size() == 1) {
        return check_debit(state, state.accounts[legs[0].debit_slot], legs[0].amount, 0);
    }
    Effects effects;
    for (const Posting& leg : legs) {
        effects.add(leg.debit_slot, leg.amount, 0);
        effects.add(leg.credit_slot, 0, leg.amount);
    }
    for (const Effects::Touched& touched : effects.span()) {
        if (touched.debit == 0) continue;
        const Status enough = check_debit(state, state.accounts[touched.slot], touched.debit,
                                          one_step ? touched.credit : 0);
        if (enough != Status::ok) return enough;
    }
    return Status::ok;
}

void post_leg(Ledger::State& state, const Posting& leg, Currency currency) {
    Account& debit = state.accounts[leg.debit_slot];
    Account& credit = state.accounts[leg.credit_slot];
    debit.debits_posted += leg.amount;
    credit.credits_posted += leg.amount;
    Ledger::Totals& totals = state.totals[currency_index(currency)];
    totals.debits_posted += leg.amount;
    totals.credits_posted += leg.amount;
}

/// `sign` 1 reserves, -1 lets go.
void hold_leg(Ledger::State& state, const Posting& leg, Currency currency, std::int64_t sign) {
    Account& debit = state.accounts[leg.debit_slot];
    Account& credit = state.accounts[leg.credit_slot];
    debit.debits_pending += sign * leg.amount;
    credit.credits_pending += sign * leg.amount;
    ASSERT(debit.debits_pending >= 0);
    ASSERT(credit.credits_pending >= 0);
    Ledger::Totals& totals = state.totals[currency_index(currency)];
    totals.debits_pending += sign * leg.amount;
    totals.credits_pending += sign * leg.amount;
}

/// `sign` 1 withholds what a committed payment credited, -1 no longer does.
void add_unacknowledged(Ledger::State& state, const LiveTransfer& live, std::int64_t sign) {
    for (std::size_t i = 0; i < live.posting_count; ++i) {
        Account& credited = state.accounts[live.postings[i].credit_slot];
        credited.unacknowledged_credits += sign * live.postings[i].amount;
        ASSERT(credited.unacknowledged_credits >= 0);
    }
}

/// Mixes what was touched into the digest, after its invariants were checked.
void settle_touched(Ledger::State& state, std::span<const Posting> legs) {
    for (const Posting& leg : legs) {
        for (const std::uint32_t slot : {leg.debit_slot, leg.credit_slot}) {
            const Account& account = state.accounts[slot];
            ASSERT(invariants::NeverBelowZero::holds(account));
            ASSERT(
                invariants::WithinCover::holds(account, state.accounts[account.settlement_slot]));
            state.mix(account);
        }
    }
}

/// The transfer reached a new state: both records, digest and listener learn it.
void decide(Ledger::State& state, LiveTransfer& live, TransferState to, ReasonCode reason,
            Sequence sequence, Listener& listener) {
    live.state = to;
    live.reason = reason;
    live.decided_sequence = sequence;
    live.decided_at = state.time;
    RememberedTransfer& record = state.remembered[live.remembered_slot];
    ASSERT(record.id == live.id);
    record.state = to;
    record.reason = reason;
    record.decided_sequence = sequence;
    record.decided_at = state.time;
    state.mix(record);
    listener.transfer_changed({.record = record, .live = &live});
}

Participant& participant(Ledger::State& state, ParticipantId id) {
    const auto slot = state.participant_slot(id);
    ASSERT(slot.has_value());
    return state.participants[*slot];
}

void free_if_told(Ledger::State& state, LiveTransfer& live) {
    if (live.state == TransferState::reserved || live.payee_untold || live.payer_untold) return;
    const auto slot = state.live_slot(live.id);
    ASSERT(slot.has_value());
    state.free_live(*slot);
}

void let_go(Ledger::State& state, LiveTransfer& live) {
    for (std::size_t i = 0; i < live.posting_count; ++i) {
        hold_leg(state, live.postings[i], live.currency, -1);
    }
}

/// Ends a reservation without a movement.
void abort(Ledger::State& state, std::uint32_t slot, ReasonCode reason, bool payee_was_asked,
           Sequence sequence, Listener& listener) {
    LiveTransfer& live = state.live[slot];
    ASSERT(live.state == TransferState::reserved);
    state.heap_remove(slot);
    let_go(state, live);
    settle_touched(state, {live.postings.data(), live.posting_count});
    if (live.payee_untold && !payee_was_asked) {
        MARK("ledger.payee_need_not_be_told");
        live.payee_untold = false;
        --participant(state, live.payee).unacknowledged_outcomes;
    }
    decide(state, live, TransferState::aborted, reason, sequence, listener);
    free_if_told(state, live);
}

void reserve(Ledger::State& state, CommandView command, const Legs& legs,
             std::uint32_t remembered_slot) {
    const auto& body = command.as<CreateTransfer>();
    const std::uint32_t slot = state.allocate_live(body.id);
    LiveTransfer& live = state.live[slot];
    live.created_sequence = state.last_sequence;
    live.decided_sequence = state.last_sequence;
    live.deadline = state.time + std::chrono::milliseconds(body.timeout_ms);
    live.decided_at = state.time;
    live.initiator = body.initiator;
    live.payee = body.payee;
    live.remembered_slot = remembered_slot;
    live.currency = body.currency;
    live.posting_count = static_cast<std::uint8_t>(legs.count);
    live.type = body.type;
    live.postings = legs.postings;
    for (const Posting& leg : legs.span()) hold_leg(state, leg, body.currency, 1);
    if (body.type == TransferType::payment) {
        live.payee_untold = true;
        ++participant(state, body.payee).unacknowledged_outcomes;
    }
    state.heap_insert(slot);
}

/// Remembers a new transfer in the state that its creation gave it, and tells.
Outcome conclude_creation(Ledger::State& state, RememberedTransfer& record, Status status,
                          TransferState to) {
    record.status = status;
    record.state = to;
    record.reason = reason_of(status);
    record.created_sequence = state.last_sequence;
    record.decided_sequence = state.last_sequence;
    record.decided_at = state.time;
    state.mix(record);
    return outcome_of(record, false);
}

Outcome reject(Ledger::State& state, RememberedTransfer record, Status status, Listener& listener) {
    if (is_transient(status)) {
        MARK("ledger.rejected_for_now");
        return rejection(status);
    }
    const Outcome outcome = conclude_creation(state, record, status, TransferState::rejected);
    state.remember(record);
    listener.transfer_changed({.record = record, .live = nullptr});
    return outcome;
}

Outcome post(Ledger::State& state, RememberedTransfer record, std::span<const Posting> legs,
             Currency currency, Listener& listener) {
    for (const Posting& leg : legs) post_leg(state, leg, currency);
    settle_touched(state, legs);
    const Outcome outcome = conclude_creation(state, record, Status::ok, TransferState::committed);
    state.remember(record);
    listener.transfer_changed({.record = record, .live = nullptr});
    return outcome;
}

Status check_shape(const CreateTransfer& body) {
    const bool is_payment = body.type == TransferType::payment;
    if (!is_payment && body.type != TransferType::ledger) return Status::command_malformed;
    if (!is_payment && !body.payee.is_zero()) return Status::command_malformed;
    return Status::ok;
}

Status check_bounds(const CreateTransfer& body) {
    if (body.posting_count == 0 || body.posting_count > max_postings) {
        return Status::posting_count_invalid;
    }
    const bool needs_timeout = body.type == TransferType::payment;
    if (!rules::is_timeout(body.timeout_ms) || (needs_timeout && body.timeout_ms == 0)) {
        return Status::timeout_invalid;
    }
    return Status::ok;
}

/// All checks behind those of the id, in order of precedence; fills `legs`.
Status check_create(const Ledger::State& state, CommandView command, Legs& legs) {
    const auto& body = command.as<CreateTransfer>();
    if (const Status s = check_initiator(state, body.initiator); s != Status::ok) return s;
    if (body.type == TransferType::payment) {
        if (const Status s = check_payee(state, body); s != Status::ok) return s;
    }
    if (const Status s = check_bounds(body); s != Status::ok) return s;
    if (const Status s = find_legs(state, command, legs); s != Status::ok) return s;
    if (const Status s = check_totals(state, body.currency, legs.span()); s != Status::ok) return s;
    const bool one_step = body.timeout_ms == 0;
    if (const Status s = check_money(state, legs.span(), one_step); s != Status::ok) return s;
    if (!one_step && state.live_count == state.limits.live_transfers)
        return Status::live_transfers_full;
    return Status::ok;
}

/// Why a transfer in `state` can be neither committed nor aborted any more.
Status already(TransferState state) {
    switch (state) {
        case TransferState::reserved: return Status::ok;
        case TransferState::committed: return Status::already_committed;
        case TransferState::aborted: return Status::already_aborted;
        case TransferState::rejected: return Status::already_rejected;
        case TransferState::returned: return Status::already_returned;
    }
    UNREACHABLE("transfer state");
}

/// The record of a transfer that somebody may speak about, or why not.
struct Found {
    Status status = Status::ok;
    std::uint32_t remembered = 0;
};

Found find_for(const Ledger::State& state, const TransferId& id, ParticipantId by,
               ParticipantId RememberedTransfer::* party) {
    const auto slot = state.remembered_slot(id);
    if (!slot) return {.status = Status::transfer_unknown};
    const RememberedTransfer& record = state.remembered[*slot];
    // Zero names nobody, also where a transfer has no payee.
    if (by.is_zero() || record.*party != by) return {.status = Status::not_authorised};
    return {.status = Status::ok, .remembered = *slot};
}

/// A payment is decided by its payee, a raw reservation by whoever made it.
Found find_to_decide(const Ledger::State& state, const TransferId& id, ParticipantId by) {
    const auto slot = state.remembered_slot(id);
    if (!slot) return {.status = Status::transfer_unknown};
    const bool is_payment = state.remembered[*slot].type == TransferType::payment;
    return find_for(state, id, by,
                    is_payment ? &RememberedTransfer::payee : &RememberedTransfer::initiator);
}

Outcome answer(const RememberedTransfer& record, Status status, bool replayed) {
    Outcome outcome = outcome_of(record, replayed);
    outcome.status = status;
    return outcome;
}

LiveTransfer& live_of(Ledger::State& state, const TransferId& id, std::uint32_t& slot) {
    const auto found = state.live_slot(id);
    ASSERT(found.has_value());
    slot = *found;
    return state.live[slot];
}

}  // namespace

std::optional<Outcome> peek_transfer(const Ledger::State& state, CommandView command) {
    if (command.kind() == CommandKind::record_funds_in) {
        const auto& body = command.as<RecordFundsIn>();
        return answer_repeat(state, body.id, fingerprint_of(body));
    }
    const auto& body = command.as<CreateTransfer>();
    // Its shape is judged before its id.
    if (check_shape(body) != Status::ok) return std::nullopt;
    const auto slot = state.remembered_slot(body.id);
    if (!slot) return std::nullopt;
    return answer_repeat(state, body.id, fingerprint_of(command));
}

Outcome apply_record_funds_in(Ledger::State& state, const RecordFundsIn& command,
                              Listener& listener) {
    RememberedTransfer record = record_of(command);
    if (const auto known = answer_repeat(state, command.id, record.fingerprint)) return *known;
    const auto check = [&]() -> Status {
        const Status id_status = rules::check_transfer_id(command.id, state.floor_ms, state.time);
        if (id_status != Status::ok) return id_status;
        if (!state.participant_slot(command.participant)) return Status::participant_unknown;
        const auto raw_currency = static_cast<std::uint16_t>(command.currency);
        if (!base::currency_of(raw_currency)) return Status::currency_unknown;
        if (command.amount <= 0) return Status::amount_not_positive;
        return Status::ok;
    };
    if (const Status status = check(); status != Status::ok) {
        return reject(state, record, status, listener);
    }
    const auto bank =
        state.account_slot(system_account(hub, AccountKind::settlement_bank, command.currency));
    const auto settlement = state.account_slot(
        system_account(command.participant, AccountKind::settlement, command.currency));
    ASSERT(bank.has_value());
    ASSERT(settlement.has_value());
    const std::array<Posting, 1> legs{
        {{.debit_slot = *bank, .credit_slot = *settlement, .amount = command.amount}}};
    if (const Status status = check_totals(state, command.currency, legs); status != Status::ok) {
        return reject(state, record, status, listener);
    }
    // After this point the command must succeed.

    return post(state, record, legs, command.currency, listener);
}

Outcome apply_create_transfer(Ledger::State& state, CommandView command, Listener& listener) {
    const auto& body = command.as<CreateTransfer>();
    if (const Status status = check_shape(body); status != Status::ok) return rejection(status);
    RememberedTransfer record = record_of(command);
    if (const auto known = answer_repeat(state, body.id, record.fingerprint)) return *known;
    const Status id_status = rules::check_transfer_id(body.id, state.floor_ms, state.time);
    if (id_status != Status::ok) return rejection(id_status);
    Legs legs;
    if (const Status status = check_create(state, command, legs); status != Status::ok) {
        return reject(state, record, status, listener);
    }
    // After this point the command must succeed.

    if (body.timeout_ms == 0) return post(state, record, legs.span(), body.currency, listener);
    record.is_live = true;
    const Outcome outcome = conclude_creation(state, record, Status::ok, TransferState::reserved);
    const std::uint32_t slot = state.remember(record);
    reserve(state, command, legs, slot);
    settle_touched(state, legs.span());
    listener.transfer_changed(state.view(state.remembered[slot]));
    return outcome;
}

Outcome apply_commit_transfer(Ledger::State& state, const CommitTransfer& command,
                              Listener& listener) {
    const Found found = find_to_decide(state, command.id, command.by);
    if (found.status != Status::ok) return rejection(found.status);
    const RememberedTransfer& record = state.remembered[found.remembered];
    if (record.state == TransferState::committed) return answer(record, Status::ok, true);
    if (record.state != TransferState::reserved) {
        MARK("ledger.commit_came_too_late");
        return answer(record, already(record.state), true);
    }
    // After this point the command must succeed: what was reserved always fits.

    std::uint32_t slot = 0;
    LiveTransfer& live = live_of(state, command.id, slot);
    state.heap_remove(slot);
    let_go(state, live);
    for (std::size_t i = 0; i < live.posting_count; ++i) {
        post_leg(state, live.postings[i], live.currency);
    }
    // Until the payee acknowledges it nobody can spend what it credited, so that its return always
    // fits.
    if (live.type == TransferType::payment) add_unacknowledged(state, live, 1);
    settle_touched(state, {live.postings.data(), live.posting_count});
    decide(state, live, TransferState::committed, {}, state.last_sequence, listener);
    const Outcome outcome = outcome_of(record, false);
    free_if_told(state, live);
    return outcome;
}

Outcome apply_abort_transfer(Ledger::State& state, const AbortTransfer& command,
                             Listener& listener) {
    Found found;
    if (command.by == hub) {
        const auto slot = state.remembered_slot(command.id);
        found = slot ? Found{.status = Status::ok, .remembered = *slot}
                     : Found{.status = Status::transfer_unknown};
    } else {
        found = find_to_decide(state, command.id, command.by);
    }
    if (found.status != Status::ok) return rejection(found.status);
    const RememberedTransfer& record = state.remembered[found.remembered];
    if (record.state == TransferState::aborted) return answer(record, Status::ok, true);
    if (record.state != TransferState::reserved) {
        MARK("ledger.abort_came_too_late");
        return answer(record, already(record.state), true);
    }
    // After this point the command must succeed.

    const auto slot = state.live_slot(command.id);
    ASSERT(slot.has_value());
    abort(state, *slot, command.reason, command.payee_was_asked != 0, state.last_sequence,
          listener);
    return outcome_of(record, false);
}

Outcome apply_acknowledge_outcome(Ledger::State& state, const AcknowledgeOutcome& command,
                                  Listener& listener) {
    const auto remembered = state.remembered_slot(command.id);
    if (!remembered) return rejection(Status::transfer_unknown);
    const RememberedTransfer record = state.remembered[*remembered];
    const bool is_payee = record.payee == command.by;
    const bool is_party = is_payee || record.initiator == command.by;
    if (command.by.is_zero() || !is_party) return rejection(Status::not_authorised);
    if (record.state == TransferState::reserved) {
        return answer(record, Status::not_committed, false);
    }
    if (!record.is_live) return answer(record, Status::outcome_already_acknowledged, true);
    std::uint32_t slot = 0;
    LiveTransfer& live = live_of(state, command.id, slot);
    bool& untold = is_payee ? live.payee_untold : live.payer_untold;
    if (!untold) return answer(record, Status::outcome_already_acknowledged, true);
    // After this point the command must succeed.

    untold = false;
    Participant& by = participant(state, command.by);
    ASSERT(by.unacknowledged_outcomes > 0);
    --by.unacknowledged_outcomes;
    if (is_payee && live.state == TransferState::committed) add_unacknowledged(state, live, -1);
    state.digest.add(record.id.low ^ command.by.value());
    free_if_told(state, live);
    listener.outcome_acknowledged(state.view(state.remembered[*remembered]), command.by);
    return answer(record, Status::ok, false);
}

Outcome apply_refuse_committed(Ledger::State& state, const RefuseCommitted& command,
                               Listener& listener) {
    const Found found = find_for(state, command.id, command.by, &RememberedTransfer::payee);
    if (found.status != Status::ok) return rejection(found.status);
    const RememberedTransfer& record = state.remembered[found.remembered];
    if (record.state == TransferState::returned) return answer(record, Status::ok, true);
    if (record.state != TransferState::committed) {
        return answer(record, Status::not_committed, false);
    }
    if (!record.is_live) return answer(record, Status::outcome_already_acknowledged, true);
    std::uint32_t slot = 0;
    LiveTransfer& live = live_of(state, command.id, slot);
    ASSERT(live.payee_untold);
    const std::span<const Posting> legs{live.postings.data(), live.posting_count};
    if (const Status status = check_totals(state, live.currency, legs); status != Status::ok) {
        return answer(record, status, false);
    }
    // After this point the command must succeed, whatever the payee's state and cap: nothing of
    // what it credited can have been spent.
    MARK("ledger.returned");

    add_unacknowledged(state, live, -1);
    for (const Posting& leg : legs) {
        post_leg(
            state,
            {.debit_slot = leg.credit_slot, .credit_slot = leg.debit_slot, .amount = leg.amount},
            live.currency);
    }
    settle_touched(state, legs);
    live.payee_untold = false;  // it said so itself
    --participant(state, live.payee).unacknowledged_outcomes;
    live.payer_untold = true;
    ++participant(state, live.initiator).unacknowledged_outcomes;
    decide(state, live, TransferState::returned, command.reason, state.last_sequence, listener);
    return outcome_of(record, false);
}

void expire_due(Ledger::State& state, Sequence sequence, Listener& listener) {
    while (state.heap_size > 0) {
        const std::uint32_t slot = state.heap[0];
        if (state.live[slot].deadline > state.time) return;
        MARK("ledger.expired");
        abort(state, slot, ReasonCode("AB05"), true, sequence, listener);
    }
}

}  // namespace ayni::ledger
