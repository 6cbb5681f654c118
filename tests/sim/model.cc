#include "sim/model.h"

#include <fmt/format.h>

namespace ayni::sim {

using ledger::AccountKind;
using ledger::CommandKind;
using ledger::Outcome;
using ledger::Status;

namespace {

constexpr std::uint32_t hub_number = 1;

Outcome plain(Status status) {
    Outcome outcome;
    outcome.status = status;
    outcome.reason = ledger::reason_of(status);
    return outcome;
}

bool is_code(const std::array<char, ledger::participant_code_bytes>& code) {
    const std::string text(code.data(), code.size());
    const std::string name = text.substr(0, text.find('\0'));
    if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
        return false;
    }
    return text.find_first_not_of('\0', name.size()) == std::string::npos;
}

bool is_open_to_institutions(AccountKind kind) {
    return kind == AccountKind::customer || kind == AccountKind::programme_fund ||
           kind == AccountKind::collection_liability || kind == AccountKind::fee ||
           kind == AccountKind::suspense;
}

}  // namespace

Model::Model(const ledger::Options& options) : limits_(ledger::limits_of(options)) {
    for (const base::Currency currency : ledger::currencies) {
        add_account(ledger::system_account(ledger::hub, AccountKind::settlement_bank, currency),
                    ledger::hub, AccountKind::settlement_bank, currency);
    }
}

void Model::add_account(base::AccountId id, base::ParticipantId owner, AccountKind kind,
                        base::Currency currency) {
    Account& added = accounts_[id];
    added.owner = owner;
    added.kind = kind;
    added.currency = currency;
}

void Model::begin_batch(base::Sequence first, base::JournalTime time) {
    time_ = time;
    batch_first_ = first;
    constexpr std::uint64_t day_ms = 24ULL * 60 * 60 * 1000;
    if (time.milliseconds() > day_ms) {
        floor_ms_ = std::max(floor_ms_, time.milliseconds() - day_ms);
    }
    expire(first);
}

Outcome Model::apply(ledger::CommandView command) {
    sequence_ = sequence_.next();
    const auto administrative = [&](Status status) {
        Outcome outcome = plain(status);
        outcome.decided_sequence = sequence_;
        outcome.decided_at = time_;
        return outcome;
    };
    switch (command.kind()) {
        case CommandKind::tick: return administrative(Status::ok);
        case CommandKind::started:
            // The switch's own; it gives all the room that it has, which never shrinks.
            if (command.limits() == nullptr) return administrative(Status::limits_not_allowed);
            limits_ = *command.limits();
            return administrative(Status::ok);
        case CommandKind::advance_protocol_version: {
            const auto wanted = command.as<ledger::AdvanceProtocolVersion>().version;
            if (wanted <= version_ || wanted > ledger::latest_protocol_version) {
                return administrative(Status::protocol_version_unknown);
            }
            version_ = wanted;
            return administrative(Status::ok);
        }
        case CommandKind::create_participant:
            return administrative(create_participant(command.as<ledger::CreateParticipant>()));
        case CommandKind::set_participant_state:
            return administrative(set_state(command.as<ledger::SetParticipantState>()));
        case CommandKind::set_net_debit_cap:
            return administrative(set_cap(command.as<ledger::SetNetDebitCap>()));
        case CommandKind::create_account:
            return administrative(create_account(command.as<ledger::CreateAccount>()));
        case CommandKind::record_funds_in: return record_funds_in(command);
        case CommandKind::create_transfer: return create_transfer(command);
        case CommandKind::commit_transfer: return commit(command.as<ledger::CommitTransfer>());
        case CommandKind::abort_transfer: return abort(command.as<ledger::AbortTransfer>());
        case CommandKind::acknowledge_outcome:
            return acknowledge(command.as<ledger::AcknowledgeOutcome>());
        case CommandKind::refuse_committed:
            return refuse_committed(command.as<ledger::RefuseCommitted>());
        case CommandKind::claim_batch: return claim(command.as<ledger::ClaimBatch>());
    }
    UNREACHABLE("command kind");
}

Status Model::create_participant(const ledger::CreateParticipant& command) {
    constexpr std::uint32_t largest = 0x7FFF'FFFF;
    constexpr std::size_t accounts_each = 6;
    const std::uint32_t number = command.participant.value();
    if (number <= hub_number || number > largest) return Status::participant_id_invalid;
    if (!is_code(command.code)) return Status::participant_code_invalid;
    if (const auto known = participants_.find(command.participant); known != participants_.end()) {
        const bool is_same =
            known->second.code == command.code && known->second.entity_code == command.entity_code;
        return is_same ? Status::ok : Status::participant_exists_differently;
    }
    for (const auto& [id, other] : participants_) {
        if (other.code == command.code) return Status::participant_code_taken;
    }
    for (const auto& [id, other] : participants_) {
        if (command.entity_code != 0 && other.entity_code == command.entity_code) {
            return Status::entity_code_taken;
        }
    }
    if (participants_.size() == limits_.participants) return Status::participants_full;
    if (accounts_.size() + accounts_each > limits_.accounts) return Status::accounts_full;
    Participant& added = participants_[command.participant];
    added.code = command.code;
    added.entity_code = command.entity_code;
    for (const base::Currency currency : ledger::currencies) {
        for (const AccountKind kind :
             {AccountKind::settlement, AccountKind::position, AccountKind::hosted_clearing}) {
            add_account(ledger::system_account(command.participant, kind, currency),
                        command.participant, kind, currency);
        }
    }
    return Status::ok;
}

Status Model::set_state(const ledger::SetParticipantState& command) {
    const int raw = static_cast<int>(command.state);
    if (raw < 1 || raw > 4) return Status::participant_state_invalid;
    const auto found = participants_.find(command.participant);
    if (found == participants_.end()) return Status::participant_unknown;
    found->second.state = command.state;
    return Status::ok;
}

Status Model::set_cap(const ledger::SetNetDebitCap& command) {
    if (participants_.count(command.participant) == 0) return Status::participant_unknown;
    if (command.currency != base::Currency::pen && command.currency != base::Currency::usd) {
        return Status::currency_unknown;
    }
    if (command.cap < 0) return Status::cap_negative;
    account(ledger::system_account(command.participant, AccountKind::position, command.currency))
        .cap = command.cap;
    return Status::ok;
}

Status Model::create_account(const ledger::CreateAccount& command) {
    const std::uint64_t number = command.account.value();
    if (number == 0 || number >> 63U != 0) return Status::account_id_invalid;
    if (participants_.count(command.owner) == 0) return Status::participant_unknown;
    if (command.currency != base::Currency::pen && command.currency != base::Currency::usd) {
        return Status::currency_unknown;
    }
    if (!is_open_to_institutions(command.account_kind)) return Status::account_kind_reserved;
    if (const auto known = accounts_.find(command.account); known != accounts_.end()) {
        const Account& there = known->second;
        const bool is_same = there.owner == command.owner && there.currency == command.currency &&
                             there.kind == command.account_kind &&
                             there.holder_high == command.holder_high &&
                             there.holder_low == command.holder_low;
        return is_same ? Status::ok : Status::account_exists_differently;
    }
    if (accounts_.size() == limits_.accounts) return Status::accounts_full;
    add_account(command.account, command.owner, command.account_kind, command.currency);
    account(command.account).holder_high = command.holder_high;
    account(command.account).holder_low = command.holder_low;
    return Status::ok;
}

Outcome Model::claim(const ledger::ClaimBatch& command) {
    if (participants_.count(command.initiator) == 0) return plain(Status::initiator_unknown);
    const std::string padded(command.message_id.data(), command.message_id.size());
    const std::string text = padded.substr(0, padded.find('\0'));
    const bool is_text = !text.empty() && text.size() <= 35 &&
                         text.size() == command.message_id_size &&
                         padded.find_first_not_of('\0', text.size()) == std::string::npos;
    if (!is_text) return plain(Status::message_id_invalid);
    const ClaimKey key{command.initiator, text};
    if (const auto known = claims_.find(key); known != claims_.end()) {
        const bool is_same = known->second.content == command.content_hash;
        Outcome outcome = plain(is_same ? Status::ok : Status::modified_request);
        outcome.replayed = true;
        if (is_same) outcome.decided_at = known->second.released_at;
        return outcome;
    }
    if (claims_.size() == limits_.claims) {
        const auto age = time_ - claims_.at(claim_order_.front()).released_at;
        if (age < std::chrono::hours(24 * 400)) return plain(Status::claims_full);
        claims_.erase(claim_order_.front());
        claim_order_.pop_front();
    }
    claims_[key] = {.content = command.content_hash, .released_at = time_};
    claim_order_.push_back(key);
    Outcome outcome = plain(Status::ok);
    outcome.decided_at = time_;
    outcome.decided_sequence = sequence_;
    return outcome;
}

std::int64_t Model::available(base::ParticipantId who, base::Currency currency) const {
    const Account& settlement =
        accounts_.at(ledger::system_account(who, AccountKind::settlement, currency));
    const Account& position =
        accounts_.at(ledger::system_account(who, AccountKind::position, currency));
    const std::int64_t net = position.spendable() - position.unacknowledged;
    const std::int64_t by_cover = settlement.spendable() + net;
    constexpr std::int64_t without_cap = std::int64_t{1} << 60U;
    const std::int64_t by_cap =
        position.cap ? std::max<std::int64_t>(0, *position.cap + net) : without_cap;
    return std::min(by_cover, by_cap);
}

std::string Model::check_money() const {
    std::int64_t pending[ledger::currency_count] = {};
    std::int64_t posted[ledger::currency_count] = {};
    std::int64_t positions[ledger::currency_count] = {};
    for (const auto& [id, one] : accounts_) {
        const std::size_t at = ledger::currency_index(one.currency);
        pending[at] += one.credits_pending - one.debits_pending;
        posted[at] += one.credits_posted - one.debits_posted;
        const bool is_position = one.kind == AccountKind::position;
        if (is_position) positions[at] += one.credits_posted - one.debits_posted;
        if (one.debits_pending < 0 || one.credits_pending < 0 || one.unacknowledged < 0) {
            return fmt::format("account {}: a counter is below zero", id.value());
        }
        const bool may_be_negative = is_position || one.kind == AccountKind::hosted_clearing ||
                                     one.kind == AccountKind::suspense ||
                                     one.kind == AccountKind::settlement_bank;
        if (!may_be_negative && one.spendable() < 0) {
            return fmt::format("I2: account {} has {}", id.value(), one.spendable());
        }
        if (is_position) {
            const Account& settlement = accounts_.at(
                ledger::system_account(one.owner, AccountKind::settlement, one.currency));
            if (settlement.spendable() + one.spendable() - one.unacknowledged < 0) {
                return fmt::format("I3: participant {} is not covered", one.owner.value());
            }
        }
    }
    for (std::size_t at = 0; at < ledger::currency_count; ++at) {
        if (pending[at] != 0 || posted[at] != 0) return "I1: debits and credits differ";
        if (positions[at] != 0) return fmt::format("positions add up to {}", positions[at]);
        const base::AccountId bank = ledger::system_account(
            ledger::hub, AccountKind::settlement_bank, ledger::currencies[at]);
        if (-accounts_.at(bank).spendable() != brought_in_[at]) return "money came from nowhere";
    }
    return {};
}

}  // namespace ayni::sim
