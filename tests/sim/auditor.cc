#include "sim/auditor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace ayni::sim {
namespace {

using ledger::CommandKind;
using ledger::Outcome;
using ledger::Status;
using ledger::TransferState;

std::uint64_t hash_of(ledger::CommandView command) { return base::hash64(command.bytes(), 0); }

bool is_same(const Outcome& a, const Outcome& b) {
    return a.status == b.status && a.state == b.state && a.reason == b.reason &&
           a.decided_sequence == b.decided_sequence && a.decided_at == b.decided_at;
}

std::string words(const Outcome& outcome) {
    return fmt::format("{} (state {}, reason \"{}\", decided by {}{})",
                       ledger::to_string(outcome.status), static_cast<int>(outcome.state),
                       outcome.reason.view(), outcome.decided_sequence.value(),
                       outcome.replayed ? ", replayed" : "");
}

/// The id of the transfer that the command makes; zero for all others.
base::TransferId made_by(ledger::CommandView command) {
    switch (command.kind()) {
        case CommandKind::create_transfer: return command.as<ledger::CreateTransfer>().id;
        case CommandKind::record_funds_in: return command.as<ledger::RecordFundsIn>().id;
        default: return {};
    }
}

bool may_follow(TransferState from, TransferState to) {
    if (from == to || from == TransferState::reserved) return true;
    return from == TransferState::committed && to == TransferState::returned;
}

TransferState state_of(adapter::Decision decision) {
    switch (decision) {
        case adapter::Decision::committed: return TransferState::committed;
        case adapter::Decision::aborted: return TransferState::aborted;
        case adapter::Decision::returned: return TransferState::returned;
    }
    return TransferState::rejected;
}

}  // namespace

void Auditor::asked(ledger::CommandView command) { asked_.insert(hash_of(command)); }

void Auditor::answered(ledger::CommandView command, const Outcome& outcome, base::Sequence as_of) {
    answers_.push_back({.command = command, .outcome = outcome, .as_of = as_of});
    const base::TransferId id = made_by(command);
    if (id.is_zero()) return;
    if (outcome.status == Status::id_too_old) {
        too_old_.emplace_back(id, as_of);
        return;
    }
    if (ledger::is_transient(outcome.status)) return;
    // I4, at once. Answers may overtake each other between two processes, so an older one may come
    // later: what is final must not change, though.
    const auto [at, is_first] = last_known_.emplace(id, outcome.state);
    if (is_first) return;
    const bool fits =
        may_follow(at->second, outcome.state) || may_follow(outcome.state, at->second);
    if (!fits && violation_.empty()) {
        violation_ =
            fmt::format("I4: {} was answered in state {} and then in state {}", base::to_string(id),
                        static_cast<int>(at->second), static_cast<int>(outcome.state));
    }
    if (may_follow(at->second, outcome.state)) at->second = outcome.state;
}

void Auditor::told(const adapter::OutcomeNotice& notice) { notices_.push_back(notice); }

void Auditor::saw(base::ParticipantId participant, base::Currency currency,
                  const ledger::Ledger::Position& position, base::Sequence as_of) {
    looks_.push_back(
        {.participant = participant, .currency = currency, .position = position, .as_of = as_of});
}

std::string Auditor::check_asked(ledger::CommandView command) const {
    if (command.kind() == CommandKind::tick || command.kind() == CommandKind::started) return {};
    if (asked_.count(hash_of(command)) != 0) return {};
    if (command.kind() == CommandKind::abort_transfer) {
        // The one thing that the switch asks of itself: to end what it could not offer.
        const auto& abort = command.as<ledger::AbortTransfer>();
        const bool is_own = abort.by == ledger::hub && abort.reason == ledger::ReasonCode("AB08");
        if (is_own) return {};
    }
    return fmt::format("the journal holds a command of kind {} that nobody sent",
                       static_cast<int>(command.kind()));
}

std::string Auditor::check_answer(const Answer& answer, const Model& model) const {
    const std::uint64_t hash = hash_of(answer.command);
    const Outcome* taken = nullptr;
    for (const Taken& one : batch_) {
        if (one.hash != hash) continue;
        taken = &one.outcome;
        if (is_same(one.outcome, answer.outcome)) return {};
    }
    const auto known = model.remembered(answer.command);
    if (known && is_same(*known, answer.outcome)) return {};
    // A payment may end and be forgotten within one batch. Only a repeat needs the memory.
    const auto decided = model.decided_in_batch(answer.command);
    const bool is_repeat = answer.outcome.replayed;
    if (decided && !is_repeat && is_same(*decided, answer.outcome)) return {};
    const std::string expected = taken != nullptr ? words(*taken)
                                 : known          ? words(*known)
                                                  : "nothing";
    return fmt::format("as of {} a command of kind {} ({}) was answered {}, but it must be {}",
                       answer.as_of.value(), static_cast<int>(answer.command.kind()),
                       base::to_string(made_by(answer.command)), words(answer.outcome), expected);
}

std::string Auditor::check_look(const Look& look, const Model& model) const {
    const auto& position = model.accounts().at(
        ledger::system_account(look.participant, ledger::AccountKind::position, look.currency));
    const auto& settlement = model.accounts().at(
        ledger::system_account(look.participant, ledger::AccountKind::settlement, look.currency));
    const ledger::Ledger::Position& seen = look.position;
    const bool is_right = seen.settlement == settlement.spendable() &&
                          seen.net == position.credits_posted - position.debits_posted &&
                          seen.reserved == position.debits_pending &&
                          seen.incoming == position.credits_pending &&
                          seen.unacknowledged == position.unacknowledged &&
                          seen.available == model.available(look.participant, look.currency);
    if (is_right) return {};
    return fmt::format(
        "as of {} participant {} was shown settlement {}, net {}, reserved {}, available {}; it "
        "must be {}, {}, {}, {}",
        look.as_of.value(), look.participant.value(), seen.settlement, seen.net, seen.reserved,
        seen.available, settlement.spendable(), position.credits_posted - position.debits_posted,
        position.debits_pending, model.available(look.participant, look.currency));
}

std::string Auditor::take_batch(const journal::Batch& batch, Model& model) {
    batch_.clear();
    if (batch.header.command_count == 0) return {};
    if (batch.header.first_sequence != model.sequence().next()) return "I5: the journal has a gap";
    model.begin_batch(batch.header.first_sequence, batch.header.timestamp);
    std::string violation;
    const bool is_whole = ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
        if (violation.empty()) violation = check_asked(command);
        batch_.push_back({.hash = hash_of(command), .outcome = model.apply(command)});
    });
    if (!is_whole || batch_.size() != batch.header.command_count) {
        return "I5: a batch does not hold what its header says";
    }
    if (violation.empty()) violation = model.check_money();
    const base::Sequence now = batch.header.last_sequence();
    while (violation.empty() && next_answer_ < answers_.size() &&
           answers_[next_answer_].as_of <= now) {
        const Answer& answer = answers_[next_answer_++];
        ++compared_;
        violation = answer.as_of == now ? check_answer(answer, model)
                                        : fmt::format("an answer is as of {}, where no batch ends",
                                                      answer.as_of.value());
    }
    while (violation.empty() && next_look_ < looks_.size() && looks_[next_look_].as_of <= now) {
        const Look& look = looks_[next_look_++];
        ++compared_;
        violation = check_look(look, model);
    }
    return violation;
}

std::string Auditor::check_notices(const Model& model) {
    for (const adapter::OutcomeNotice& notice : notices_) {
        ++compared_;
        const Model::Transfer* transfer = model.find(notice.id);
        if (transfer == nullptr) return "somebody was told of a payment that there is not";
        const auto is_it = [&](const Model::Step& step) {
            return step.sequence == notice.decided_sequence &&
                   step.state == state_of(notice.decision) && step.time == notice.decided_at &&
                   step.reason.view() == notice.reason;
        };
        const bool has_amount = notice.amount.minor_units() != 0;
        const bool is_right_amount =
            !has_amount || notice.amount.minor_units() == transfer->postings[0].amount;
        if (std::none_of(transfer->steps.begin(), transfer->steps.end(), is_it) ||
            !is_right_amount) {
            return fmt::format("somebody was told of {} what did not happen",
                               base::to_string(notice.id));
        }
    }
    return {};
}

/// "Too old" is for ever: an id that got that answer has no outcome from there on.
std::string Auditor::check_too_old(const Model& model) const {
    for (const auto& [id, as_of] : too_old_) {
        const Model::Transfer* transfer = model.find(id);
        if (transfer == nullptr || transfer->steps.front().sequence <= as_of) continue;
        return fmt::format("{} was too old as of {} and happened afterwards", base::to_string(id),
                           as_of.value());
    }
    return {};
}

std::string Auditor::audit(const journal::Journal& journal, Model& model) {
    if (!violation_.empty()) return violation_;
    const auto by_sequence = [](const auto& a, const auto& b) { return a.as_of < b.as_of; };
    std::stable_sort(answers_.begin(), answers_.end(), by_sequence);
    std::stable_sort(looks_.begin(), looks_.end(), by_sequence);
    std::string violation;
    const auto replayed = journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
        if (violation.empty()) violation = take_batch(batch, model);
    });
    if (!replayed) return "the final journal: " + replayed.error().to_string();
    if (!violation.empty()) return violation;
    if (next_answer_ != answers_.size()) {
        return fmt::format("an answer as of {} is not in the final journal, which ends at {}",
                           answers_[next_answer_].as_of.value(), model.sequence().value());
    }
    if (violation = check_notices(model); !violation.empty()) return violation;
    return check_too_old(model);
}

}  // namespace ayni::sim
