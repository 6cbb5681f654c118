#include <cstring>

#include "sim/model.h"

namespace ayni::sim {

using ledger::AccountKind;
using ledger::CommandPosting;
using ledger::Outcome;
using ledger::ParticipantState;
using ledger::ReasonCode;
using ledger::Status;
using ledger::TransferState;
using ledger::TransferType;

namespace {

Outcome plain(Status status) {
    Outcome outcome;
    outcome.status = status;
    outcome.reason = ledger::reason_of(status);
    return outcome;
}

bool is_for_now(Status status) {
    return status == Status::transfer_id_zero || status == Status::modified_request ||
           status == Status::id_too_old || status == Status::id_in_future ||
           status == Status::payee_outcomes_full || status == Status::live_transfers_full;
}

/// The request without what a repeat of it may vary: how long to wait, and which officer asks.
std::vector<std::uint64_t> essence_of(ledger::CommandView command) {
    std::vector<std::uint64_t> words(command.size() / sizeof(std::uint64_t));
    std::memcpy(words.data(), command.bytes().data(), command.size());
    auto* body = reinterpret_cast<std::byte*>(words.data()) + sizeof(ledger::CommandHeader);
    if (command.kind() == ledger::CommandKind::create_transfer) {
        const std::uint32_t has_timeout =
            command.as<ledger::CreateTransfer>().timeout_ms != 0 ? 1 : 0;
        std::memcpy(body + offsetof(ledger::CreateTransfer, timeout_ms), &has_timeout,
                    sizeof has_timeout);
    } else {
        std::memset(body + offsetof(ledger::RecordFundsIn, actor), 0, sizeof(ledger::Actor));
    }
    return words;
}

Status too_late_for(TransferState state) {
    switch (state) {
        case TransferState::reserved: return Status::ok;
        case TransferState::committed: return Status::already_committed;
        case TransferState::aborted: return Status::already_aborted;
        case TransferState::rejected: return Status::already_rejected;
        case TransferState::returned: return Status::already_returned;
    }
    return Status::ok;
}

constexpr std::int64_t most_ever = std::int64_t{1} << 60U;

}  // namespace

Outcome Model::outcome_of(const Transfer& transfer, bool is_replayed) {
    const Step& now = transfer.now();
    return {.status = transfer.status,
            .state = now.state,
            .reason = now.reason,
            .replayed = is_replayed,
            .decided_sequence = now.sequence,
            .decided_at = now.time};
}

const Model::Transfer* Model::find(const base::TransferId& id) const {
    const auto found = transfers_.find(id);
    return found == transfers_.end() ? nullptr : &found->second;
}

Model::Transfer* Model::known(const base::TransferId& id) {
    const auto found = transfers_.find(id);
    return found == transfers_.end() || found->second.is_forgotten ? nullptr : &found->second;
}

std::optional<Outcome> Model::repeat(const base::TransferId& id,
                                     const std::vector<std::uint64_t>& request) const {
    const Transfer* transfer = find(id);
    if (transfer == nullptr || transfer->is_forgotten) return std::nullopt;
    if (transfer->request == request) return outcome_of(*transfer, true);
    Outcome outcome = plain(Status::modified_request);
    outcome.state = transfer->now().state;
    return outcome;
}

std::optional<Outcome> Model::remembered(ledger::CommandView command) const {
    switch (command.kind()) {
        case ledger::CommandKind::create_transfer:
            return repeat(command.as<ledger::CreateTransfer>().id, essence_of(command));
        case ledger::CommandKind::record_funds_in:
            return repeat(command.as<ledger::RecordFundsIn>().id, essence_of(command));
        case ledger::CommandKind::claim_batch: {
            const auto& body = command.as<ledger::ClaimBatch>();
            const auto found = claims_.find(
                {body.initiator, std::string(body.message_id.data(), body.message_id_size)});
            if (found == claims_.end()) return std::nullopt;
            const bool is_same = found->second.content == body.content_hash;
            Outcome outcome = plain(is_same ? Status::ok : Status::modified_request);
            outcome.replayed = true;
            if (is_same) outcome.decided_at = found->second.released_at;
            return outcome;
        }
        default: return std::nullopt;
    }
}

std::optional<Outcome> Model::decided_in_batch(ledger::CommandView command) const {
    if (command.kind() != ledger::CommandKind::create_transfer) return std::nullopt;
    const Transfer* transfer = find(command.as<ledger::CreateTransfer>().id);
    if (transfer == nullptr || transfer->now().sequence < batch_first_) return std::nullopt;
    if (transfer->request != essence_of(command)) return std::nullopt;
    return outcome_of(*transfer, false);
}

Status Model::check_id(const base::TransferId& id) const {
    constexpr std::uint64_t five_minutes_ms = 5 * 60 * 1000;
    if (id.high == 0 && id.low == 0) return Status::transfer_id_zero;
    if (id.time_ms() < floor_ms_) return Status::id_too_old;
    if (id.time_ms() > time_.milliseconds() + five_minutes_ms) return Status::id_in_future;
    return Status::ok;
}

Outcome Model::record_funds_in(ledger::CommandView command) {
    const auto& body = command.as<ledger::RecordFundsIn>();
    Transfer transfer;
    transfer.request = essence_of(command);
    transfer.initiator = body.participant;
    transfer.type = TransferType::funds_in;
    transfer.currency = body.currency;
    if (const auto known_outcome = repeat(body.id, transfer.request)) return *known_outcome;
    const auto check = [&] {
        if (const Status id = check_id(body.id); id != Status::ok) return id;
        if (participants_.count(body.participant) == 0) return Status::participant_unknown;
        if (body.currency != base::Currency::pen && body.currency != base::Currency::usd) {
            return Status::currency_unknown;
        }
        return body.amount > 0 ? Status::ok : Status::amount_not_positive;
    };
    if (const Status status = check(); status != Status::ok) {
        return conclude(body.id, std::move(transfer), status, TransferState::rejected);
    }
    const CommandPosting posting{
        .debit = ledger::system_account(ledger::hub, AccountKind::settlement_bank, body.currency),
        .credit = ledger::system_account(body.participant, AccountKind::settlement, body.currency),
        .amount = body.amount};
    transfer.postings = {posting};
    post(posting);
    brought_in_[ledger::currency_index(body.currency)] += body.amount;
    return conclude(body.id, std::move(transfer), Status::ok, TransferState::committed);
}

Outcome Model::create_transfer(ledger::CommandView command) {
    const auto& body = command.as<ledger::CreateTransfer>();
    const bool is_payment = body.type == TransferType::payment;
    if (!is_payment && (body.type != TransferType::ledger || !body.payee.is_zero())) {
        return plain(Status::command_malformed);
    }
    Transfer transfer;
    transfer.request = essence_of(command);
    transfer.initiator = body.initiator;
    transfer.payee = body.payee;
    transfer.type = body.type;
    transfer.currency = body.currency;
    transfer.postings.assign(command.postings().begin(), command.postings().end());
    if (const auto known_outcome = repeat(body.id, transfer.request)) return *known_outcome;
    if (const Status id = check_id(body.id); id != Status::ok) return plain(id);
    if (const Status status = check_create(command); status != Status::ok) {
        return conclude(body.id, std::move(transfer), status, TransferState::rejected);
    }
    if (body.timeout_ms == 0) {
        for (const CommandPosting& posting : transfer.postings) post(posting);
        return conclude(body.id, std::move(transfer), Status::ok, TransferState::committed);
    }
    hold(transfer, 1);
    transfer.deadline = time_ + std::chrono::milliseconds(body.timeout_ms);
    transfer.payee_untold = is_payment;
    if (is_payment) ++participants_.at(body.payee).untold;
    ++live_;
    deadlines_.emplace(transfer.deadline.nanoseconds, sequence_.value(), body.id);
    return conclude(body.id, std::move(transfer), Status::ok, TransferState::reserved);
}

Status Model::check_parties(const ledger::CreateTransfer& body) const {
    const auto payer = participants_.find(body.initiator);
    if (payer == participants_.end()) return Status::initiator_unknown;
    const ParticipantState sends = payer->second.state;
    if (sends == ParticipantState::suspended || sends == ParticipantState::receive_only) {
        return Status::initiator_suspended;
    }
    if (body.type != TransferType::payment) return Status::ok;
    const auto payee = participants_.find(body.payee);
    if (payee == participants_.end()) return Status::payee_unknown;
    if (body.payee == body.initiator) return Status::payee_is_payer;
    const ParticipantState receives = payee->second.state;
    if (receives == ParticipantState::suspended || receives == ParticipantState::send_only) {
        return Status::payee_suspended;
    }
    const bool owes_too_many = payee->second.untold >= limits_.unacknowledged_per_participant;
    return owes_too_many ? Status::payee_outcomes_full : Status::ok;
}

Status Model::check_posting(const ledger::CreateTransfer& body, const CommandPosting& posting,
                            bool is_principal) const {
    if (posting.amount <= 0) return Status::amount_not_positive;
    const auto debit = accounts_.find(posting.debit);
    if (debit == accounts_.end()) return Status::debit_account_unknown;
    const auto credit = accounts_.find(posting.credit);
    if (credit == accounts_.end()) return Status::credit_account_unknown;
    if (posting.debit == posting.credit) return Status::accounts_identical;
    const Account& from = debit->second;
    const Account& to = credit->second;
    if (from.currency != body.currency || to.currency != body.currency) {
        return Status::currency_mismatch;
    }
    const bool crosses = body.type == TransferType::payment && is_principal;
    if (from.owner != body.initiator) return Status::debit_account_not_owned;
    if (to.owner != (crosses ? body.payee : body.initiator)) {
        return Status::credit_account_not_owned;
    }
    const auto is_own = [](AccountKind kind) {
        return kind != AccountKind::settlement && kind != AccountKind::position &&
               kind != AccountKind::settlement_bank;
    };
    const bool is_right_kind =
        crosses ? from.kind == AccountKind::position && to.kind == AccountKind::position
                : is_own(from.kind) && is_own(to.kind);
    return is_right_kind ? Status::ok : Status::account_kind_not_allowed;
}

Status Model::check_balances(const std::vector<CommandPosting>& postings, bool one_step) const {
    std::vector<base::AccountId> order;  // of being touched first
    std::map<base::AccountId, std::int64_t> debits;
    std::map<base::AccountId, std::int64_t> credits;
    for (const CommandPosting& posting : postings) {
        order.push_back(posting.debit);
        order.push_back(posting.credit);
        debits[posting.debit] += posting.amount;
        if (one_step) credits[posting.credit] += posting.amount;
    }
    // A single posting never helps the account that it debits.
    if (postings.size() == 1) credits.clear();
    for (const base::AccountId id : order) {
        const std::int64_t debit = debits[id];
        if (debit == 0) continue;
        const Account& from = accounts_.at(id);
        const std::int64_t has = from.spendable() + credits[id];
        if (from.kind == AccountKind::position) {
            const Account& settlement = accounts_.at(
                ledger::system_account(from.owner, AccountKind::settlement, from.currency));
            const std::int64_t net = has - from.unacknowledged;
            if (settlement.spendable() + net < debit) return Status::insufficient_cover;
            const std::int64_t room = from.cap ? *from.cap + net : most_ever;
            if (std::max<std::int64_t>(0, room) < debit) return Status::net_debit_cap_exceeded;
            continue;
        }
        const bool is_bounded =
            from.kind == AccountKind::settlement || from.kind == AccountKind::customer ||
            from.kind == AccountKind::programme_fund ||
            from.kind == AccountKind::collection_liability || from.kind == AccountKind::fee;
        if (is_bounded && has < debit) return Status::insufficient_funds;
    }
    return Status::ok;
}

Status Model::check_create(ledger::CommandView command) const {
    const auto& body = command.as<ledger::CreateTransfer>();
    if (const Status parties = check_parties(body); parties != Status::ok) return parties;
    if (body.posting_count < 1 || body.posting_count > 8) return Status::posting_count_invalid;
    constexpr std::uint32_t day_ms = 24 * 60 * 60 * 1000;
    const bool may_be_zero = body.type != TransferType::payment;
    const bool is_timeout =
        body.timeout_ms == 0 ? may_be_zero : body.timeout_ms >= 10 && body.timeout_ms <= day_ms;
    if (!is_timeout) return Status::timeout_invalid;
    std::int64_t all = 0;
    bool is_principal = true;
    for (const CommandPosting& posting : command.postings()) {
        const Status allowed = check_posting(body, posting, is_principal);
        if (allowed != Status::ok) return allowed;
        is_principal = false;
        all = posting.amount > most_ever - all ? most_ever : all + posting.amount;
    }
    std::int64_t total = 0;
    for (const auto& [id, one] : accounts_) {
        if (one.currency == body.currency) total += one.debits_posted + one.debits_pending;
    }
    if (all >= most_ever || total > most_ever - all) return Status::balance_would_overflow;
    const std::vector<CommandPosting> postings(command.postings().begin(),
                                               command.postings().end());
    const bool one_step = body.timeout_ms == 0;
    const Status balances = check_balances(postings, one_step);
    if (balances != Status::ok) return balances;
    const bool is_full = !one_step && live_ == limits_.live_transfers;
    return is_full ? Status::live_transfers_full : Status::ok;
}

Outcome Model::conclude(const base::TransferId& id, Transfer transfer, Status status,
                        TransferState state) {
    if (is_for_now(status)) return plain(status);
    transfer.status = status;
    transfer.steps.push_back({.state = state,
                              .sequence = sequence_,
                              .time = time_,
                              .reason = ledger::reason_of(status)});
    const Outcome outcome = outcome_of(transfer, false);
    remember(id);
    transfers_[id] = std::move(transfer);
    return outcome;
}

void Model::remember(const base::TransferId& id) {
    while (ring_.size() == limits_.remembered_transfers) {
        const base::TransferId oldest = ring_.front();
        ring_.pop_front();
        Transfer& transfer = transfers_.at(oldest);
        if (transfer.is_live()) {
            ring_.push_back(oldest);
            continue;
        }
        transfer.is_forgotten = true;
        floor_ms_ = std::max(floor_ms_, oldest.time_ms() + 1);
    }
    ring_.push_back(id);
}

void Model::post(const CommandPosting& posting) {
    account(posting.debit).debits_posted += posting.amount;
    account(posting.credit).credits_posted += posting.amount;
}

void Model::hold(const Transfer& transfer, std::int64_t sign) {
    for (const CommandPosting& posting : transfer.postings) {
        account(posting.debit).debits_pending += sign * posting.amount;
        account(posting.credit).credits_pending += sign * posting.amount;
    }
}

void Model::end_reservation(const base::TransferId& id, Transfer& transfer) {
    hold(transfer, -1);
    deadlines_.erase({transfer.deadline.nanoseconds, transfer.steps.front().sequence.value(), id});
}

Outcome Model::decide(const base::TransferId& /*id*/, Transfer& transfer, TransferState state,
                      ReasonCode reason, base::Sequence sequence) {
    transfer.steps.push_back(
        {.state = state, .sequence = sequence, .time = time_, .reason = reason});
    return outcome_of(transfer, false);
}

void Model::note_told(ledger::ParticipantId who, bool& untold, Transfer& transfer) {
    if (untold) --participants_.at(who).untold;
    untold = false;
    if (!transfer.is_live()) --live_;
}

void Model::expire(base::Sequence sequence) {
    while (!deadlines_.empty() && std::get<0>(*deadlines_.begin()) <= time_.nanoseconds) {
        const base::TransferId id = std::get<2>(*deadlines_.begin());
        Transfer& transfer = transfers_.at(id);
        end_reservation(id, transfer);
        static_cast<void>(
            decide(id, transfer, TransferState::aborted, ReasonCode("AB05"), sequence));
        if (!transfer.is_live()) --live_;
    }
}

Outcome Model::commit(const ledger::CommitTransfer& command) {
    Transfer* transfer = known(command.id);
    if (transfer == nullptr) return plain(Status::transfer_unknown);
    const bool is_payment = transfer->type == TransferType::payment;
    if (command.by != (is_payment ? transfer->payee : transfer->initiator)) {
        return plain(Status::not_authorised);
    }
    Outcome outcome = outcome_of(*transfer, true);
    const TransferState state = transfer->now().state;
    if (state != TransferState::reserved) {
        outcome.status = state == TransferState::committed ? Status::ok : too_late_for(state);
        return outcome;
    }
    end_reservation(command.id, *transfer);
    for (const CommandPosting& posting : transfer->postings) post(posting);
    if (is_payment) {
        account(transfer->postings[0].credit).unacknowledged += transfer->postings[0].amount;
    }
    outcome = decide(command.id, *transfer, TransferState::committed, {}, sequence_);
    if (!transfer->is_live()) --live_;
    return outcome;
}

Outcome Model::abort(const ledger::AbortTransfer& command) {
    Transfer* transfer = known(command.id);
    if (transfer == nullptr) return plain(Status::transfer_unknown);
    const bool is_payment = transfer->type == TransferType::payment;
    const base::ParticipantId decider = is_payment ? transfer->payee : transfer->initiator;
    if (command.by != ledger::hub && command.by != decider) return plain(Status::not_authorised);
    Outcome outcome = outcome_of(*transfer, true);
    const TransferState state = transfer->now().state;
    if (state != TransferState::reserved) {
        outcome.status = state == TransferState::aborted ? Status::ok : too_late_for(state);
        return outcome;
    }
    end_reservation(command.id, *transfer);
    outcome = decide(command.id, *transfer, TransferState::aborted, command.reason, sequence_);
    if (command.payee_was_asked == 0 && transfer->payee_untold) {
        note_told(transfer->payee, transfer->payee_untold, *transfer);
    } else if (!transfer->is_live()) {
        --live_;
    }
    return outcome;
}

Outcome Model::acknowledge(const ledger::AcknowledgeOutcome& command) {
    Transfer* transfer = known(command.id);
    if (transfer == nullptr) return plain(Status::transfer_unknown);
    const bool is_payee = transfer->payee == command.by;
    if (!is_payee && transfer->initiator != command.by) return plain(Status::not_authorised);
    Outcome outcome = outcome_of(*transfer, false);
    if (transfer->now().state == TransferState::reserved) {
        outcome.status = Status::not_committed;
        return outcome;
    }
    bool& untold = is_payee ? transfer->payee_untold : transfer->payer_untold;
    if (!untold) {
        outcome.status = Status::outcome_already_acknowledged;
        outcome.replayed = true;
        return outcome;
    }
    if (is_payee && transfer->now().state == TransferState::committed) {
        account(transfer->postings[0].credit).unacknowledged -= transfer->postings[0].amount;
    }
    note_told(command.by, untold, *transfer);
    outcome.status = Status::ok;
    return outcome;
}

Outcome Model::refuse_committed(const ledger::RefuseCommitted& command) {
    Transfer* transfer = known(command.id);
    if (transfer == nullptr) return plain(Status::transfer_unknown);
    if (transfer->payee != command.by) return plain(Status::not_authorised);
    Outcome outcome = outcome_of(*transfer, false);
    const TransferState state = transfer->now().state;
    if (state == TransferState::returned) {
        outcome.status = Status::ok;
        outcome.replayed = true;
        return outcome;
    }
    if (state != TransferState::committed) {
        outcome.status = Status::not_committed;
        return outcome;
    }
    if (!transfer->payee_untold) {
        outcome.status = Status::outcome_already_acknowledged;
        outcome.replayed = true;
        return outcome;
    }
    const CommandPosting principal = transfer->postings[0];
    account(principal.credit).unacknowledged -= principal.amount;
    for (const CommandPosting& posting : transfer->postings) {
        post({.debit = posting.credit, .credit = posting.debit, .amount = posting.amount});
    }
    transfer->payer_untold = true;
    ++participants_.at(transfer->initiator).untold;
    note_told(command.by, transfer->payee_untold, *transfer);
    return decide(command.id, *transfer, TransferState::returned, command.reason, sequence_);
}

}  // namespace ayni::sim
