#include "property/model.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ayni::property {
namespace {

using ledger::hub;
using ledger::ReasonCode;

constexpr Model::Sum max_total = Model::Sum{1} << 60U;
constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

template <typename Body>
bool same_bytes(const Body& a, const Body& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

bool is_currency(Currency currency) {
    return currency == Currency::pen || currency == Currency::usd;
}

bool may_be_opened(AccountKind kind) {
    return kind == AccountKind::customer || kind == AccountKind::programme_fund ||
           kind == AccountKind::collection_liability || kind == AccountKind::fee ||
           kind == AccountKind::suspense;
}

/// Below zero may go: what participants owe each other (by cover and cap), mirrors and suspense.
bool never_below_zero(AccountKind kind) {
    return kind == AccountKind::settlement ||
           (may_be_opened(kind) && kind != AccountKind::suspense);
}

bool is_code(const std::array<char, ledger::participant_code_bytes>& code) {
    const std::string text(code.begin(), std::find(code.begin(), code.end(), '\0'));
    const bool is_padded =
        std::all_of(code.begin() + static_cast<std::ptrdiff_t>(text.size()), code.end(),
                    [](char character) { return character == '\0'; });
    return !text.empty() && text[0] >= 'a' && text[0] <= 'z' && is_padded &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

bool is_left_unused_by(Status status) {
    return status == Status::transfer_id_zero || status == Status::modified_request ||
           status == Status::id_too_old || status == Status::id_in_future ||
           status == Status::payee_outcomes_full || status == Status::live_transfers_full;
}

bool may_send(ledger::ParticipantState state) {
    return state == ledger::ParticipantState::active ||
           state == ledger::ParticipantState::send_only;
}
bool may_receive(ledger::ParticipantState state) {
    return state == ledger::ParticipantState::active ||
           state == ledger::ParticipantState::receive_only;
}

Outcome rejection(Status status, TransferState state = TransferState::rejected) {
    Outcome outcome;
    outcome.status = status;
    outcome.state = state;
    outcome.reason = ledger::reason_of(status);
    return outcome;
}

/// What the transfer's present state says, under the answer's own status.
Outcome answer(const Model::Transfer& transfer, Status status, bool replayed) {
    return {.status = status,
            .state = transfer.state,
            .reason = transfer.reason,
            .replayed = replayed,
            .decided_sequence = transfer.decided_sequence,
            .decided_at = transfer.decided_at};
}

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

/// A payment is decided by its payee, anything else by whoever made it.
ParticipantId decider(const Model::Transfer& transfer) {
    return transfer.type == TransferType::payment ? transfer.payee : transfer.initiator;
}

}  // namespace

bool is_same_request(const Command& a, const Command& b) {
    if (a.index() != b.index()) return false;
    if (const auto* first = std::get_if<ledger::RecordFundsIn>(&a)) {
        ledger::RecordFundsIn other = std::get<ledger::RecordFundsIn>(b);
        other.actor = first->actor;  // another officer repeats the same request
        return same_bytes(*first, other);
    }
    const auto& first = std::get<TransferRequest>(a);
    const auto& second = std::get<TransferRequest>(b);
    ledger::CreateTransfer body = second.body;
    // Less time may be left, but a reservation never equals a transfer in one step.
    if (first.body.timeout_ms != 0 && body.timeout_ms != 0) body.timeout_ms = first.body.timeout_ms;
    return same_bytes(first.body, body) &&
           std::equal(first.postings.begin(), first.postings.end(), second.postings.begin(),
                      second.postings.end(), same_bytes<ledger::CommandPosting>) &&
           first.details.has_value() == second.details.has_value() &&
           (!first.details || same_bytes(*first.details, *second.details));
}

Model::Model(const ledger::Limits& given) : limits(given) {
    for (const Currency currency : ledger::currencies) {
        open(ledger::system_account(hub, AccountKind::settlement_bank, currency), hub,
             AccountKind::settlement_bank, currency);
    }
}

// What can be known.

Model::Sum Model::pending_debits(AccountId id) const {
    Sum sum = 0;
    for (const auto& [_, transfer] : transfers) {
        if (transfer.state != TransferState::reserved) continue;
        for (const auto& leg : transfer.legs) sum += leg.debit == id ? leg.amount : 0;
    }
    return sum;
}

Model::Sum Model::pending_credits(AccountId id) const {
    Sum sum = 0;
    for (const auto& [_, transfer] : transfers) {
        if (transfer.state != TransferState::reserved) continue;
        for (const auto& leg : transfer.legs) sum += leg.credit == id ? leg.amount : 0;
    }
    return sum;
}

Model::Sum Model::unacknowledged(AccountId id) const {
    Sum sum = 0;
    for (const auto& [_, transfer] : transfers) {
        if (transfer.state != TransferState::committed || !transfer.payee_untold) continue;
        for (const auto& leg : transfer.legs) sum += leg.credit == id ? leg.amount : 0;
    }
    return sum;
}

std::uint32_t Model::owed_acknowledgements(ParticipantId id) const {
    std::uint32_t count = 0;
    for (const auto& [_, transfer] : transfers) {
        if (transfer.payee_untold && transfer.payee == id) ++count;
        if (transfer.payer_untold && transfer.initiator == id) ++count;
    }
    return count;
}

Model::Sum Model::spendable(AccountId id) const {
    const Account& account = accounts.at(id);
    return account.credits_posted - account.debits_posted - pending_debits(id) - unacknowledged(id);
}

AccountId Model::position_of(ParticipantId id, Currency currency) const {
    return ledger::system_account(id, AccountKind::position, currency);
}

Model::Sum Model::cover(ParticipantId id, Currency currency) const {
    return spendable(ledger::system_account(id, AccountKind::settlement, currency)) +
           spendable(position_of(id, currency));
}

std::optional<Model::Sum> Model::headroom(ParticipantId id, Currency currency) const {
    const auto cap = caps.find({id, currency});
    if (cap == caps.end() || cap->second == unlimited) return std::nullopt;
    return std::max<Sum>(0, cap->second + spendable(position_of(id, currency)));
}

Model::Sum Model::total_pending(Currency currency) const {
    Sum sum = 0;
    for (const auto& [id, account] : accounts) {
        if (account.currency == currency) sum += pending_debits(id);
    }
    return sum;
}

Model::Sum Model::total_posted(Currency currency) const {
    Sum sum = 0;
    for (const auto& [_, account] : accounts) {
        if (account.currency == currency) sum += account.debits_posted;
    }
    return sum;
}

std::size_t Model::live_count() const {
    return static_cast<std::size_t>(std::count_if(
        transfers.begin(), transfers.end(), [](const auto& it) { return it.second.is_live(); }));
}

std::optional<JournalTime> Model::next_deadline() const {
    std::optional<JournalTime> next;
    for (const auto& [_, transfer] : transfers) {
        if (transfer.state != TransferState::reserved) continue;
        if (!next || transfer.deadline < *next) next = transfer.deadline;
    }
    return next;
}

// Time.

void Model::begin_batch(Sequence first, JournalTime time) {
    now = time;
    constexpr std::uint64_t day_ms = 24ULL * 60 * 60 * 1'000;
    if (now.milliseconds() > day_ms) floor_ms = std::max(floor_ms, now.milliseconds() - day_ms);
    for (auto due = next_deadline(); due && *due <= now; due = next_deadline()) {
        std::optional<TransferId> chosen;
        for (const auto& [id, transfer] : transfers) {
            if (transfer.state != TransferState::reserved || transfer.deadline != *due) continue;
            if (!chosen || transfer.created_sequence < transfers.at(*chosen).created_sequence) {
                chosen = id;
            }
        }
        change(*chosen, TransferState::aborted, ReasonCode("AB05"), first);
    }
}

Outcome Model::apply(const Command& command) {
    last = last.next();
    return std::visit([this](const auto& body) { return on(body); }, command);
}

Outcome Model::done(Status status) const {
    Outcome outcome = rejection(status);
    outcome.decided_sequence = last;
    outcome.decided_at = now;
    return outcome;
}

Outcome Model::on(const Tick& /*command*/) { return done(Status::ok); }

Outcome Model::on(const Start& command) {
    if (!command.limits) return done(Status::ok);
    const ledger::Limits& wanted = *command.limits;
    const bool is_less =
        wanted.participants < participants.size() || wanted.accounts < accounts.size() ||
        wanted.live_transfers < live_count() || wanted.remembered_transfers < remembered.size() ||
        wanted.claims < claims.size();
    const bool contradicts =
        wanted.claims == 0 || wanted.live_transfers > wanted.remembered_transfers / 2;
    if (is_less || contradicts) return done(Status::limits_not_allowed);
    limits = wanted;
    return done(Status::ok);
}

Outcome Model::on(const ledger::AdvanceProtocolVersion& command) {
    if (command.version <= version || command.version > ledger::latest_protocol_version) {
        return done(Status::protocol_version_unknown);
    }
    version = command.version;
    return done(Status::ok);
}

// Participants and accounts: shape, what exists, room.

Status Model::check(const ledger::CreateParticipant& command) const {
    if (command.participant <= hub || command.participant.value() >= 1U << 31U) {
        return Status::participant_id_invalid;
    }
    if (!is_code(command.code)) return Status::participant_code_invalid;
    if (const auto known = participants.find(command.participant); known != participants.end()) {
        const bool same =
            known->second.code == command.code && known->second.entity_code == command.entity_code;
        return same ? Status::ok : Status::participant_exists_differently;
    }
    for (const auto& [_, other] : participants) {
        if (other.code == command.code) return Status::participant_code_taken;
    }
    for (const auto& [_, other] : participants) {
        if (command.entity_code != 0 && other.entity_code == command.entity_code) {
            return Status::entity_code_taken;
        }
    }
    if (participants.size() == limits.participants) return Status::participants_full;
    if (accounts.size() + 6 > limits.accounts) return Status::accounts_full;
    return Status::ok;
}

Outcome Model::on(const ledger::CreateParticipant& command) {
    const Status status = check(command);
    if (status != Status::ok || participants.count(command.participant) != 0) return done(status);
    participants[command.participant] = {
        .code = command.code, .entity_code = command.entity_code, .state = {}};
    participants[command.participant].state = ledger::ParticipantState::active;
    for (const Currency currency : ledger::currencies) {
        for (const AccountKind kind :
             {AccountKind::settlement, AccountKind::position, AccountKind::hosted_clearing}) {
            open(ledger::system_account(command.participant, kind, currency), command.participant,
                 kind, currency);
        }
    }
    return done(Status::ok);
}

void Model::open(AccountId id, ParticipantId owner, AccountKind kind, Currency currency) {
    Account account;
    account.owner = owner;
    account.kind = kind;
    account.currency = currency;
    accounts[id] = account;
}

Outcome Model::on(const ledger::SetParticipantState& command) {
    if (command.state < ledger::ParticipantState::active ||
        command.state > ledger::ParticipantState::receive_only) {
        return done(Status::participant_state_invalid);
    }
    const auto known = participants.find(command.participant);
    if (known == participants.end()) return done(Status::participant_unknown);
    known->second.state = command.state;
    return done(Status::ok);
}

Outcome Model::on(const ledger::SetNetDebitCap& command) {
    if (participants.count(command.participant) == 0) return done(Status::participant_unknown);
    if (!is_currency(command.currency)) return done(Status::currency_unknown);
    if (command.cap < 0) return done(Status::cap_negative);
    caps[{command.participant, command.currency}] = command.cap;
    return done(Status::ok);
}

Status Model::check(const ledger::CreateAccount& command) const {
    const bool is_system = command.account.value() >> 63U != 0;
    if (command.account.is_zero() || is_system) return Status::account_id_invalid;
    if (participants.count(command.owner) == 0) return Status::participant_unknown;
    if (!is_currency(command.currency)) return Status::currency_unknown;
    if (!may_be_opened(command.account_kind)) return Status::account_kind_reserved;
    if (const auto known = accounts.find(command.account); known != accounts.end()) {
        const Account& account = known->second;
        const bool same = account.owner == command.owner && account.kind == command.account_kind &&
                          account.currency == command.currency &&
                          account.holder == std::pair(command.holder_high, command.holder_low);
        return same ? Status::ok : Status::account_exists_differently;
    }
    return accounts.size() == limits.accounts ? Status::accounts_full : Status::ok;
}

Outcome Model::on(const ledger::CreateAccount& command) {
    const Status status = check(command);
    if (status != Status::ok || accounts.count(command.account) != 0) return done(status);
    open(command.account, command.owner, command.account_kind, command.currency);
    accounts[command.account].holder = {command.holder_high, command.holder_low};
    return done(Status::ok);
}

// Transfers come to be.

Status Model::check_id(const TransferId& id) const {
    constexpr std::uint64_t tolerance_ms = 5ULL * 60 * 1'000;
    if (id.is_zero()) return Status::transfer_id_zero;
    if (id.time_ms() < floor_ms) return Status::id_too_old;
    if (id.time_ms() > now.milliseconds() + tolerance_ms) return Status::id_in_future;
    return Status::ok;
}

std::optional<Outcome> Model::repeated(const TransferId& id, const Command& command) const {
    const auto known = transfers.find(id);
    if (known == transfers.end()) return std::nullopt;
    if (!is_same_request(known->second.request, command)) {
        return rejection(Status::modified_request, known->second.state);
    }
    return answer(known->second, known->second.status, true);
}

/// An id is forgotten only when there is no room, the oldest first, and the floor moves past it.
/// One that somebody still waits for goes to the young end instead.
void Model::make_room_to_remember() {
    while (remembered.size() == limits.remembered_transfers) {
        const TransferId oldest = remembered.front();
        remembered.pop_front();
        if (transfers.at(oldest).is_live()) {
            remembered.push_back(oldest);
            continue;
        }
        transfers.erase(oldest);
        floor_ms = std::max(floor_ms, oldest.time_ms() + 1);
    }
}

Outcome Model::conclude(const TransferId& id, Transfer transfer, Status status) {
    if (is_left_unused_by(status)) return rejection(status);
    transfer.status = status;
    transfer.created_sequence = last;
    make_room_to_remember();
    remembered.push_back(id);
    const TransferState state = transfer.state;
    transfers[id] = std::move(transfer);
    change(id, status == Status::ok ? state : TransferState::rejected, ledger::reason_of(status),
           last);
    return answer(transfers.at(id), status, false);
}

void Model::change(const TransferId& id, TransferState state, ReasonCode reason,
                   Sequence sequence) {
    Transfer& transfer = transfers.at(id);
    transfer.state = state;
    transfer.reason = reason;
    transfer.decided_sequence = sequence;
    transfer.decided_at = now;
    changes.emplace_back(id, state);
}

void Model::post(const ledger::CommandPosting& leg) {
    accounts.at(leg.debit).debits_posted += leg.amount;
    accounts.at(leg.credit).credits_posted += leg.amount;
}

Status Model::check_total(const std::vector<ledger::CommandPosting>& legs,
                          Currency currency) const {
    Sum sum = total_posted(currency) + total_pending(currency);
    for (const auto& leg : legs) sum += leg.amount;
    return sum > max_total ? Status::balance_would_overflow : Status::ok;
}

Status Model::check(const ledger::RecordFundsIn& command) const {
    if (const Status status = check_id(command.id); status != Status::ok) return status;
    if (participants.count(command.participant) == 0) return Status::participant_unknown;
    if (!is_currency(command.currency)) return Status::currency_unknown;
    if (command.amount <= 0) return Status::amount_not_positive;
    return check_total({{.debit = {}, .credit = {}, .amount = command.amount}}, command.currency);
}

Outcome Model::on(const ledger::RecordFundsIn& command) {
    if (const auto known = repeated(command.id, command)) return *known;
    Transfer transfer;
    transfer.request = command;
    transfer.type = TransferType::funds_in;
    transfer.initiator = command.participant;
    transfer.state = TransferState::committed;
    const Status status = check(command);
    if (status == Status::ok) {
        post({.debit = ledger::system_account(hub, AccountKind::settlement_bank, command.currency),
              .credit = ledger::system_account(command.participant, AccountKind::settlement,
                                               command.currency),
              .amount = command.amount});
    }
    return conclude(command.id, std::move(transfer), status);
}

Status Model::check_posting(const ledger::CreateTransfer& body,
                            const ledger::CommandPosting& posting, bool is_principal) const {
    if (posting.amount <= 0) return Status::amount_not_positive;
    if (accounts.count(posting.debit) == 0) return Status::debit_account_unknown;
    if (accounts.count(posting.credit) == 0) return Status::credit_account_unknown;
    if (posting.debit == posting.credit) return Status::accounts_identical;
    const Account& debit = accounts.at(posting.debit);
    const Account& credit = accounts.at(posting.credit);
    if (debit.currency != body.currency) return Status::currency_mismatch;
    if (credit.currency != body.currency) return Status::currency_mismatch;
    const bool crosses = is_principal && body.type == TransferType::payment;
    if (debit.owner != body.initiator) return Status::debit_account_not_owned;
    if (credit.owner != (crosses ? body.payee : body.initiator)) {
        return Status::credit_account_not_owned;
    }
    for (const AccountKind kind : {debit.kind, credit.kind}) {
        const bool is_hosted = may_be_opened(kind) || kind == AccountKind::hosted_clearing;
        if (crosses ? kind != AccountKind::position : !is_hosted) {
            return Status::account_kind_not_allowed;
        }
    }
    return Status::ok;
}

/// Each account that is debited must afford all of its debits. In one step it is credited at the
/// same moment, so that counts as well; a reservation's credits are only promised.
Status Model::check_money(const TransferRequest& command) const {
    for (const auto& posting : command.postings) {
        Sum needed = 0;
        for (const auto& other : command.postings) {
            if (other.debit == posting.debit) needed += other.amount;
            if (other.credit == posting.debit && command.body.timeout_ms == 0) {
                needed -= other.amount;
            }
        }
        const Account& account = accounts.at(posting.debit);
        if (account.kind == AccountKind::position) {
            if (cover(account.owner, account.currency) < needed) return Status::insufficient_cover;
            const auto left = headroom(account.owner, account.currency);
            if (left && *left < needed) return Status::net_debit_cap_exceeded;
        } else if (never_below_zero(account.kind) && spendable(posting.debit) < needed) {
            return Status::insufficient_funds;
        }
    }
    return Status::ok;
}

Status Model::check(const TransferRequest& command) const {
    const ledger::CreateTransfer& body = command.body;
    const bool is_payment = body.type == TransferType::payment;
    if (const Status status = check_id(body.id); status != Status::ok) return status;
    const auto initiator = participants.find(body.initiator);
    if (initiator == participants.end()) return Status::initiator_unknown;
    if (!may_send(initiator->second.state)) return Status::initiator_suspended;
    if (is_payment) {
        const auto payee = participants.find(body.payee);
        if (payee == participants.end()) return Status::payee_unknown;
        if (body.payee == body.initiator) return Status::payee_is_payer;
        if (!may_receive(payee->second.state)) return Status::payee_suspended;
        if (owed_acknowledgements(body.payee) >= limits.unacknowledged_per_participant) {
            return Status::payee_outcomes_full;
        }
    }
    if (command.postings.empty() || command.postings.size() > 8) {
        return Status::posting_count_invalid;
    }
    const bool is_reservation = body.timeout_ms >= 10 && body.timeout_ms <= 86'400'000;
    if (!is_reservation && (is_payment || body.timeout_ms != 0)) return Status::timeout_invalid;
    for (std::size_t i = 0; i < command.postings.size(); ++i) {
        const Status status = check_posting(body, command.postings[i], i == 0);
        if (status != Status::ok) return status;
    }
    const Status fits = check_total(command.postings, body.currency);
    if (fits != Status::ok) return fits;
    if (const Status status = check_money(command); status != Status::ok) return status;
    if (is_reservation && live_count() == limits.live_transfers) {
        return Status::live_transfers_full;
    }
    return Status::ok;
}

Outcome Model::on(const TransferRequest& command) {
    const ledger::CreateTransfer& body = command.body;
    const bool is_payment = body.type == TransferType::payment;
    if (!is_payment && (body.type != TransferType::ledger || !body.payee.is_zero())) {
        return rejection(Status::command_malformed);
    }
    if (const auto known = repeated(body.id, command)) return *known;
    Transfer transfer;
    transfer.request = command;
    transfer.type = body.type;
    transfer.initiator = body.initiator;
    transfer.payee = body.payee;
    transfer.currency = body.currency;
    const Status status = check(command);
    if (status == Status::ok) {
        const bool one_step = body.timeout_ms == 0;
        transfer.legs = command.postings;
        transfer.state = one_step ? TransferState::committed : TransferState::reserved;
        transfer.deadline = now + std::chrono::milliseconds(body.timeout_ms);
        transfer.payee_untold = is_payment;
        if (one_step)
            std::for_each(transfer.legs.begin(), transfer.legs.end(),
                          [this](const auto& leg) { post(leg); });
    }
    return conclude(body.id, std::move(transfer), status);
}

// Transfers end.

Outcome Model::on(const ledger::CommitTransfer& command) {
    const auto found = transfers.find(command.id);
    if (found == transfers.end()) return rejection(Status::transfer_unknown);
    Transfer& transfer = found->second;
    if (command.by.is_zero() || command.by != decider(transfer)) {
        return rejection(Status::not_authorised);
    }
    if (transfer.state == TransferState::committed) return answer(transfer, Status::ok, true);
    if (transfer.state != TransferState::reserved) {
        return answer(transfer, already(transfer.state), true);
    }
    for (const auto& leg : transfer.legs) post(leg);
    change(command.id, TransferState::committed, {}, last);
    return answer(transfer, Status::ok, false);
}

Outcome Model::on(const ledger::AbortTransfer& command) {
    const auto found = transfers.find(command.id);
    if (found == transfers.end()) return rejection(Status::transfer_unknown);
    Transfer& transfer = found->second;
    if (command.by != hub && (command.by.is_zero() || command.by != decider(transfer))) {
        return rejection(Status::not_authorised);
    }
    if (transfer.state == TransferState::aborted) return answer(transfer, Status::ok, true);
    if (transfer.state != TransferState::reserved) {
        return answer(transfer, already(transfer.state), true);
    }
    if (command.payee_was_asked == 0) transfer.payee_untold = false;
    change(command.id, TransferState::aborted, command.reason, last);
    return answer(transfer, Status::ok, false);
}

Outcome Model::on(const ledger::AcknowledgeOutcome& command) {
    const auto found = transfers.find(command.id);
    if (found == transfers.end()) return rejection(Status::transfer_unknown);
    Transfer& transfer = found->second;
    const bool is_party = command.by == transfer.payee || command.by == transfer.initiator;
    if (command.by.is_zero() || !is_party) return rejection(Status::not_authorised);
    if (transfer.state == TransferState::reserved) {
        return answer(transfer, Status::not_committed, false);
    }
    bool& untold = command.by == transfer.payee ? transfer.payee_untold : transfer.payer_untold;
    if (!untold) return answer(transfer, Status::outcome_already_acknowledged, true);
    untold = false;
    return answer(transfer, Status::ok, false);
}

Outcome Model::on(const ledger::RefuseCommitted& command) {
    const auto found = transfers.find(command.id);
    if (found == transfers.end()) return rejection(Status::transfer_unknown);
    Transfer& transfer = found->second;
    if (command.by.is_zero() || command.by != transfer.payee) {
        return rejection(Status::not_authorised);
    }
    if (transfer.state == TransferState::returned) return answer(transfer, Status::ok, true);
    if (transfer.state != TransferState::committed) {
        return answer(transfer, Status::not_committed, false);
    }
    if (!transfer.payee_untold) {
        return answer(transfer, Status::outcome_already_acknowledged, true);
    }
    const Status fits = check_total(transfer.legs, transfer.currency);
    if (fits != Status::ok) return answer(transfer, fits, false);
    for (const auto& leg : transfer.legs) {
        post({.debit = leg.credit, .credit = leg.debit, .amount = leg.amount});
    }
    transfer.payee_untold = false;
    transfer.payer_untold = true;
    change(command.id, TransferState::returned, command.reason, last);
    return answer(transfer, Status::ok, false);
}

// Files.

Outcome Model::on(const ledger::ClaimBatch& command) {
    if (participants.count(command.initiator) == 0) return rejection(Status::initiator_unknown);
    const auto* end = std::find(command.message_id.begin(), command.message_id.end(), '\0');
    const auto size = static_cast<std::uint32_t>(end - command.message_id.begin());
    const bool is_padded = std::all_of(end, command.message_id.end(),
                                       [](char character) { return character == '\0'; });
    if (size == 0 || size > 35 || size != command.message_id_size || !is_padded) {
        return rejection(Status::message_id_invalid);
    }
    const ClaimKey key{command.initiator, command.message_id};
    Outcome outcome;
    if (const auto known = claims.find(key); known != claims.end()) {
        if (known->second.content != command.content_hash) {
            outcome = rejection(Status::modified_request);
        } else {
            outcome.decided_at = known->second.released_at;
        }
        outcome.replayed = true;
        return outcome;
    }
    if (claims.size() == limits.claims) {
        if (now - claims.at(claim_order.front()).released_at < std::chrono::hours(24 * 400)) {
            return rejection(Status::claims_full);
        }
        claims.erase(claim_order.front());
        claim_order.pop_front();
    }
    claims[key] = {.content = command.content_hash, .released_at = now};
    claim_order.push_back(key);
    outcome.decided_at = now;
    outcome.decided_sequence = last;
    return outcome;
}

}  // namespace ayni::property
