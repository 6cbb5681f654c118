#include "projection/recorder.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "base/assert.h"
#include "projection/journal_rows.h"
#include "projection/words.h"

namespace ayni::projection {
namespace {

using ledger::CommandKind;
using ledger::CommandView;
using ledger::TransferState;
using ledger::TransferView;

/// Hears nothing: for batches that are in the books already.
class Nobody final : public ledger::Listener {
public:
    void transfer_changed(const TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

/// Who decides a transfer by `command`; zero for nobody.
base::ParticipantId decider(const CommandView* command) {
    if (command == nullptr) return {};
    switch (command->kind()) {
        case CommandKind::commit_transfer: return command->as<ledger::CommitTransfer>().by;
        case CommandKind::abort_transfer: return command->as<ledger::AbortTransfer>().by;
        case CommandKind::refuse_committed: return command->as<ledger::RefuseCommitted>().by;
        case CommandKind::create_transfer: return command->as<ledger::CreateTransfer>().initiator;
        case CommandKind::record_funds_in: return ledger::hub;
        case CommandKind::tick:
        case CommandKind::started:
        case CommandKind::advance_protocol_version:
        case CommandKind::create_participant:
        case CommandKind::set_participant_state:
        case CommandKind::set_net_debit_cap:
        case CommandKind::create_account:
        case CommandKind::acknowledge_outcome:
        case CommandKind::claim_batch: break;
    }
    UNREACHABLE("a command of this kind decides nothing");
}

std::vector<ledger::CommandPosting> postings_of(CommandView command) {
    if (command.kind() == CommandKind::create_transfer) {
        const auto postings = command.postings();
        return {postings.begin(), postings.end()};
    }
    const auto& body = command.as<ledger::RecordFundsIn>();
    using ledger::AccountKind;
    return {
        {.debit = ledger::system_account(ledger::hub, AccountKind::settlement_bank, body.currency),
         .credit = ledger::system_account(body.participant, AccountKind::settlement, body.currency),
         .amount = body.amount}};
}

}  // namespace

base::Result<void> Recorder::record(const journal::Batch& batch, Chunk* chunk) {
    const auto refuse = [&](const char* why) {
        return base::failure(fmt::format("batch {}", batch.header.number.value()), why);
    };
    chunk_ = chunk;
    time_ = batch.header.timestamp;
    sequence_ = batch.header.first_sequence;
    command_ = nullptr;
    if (batch.header.command_count == 0) {
        if (chunk_ != nullptr) record_genesis(batch.header);
        return {};
    }
    if (sequence_ != ledger_.last_sequence().next()) {
        return refuse("does not begin where the one before it ended");
    }
    Nobody nobody;
    Listener& listener = chunk_ != nullptr ? static_cast<Listener&>(*this) : nobody;
    ledger_.begin_batch(sequence_, time_, listener);
    std::uint32_t count = 0;
    const bool is_whole = ledger::for_each_command(batch.payload, [&](CommandView command) {
        ++count;
        if (chunk_ != nullptr) return apply(command);
        ledger_.apply(command, nobody);
    });
    if (!is_whole) return refuse("holds bytes that are no command of this build");
    if (count != batch.header.command_count) {
        return refuse("does not hold as many commands as its header says");
    }
    return {};
}

void Recorder::record_genesis(const journal::BatchHeader& header) {
    chunk_->add_participant(ledger::hub, base::Sequence(0), header.timestamp);
    chunk_->add_window(1, header.timestamp);
    sequence_ = base::Sequence(0);
    record_accounts(0);
}

void Recorder::record_accounts(std::size_t first) {
    for (std::size_t slot = first; slot < ledger_.account_count(); ++slot) {
        chunk_->add_account(ledger_.account_at(slot), sequence_, time_);
        chunk_->touch_account(slot);
    }
}

void Recorder::apply(CommandView command) {
    sequence_ = ledger_.last_sequence().next();
    command_ = &command;
    has_changed_transfer_ = false;
    acknowledged_slots_.clear();
    posted_.legs.clear();
    if (command.kind() == CommandKind::acknowledge_outcome) {
        const auto known = ledger_.find_transfer(command.as<ledger::AcknowledgeOutcome>().id);
        if (known && known->live != nullptr) {
            for (std::size_t i = 0; i < known->live->posting_count; ++i) {
                acknowledged_slots_.push_back(known->live->postings[i].credit_slot);
            }
        }
    }
    const std::size_t accounts = ledger_.account_count();
    const std::size_t participants = ledger_.participant_count();
    const ledger::Outcome outcome = ledger_.apply(command, *this);
    for (std::size_t i = participants; i < ledger_.participant_count(); ++i) {
        chunk_->add_participant(ledger_.participant_at(i).id, sequence_, time_);
    }
    if (ledger_.account_count() > accounts) record_accounts(accounts);
    add_entries();
    record(command, outcome);
    command_ = nullptr;
}

void Recorder::record(CommandView command, const ledger::Outcome& outcome) {
    const CommandContext context{.sequence = sequence_,
                                 .time = time_,
                                 .outcome = outcome,
                                 .has_changed_transfer = has_changed_transfer_};
    add_rows_of(command, context, *chunk_);
    if (outcome.status != ledger::Status::ok) return;
    if (command.kind() == CommandKind::set_participant_state) {
        chunk_->touch_participant(command.as<ledger::SetParticipantState>().participant);
    }
    if (command.kind() == CommandKind::set_net_debit_cap) {
        const auto& body = command.as<ledger::SetNetDebitCap>();
        const ledger::Participant* participant = ledger_.find_participant(body.participant);
        ASSERT(participant != nullptr);
        chunk_->touch_account(participant->position_slot[ledger::currency_index(body.currency)]);
    }
}

bool Recorder::is_creation(const base::TransferId& id) const {
    if (command_ == nullptr) return false;
    if (command_->kind() == CommandKind::create_transfer) {
        ASSERT(command_->as<ledger::CreateTransfer>().id == id);
        return true;
    }
    return command_->kind() == CommandKind::record_funds_in;
}

void Recorder::transfer_changed(const TransferView& transfer) {
    has_changed_transfer_ = true;
    if (is_creation(transfer.record.id)) {
        create(transfer);
    } else {
        decide(transfer);
    }
}

void Recorder::create(const TransferView& transfer) {
    const ledger::RememberedTransfer& record = transfer.record;
    const auto postings = postings_of(*command_);
    NewTransfer created{.id = record.id,
                        .created_at = time_,
                        .created_sequence = sequence_,
                        .type = record.type,
                        .initiator = record.initiator,
                        .payee = record.payee,
                        .status = record.status};
    if (command_->kind() == CommandKind::create_transfer) {
        created.currency = command_->as<ledger::CreateTransfer>().currency;
        const ledger::PaymentDetails* details = command_->details();
        if (details != nullptr) created.details = *details;
    } else {
        created.currency = command_->as<ledger::RecordFundsIn>().currency;
    }
    if (!postings.empty()) created.amount = postings.front().amount;
    if (transfer.live != nullptr) created.deadline = transfer.live->deadline;
    TransferProgress& progress = created.progress;
    progress.state = record.state;
    progress.reason = record.reason;
    progress.decided_sequence = record.decided_sequence;
    progress.decided_at = record.decided_at;
    progress.decided_by = decider(command_);
    progress.awaits_payee = transfer.live != nullptr && transfer.live->payee_untold;
    if (record.state == TransferState::committed) {
        progress.committed_sequence = sequence_;
        progress.committed_at = time_;
    }
    if (record.state != TransferState::rejected) {
        std::int16_t leg = 0;
        for (const ledger::CommandPosting& posting : postings) {
            chunk_->add_posting(record.id, time_, ++leg, posting, created.currency);
        }
        touch(transfer);
        note_posted(transfer);
    }
    chunk_->add_transfer(std::move(created), transfer.live != nullptr);
}

void Recorder::decide(const TransferView& transfer) {
    ASSERT(transfer.live != nullptr);
    const ledger::RememberedTransfer& record = transfer.record;
    TransferProgress& progress = chunk_->progress_of(record.id);
    progress.state = record.state;
    progress.reason = record.reason;
    progress.decided_sequence = record.decided_sequence;
    progress.decided_at = record.decided_at;
    progress.decided_by = decider(command_);
    progress.awaits_payee = transfer.live->payee_untold;
    progress.awaits_payer = transfer.live->payer_untold;
    if (record.state == TransferState::committed) {
        progress.committed_sequence = record.decided_sequence;
        progress.committed_at = record.decided_at;
        if (record.type == ledger::TransferType::payment) {
            progress.settlement_window =
                ledger_.account_at(transfer.live->postings[0].credit_slot).window;
        }
    }
    touch(transfer);
    note_posted(transfer);
}

void Recorder::touch(const TransferView& transfer) {
    if (transfer.live != nullptr) {
        for (std::size_t i = 0; i < transfer.live->posting_count; ++i) {
            chunk_->touch_account(transfer.live->postings[i].debit_slot);
            chunk_->touch_account(transfer.live->postings[i].credit_slot);
        }
        return;
    }
    for (const ledger::Posting& leg : legs_of_command()) {
        chunk_->touch_account(leg.debit_slot);
        chunk_->touch_account(leg.credit_slot);
    }
}

/// Of a transfer that was posted in one step: its command is all that is left of it.
std::vector<ledger::Posting> Recorder::legs_of_command() const {
    const auto slot_of = [&](base::AccountId id) {
        const ledger::Account* account = ledger_.find_account(id);
        ASSERT(account != nullptr);
        return static_cast<std::uint32_t>(account - &ledger_.account_at(0));
    };
    std::vector<ledger::Posting> legs;
    for (const ledger::CommandPosting& posting : postings_of(*command_)) {
        legs.push_back({.debit_slot = slot_of(posting.debit),
                        .credit_slot = slot_of(posting.credit),
                        .amount = posting.amount});
    }
    return legs;
}

void Recorder::note_posted(const ledger::TransferView& transfer) {
    const ledger::RememberedTransfer& record = transfer.record;
    const bool is_return = record.state == TransferState::returned;
    if (record.state != TransferState::committed && !is_return) return;
    posted_.transfer = record.id;
    posted_.at = record.decided_at;
    posted_.is_return = is_return;
    if (transfer.live == nullptr) {
        posted_.legs = legs_of_command();
        return;
    }
    for (std::size_t i = 0; i < transfer.live->posting_count; ++i) {
        ledger::Posting leg = transfer.live->postings[i];
        if (is_return) std::swap(leg.debit_slot, leg.credit_slot);
        posted_.legs.push_back(leg);
    }
}

/// Behind the command: an account's counters behind one leg are what they are now, less what later
/// legs of the same command added to them.
void Recorder::add_entries() {
    const std::span<const ledger::Posting> legs(posted_.legs);
    for (std::size_t i = 0; i < legs.size(); ++i) {
        const auto add = [&](std::uint32_t slot, std::uint32_t counterpart, bool is_debit) {
            const ledger::Account& account = ledger_.account_at(slot);
            AccountEntry entry{.account = account.id,
                               .posted_at = posted_.at,
                               .sequence = sequence_,
                               .leg = static_cast<std::int16_t>(i + 1),
                               .is_debit = is_debit,
                               .is_return = posted_.is_return,
                               .amount = legs[i].amount,
                               .debits_posted = account.debits_posted,
                               .credits_posted = account.credits_posted,
                               .counterpart = ledger_.account_at(counterpart).id,
                               .transfer = posted_.transfer};
            for (const ledger::Posting& later : legs.subspan(i + 1)) {
                if (later.debit_slot == slot) entry.debits_posted -= later.amount;
                if (later.credit_slot == slot) entry.credits_posted -= later.amount;
            }
            chunk_->add_entry(entry);
        };
        add(legs[i].debit_slot, legs[i].credit_slot, true);
        add(legs[i].credit_slot, legs[i].debit_slot, false);
    }
}

void Recorder::outcome_acknowledged(const TransferView& transfer, base::ParticipantId by) {
    const ledger::RememberedTransfer& record = transfer.record;
    TransferProgress& progress = chunk_->progress_of(record.id);
    progress.state = record.state;
    progress.reason = record.reason;
    progress.decided_sequence = record.decided_sequence;
    progress.decided_at = record.decided_at;
    if (record.payee == by) {
        progress.payee_acknowledged_sequence = sequence_;
        progress.payee_acknowledged_at = time_;
    } else {
        progress.payer_acknowledged_sequence = sequence_;
        progress.payer_acknowledged_at = time_;
    }
    progress.awaits_payee = transfer.live != nullptr && transfer.live->payee_untold;
    progress.awaits_payer = transfer.live != nullptr && transfer.live->payer_untold;
    for (const std::uint32_t slot : acknowledged_slots_) chunk_->touch_account(slot);
}

}  // namespace ayni::projection
