#include "ledger/ledger.h"

#include <algorithm>

#include "ledger/invariants/invariants.h"
#include "ledger/rules/balances.h"
#include "ledger/state.h"

namespace ayni::ledger {
namespace {

Outcome outcome_of(const Ledger::State& state, Status status) {
    Outcome outcome;
    outcome.status = status;
    outcome.reason = reason_of(status);
    outcome.decided_sequence = state.last_sequence;
    outcome.decided_at = state.time;
    return outcome;
}

Status advance_protocol_version(Ledger::State& state, const AdvanceProtocolVersion& command) {
    if (command.version <= state.protocol_version || command.version > latest_protocol_version) {
        return Status::protocol_version_unknown;
    }
    state.protocol_version = command.version;
    return Status::ok;
}

bool are_allowed(const Ledger::State& state, const Limits& limits) {
    return limits.participants >= state.participant_count &&
           limits.accounts >= state.account_count && limits.live_transfers >= state.live_count &&
           limits.claims >= state.claims_end - state.claims_begin && limits.claims > 0 &&
           limits.remembered_transfers >= state.remembered_end - state.remembered_begin &&
           limits.remembered_transfers / 2 >= limits.live_transfers;
}

Status take_limits(Ledger::State& state, CommandView started) {
    const Limits* limits = started.limits();
    if (limits == nullptr) return Status::ok;
    if (!are_allowed(state, *limits)) return Status::limits_not_allowed;
    ASSERT(check_room(*limits, state.options).has_value());
    state.limits = *limits;
    return Status::ok;
}

Outcome dispatch(Ledger::State& state, CommandView command, Listener& listener) {
    switch (command.kind()) {
        case CommandKind::tick: return outcome_of(state, Status::ok);
        case CommandKind::started: return outcome_of(state, take_limits(state, command));
        case CommandKind::advance_protocol_version:
            return outcome_of(
                state, advance_protocol_version(state, command.as<AdvanceProtocolVersion>()));
        case CommandKind::create_participant:
            return outcome_of(state,
                              apply_create_participant(state, command.as<CreateParticipant>()));
        case CommandKind::set_participant_state:
            return outcome_of(
                state, apply_set_participant_state(state, command.as<SetParticipantState>()));
        case CommandKind::set_net_debit_cap:
            return outcome_of(state, apply_set_net_debit_cap(state, command.as<SetNetDebitCap>()));
        case CommandKind::create_account:
            return outcome_of(state, apply_create_account(state, command.as<CreateAccount>()));
        case CommandKind::record_funds_in:
            return apply_record_funds_in(state, command.as<RecordFundsIn>(), listener);
        case CommandKind::create_transfer: return apply_create_transfer(state, command, listener);
        case CommandKind::commit_transfer:
            return apply_commit_transfer(state, command.as<CommitTransfer>(), listener);
        case CommandKind::abort_transfer:
            return apply_abort_transfer(state, command.as<AbortTransfer>(), listener);
        case CommandKind::acknowledge_outcome:
            return apply_acknowledge_outcome(state, command.as<AcknowledgeOutcome>(), listener);
        case CommandKind::refuse_committed:
            return apply_refuse_committed(state, command.as<RefuseCommitted>(), listener);
        case CommandKind::claim_batch: return apply_claim_batch(state, command.as<ClaimBatch>());
    }
    UNREACHABLE("command kind");
}

}  // namespace

Ledger::Ledger(const Options& options) : state_(std::make_unique<State>(options)) {}
Ledger::~Ledger() = default;

void Ledger::begin_batch(Sequence first_sequence, JournalTime timestamp, Listener& listener) {
    State& state = *state_;
    ASSERT(first_sequence == state.last_sequence.next());
    ASSERT(timestamp >= state.time);
    state.time = timestamp;
    constexpr auto retention_ms =
        static_cast<std::uint64_t>(std::chrono::milliseconds(id_retention).count());
    const std::uint64_t now_ms = timestamp.milliseconds();
    if (now_ms > retention_ms) state.floor_ms = std::max(state.floor_ms, now_ms - retention_ms);
    expire_due(state, first_sequence, listener);
}

Outcome Ledger::apply(CommandView command, Listener& listener) {
    State& state = *state_;
    state.last_sequence = state.last_sequence.next();
    const Outcome outcome = dispatch(state, command, listener);
    state.digest.add(static_cast<std::uint64_t>(outcome.status) |
                     static_cast<std::uint64_t>(outcome.state) << 8U |
                     static_cast<std::uint64_t>(command.kind()) << 16U |
                     state.last_sequence.value() << 32U);
    ASSERT(invariants::DebitsEqualCredits::holds(state.totals[0]));
    ASSERT(invariants::DebitsEqualCredits::holds(state.totals[1]));
    return outcome;
}

void Ledger::prefetch_index(CommandView command) const {
    if (command.kind() != CommandKind::create_transfer) return;
    const State& state = *state_;
    state.remembered_index.prefetch(state.hash(command.as<CreateTransfer>().id));
    for (const CommandPosting& posting : command.postings()) {
        state.account_index.prefetch(state.hash(posting.debit));
        state.account_index.prefetch(state.hash(posting.credit));
    }
}

void Ledger::prefetch_records(CommandView command) const {
    const State& state = *state_;
    if (command.kind() != CommandKind::create_transfer) return;
    for (const CommandPosting& posting : command.postings()) {
        for (const AccountId account : {posting.debit, posting.credit}) {
            const auto slot = state.account_index.guess(state.hash(account));
            if (slot) state.accounts.prefetch(*slot);
        }
    }
}

std::optional<Outcome> Ledger::peek(CommandView command) const {
    switch (command.kind()) {
        case CommandKind::create_transfer:
        case CommandKind::record_funds_in: return peek_transfer(*state_, command);
        case CommandKind::claim_batch: return peek_claim(*state_, command.as<ClaimBatch>());
        case CommandKind::tick:
        case CommandKind::started:
        case CommandKind::advance_protocol_version:
        case CommandKind::create_participant:
        case CommandKind::set_participant_state:
        case CommandKind::set_net_debit_cap:
        case CommandKind::create_account:
        case CommandKind::commit_transfer:
        case CommandKind::abort_transfer:
        case CommandKind::acknowledge_outcome:
        case CommandKind::refuse_committed: return std::nullopt;
    }
    UNREACHABLE("command kind");
}

std::optional<TransferView> Ledger::find_transfer(const TransferId& id) const {
    const auto slot = state_->remembered_slot(id);
    if (!slot) return std::nullopt;
    return state_->view(state_->remembered[*slot]);
}

const Account* Ledger::find_account(AccountId id) const {
    const auto slot = state_->account_slot(id);
    return slot ? &state_->accounts[*slot] : nullptr;
}

const Participant* Ledger::find_participant(ParticipantId id) const {
    const auto slot = state_->participant_slot(id);
    return slot ? &state_->participants[*slot] : nullptr;
}

const Participant* Ledger::find_participant(std::string_view code) const {
    for (std::uint32_t slot = 0; slot < state_->participant_count; ++slot) {
        if (state_->participants[slot].code_view() == code) return &state_->participants[slot];
    }
    return nullptr;
}

const Participant* Ledger::find_participant_by_entity(std::uint16_t entity_code) const {
    for (std::uint32_t slot = 0; slot < state_->participant_count; ++slot) {
        const Participant& participant = state_->participants[slot];
        if (participant.entity_code == entity_code && entity_code != 0) return &participant;
    }
    return nullptr;
}

std::optional<Ledger::Position> Ledger::position(ParticipantId id, Currency currency) const {
    const Participant* participant = find_participant(id);
    if (participant == nullptr) return std::nullopt;
    const std::size_t index = currency_index(currency);
    const Account& settlement = state_->accounts[participant->settlement_slot[index]];
    const Account& position = state_->accounts[participant->position_slot[index]];
    const std::int64_t by_cover = rules::cover(settlement, position);
    return Position{.settlement = rules::spendable(settlement),
                    .net = position.posted_balance(),
                    .reserved = position.debits_pending,
                    .incoming = position.credits_pending,
                    .unacknowledged = position.unacknowledged_credits,
                    .net_debit_cap = position.net_debit_cap,
                    .available = std::min(by_cover, rules::headroom(position))};
}

std::optional<JournalTime> Ledger::next_deadline() const {
    if (state_->heap_size == 0) return std::nullopt;
    return state_->live[state_->heap[0]].deadline;
}

void Ledger::for_each_live(void (*visit)(const TransferView&, void*), void* context) const {
    for (std::uint32_t slot = 0; slot < state_->live_used; ++slot) {
        const LiveTransfer& live = state_->live[slot];
        if (live.id.is_zero()) continue;
        const RememberedTransfer& record = state_->remembered[live.remembered_slot];
        // A free slot keeps its last id; the index knows which one is in use.
        if (record.id != live.id || !record.is_live || state_->live_slot(live.id) != slot) continue;
        visit({.record = record, .live = &live}, context);
    }
}

std::size_t Ledger::participant_count() const { return state_->participant_count; }
const Participant& Ledger::participant_at(std::size_t index) const {
    return state_->participants[index];
}
std::size_t Ledger::account_count() const { return state_->account_count; }
const Account& Ledger::account_at(std::size_t index) const { return state_->accounts[index]; }

std::size_t Ledger::remembered_count() const {
    return static_cast<std::size_t>(state_->remembered_end - state_->remembered_begin);
}
const RememberedTransfer& Ledger::remembered_at(std::size_t index) const {
    ASSERT(index < remembered_count());
    return state_->remembered[(state_->remembered_begin + index) % state_->remembered.capacity()];
}
Sequence Ledger::latest_forgotten() const { return state_->latest_forgotten; }

Ledger::Totals Ledger::totals(Currency currency) const {
    return state_->totals[currency_index(currency)];
}

Ledger::Usage Ledger::usage() const {
    return {.participants = state_->participant_count,
            .accounts = state_->account_count,
            .live_transfers = state_->live_count,
            .reserved_transfers = state_->heap_size,
            .remembered_transfers = state_->remembered_index.count(),
            .claims = state_->claim_index.count()};
}

const Options& Ledger::options() const { return state_->options; }
const Limits& Ledger::limits() const { return state_->limits; }
Sequence Ledger::last_sequence() const { return state_->last_sequence; }
JournalTime Ledger::time() const { return state_->time; }
std::uint64_t Ledger::floor_ms() const { return state_->floor_ms; }
std::uint64_t Ledger::protocol_version() const { return state_->protocol_version; }
Digest Ledger::digest() const { return state_->digest; }

}  // namespace ayni::ledger
