#include "rpc/mapping_admin.h"

#include <fmt/format.h>

#include <limits>

#include "rpc/mapping_fields.h"

namespace ayni::rpc {
namespace {

constexpr std::uint32_t least_participant_id = ledger::hub.value() + 1;
constexpr std::uint32_t most_participant_id = std::numeric_limits<std::int32_t>::max();
constexpr std::uint32_t most_entity_code = 999;
constexpr std::size_t max_bank_reference = 40;
constexpr std::size_t max_message_id = 35;
constexpr std::size_t hash_bytes = 32;

/// Nothing for a state that is not one (also of a newer client's).
std::optional<ledger::ParticipantState> state_of(v1::ParticipantState state) {
    using ledger::ParticipantState;
    switch (state) {
        case v1::PARTICIPANT_STATE_ACTIVE: return ParticipantState::active;
        case v1::PARTICIPANT_STATE_SUSPENDED: return ParticipantState::suspended;
        case v1::PARTICIPANT_STATE_SEND_ONLY: return ParticipantState::send_only;
        case v1::PARTICIPANT_STATE_RECEIVE_ONLY: return ParticipantState::receive_only;
        default: return std::nullopt;
    }
}

base::JournalTime time_of_ms(std::uint64_t milliseconds) {
    return {static_cast<std::int64_t>(milliseconds) * 1'000'000};
}

}  // namespace

std::optional<ledger::CreateParticipant> create_participant_of(
    const v1::CreateParticipantRequest& request, std::string_view actor, Violations& wrong) {
    const std::uint32_t id = request.participant_id();
    if (id < least_participant_id || id > most_participant_id) {
        wrong.add("participant_id", "must be 2 to 2^31 - 1");
    }
    check_code(request.code(), "code", wrong);
    if (request.entity_code() > most_entity_code) wrong.add("entity_code", "must be 0 to 999");
    if (!wrong.empty()) return std::nullopt;
    ledger::CreateParticipant command;
    command.participant = base::ParticipantId(id);
    command.entity_code = static_cast<std::uint16_t>(request.entity_code());
    command.code = padded<ledger::participant_code_bytes>(request.code());
    command.actor = ledger::actor_of(actor);
    return command;
}

std::optional<ledger::SetParticipantState> set_participant_state_of(
    const v1::SetParticipantStateRequest& request, std::string_view actor, Violations& wrong) {
    check_code(request.code(), "code", wrong);
    const auto state = state_of(request.state());
    if (!state) wrong.add("state", "must be active, suspended, send only or receive only");
    if (!wrong.empty()) return std::nullopt;
    ledger::SetParticipantState command;
    command.state = *state;
    command.actor = ledger::actor_of(actor);
    return command;
}

std::optional<ledger::SetNetDebitCap> set_net_debit_cap_of(const v1::SetNetDebitCapRequest& request,
                                                           std::string_view actor,
                                                           Violations& wrong) {
    check_code(request.code(), "code", wrong);
    const auto cap = check_money(request.cap(), request.has_cap(), 0, "cap", wrong);
    if (!wrong.empty()) return std::nullopt;
    ledger::SetNetDebitCap command;
    command.currency = cap->currency;
    command.cap = cap->amount.minor_units();
    command.actor = ledger::actor_of(actor);
    return command;
}

std::optional<ledger::AdvanceProtocolVersion> advance_protocol_version_of(
    const v1::AdvanceProtocolVersionRequest& request, std::string_view actor, Violations& wrong) {
    if (request.version() == 0) {
        wrong.add("version", "must be positive");
        return std::nullopt;
    }
    ledger::AdvanceProtocolVersion command;
    command.version = request.version();
    command.actor = ledger::actor_of(actor);
    return command;
}

std::optional<ledger::RecordFundsIn> record_funds_in_of(const v1::RecordFundsInRequest& request,
                                                        std::string_view actor, Violations& wrong) {
    const auto id = check_transfer_id(request.transfer_id(), "transfer_id", wrong);
    check_code(request.participant(), "participant", wrong);
    const auto money = check_money(request.amount(), request.has_amount(), 1, "amount", wrong);
    check_ascii(request.bank_reference(), 0, max_bank_reference, "bank_reference", wrong);
    if (!wrong.empty()) return std::nullopt;
    ledger::RecordFundsIn command;
    command.id = *id;
    command.currency = money->currency;
    command.amount = money->amount.minor_units();
    command.bank_reference = padded<max_bank_reference>(request.bank_reference());
    command.actor = ledger::actor_of(actor);
    return command;
}

std::optional<ledger::ClaimBatch> claim_batch_of(const v1::ClaimBatchRequest& request,
                                                 base::ParticipantId initiator,
                                                 std::string_view actor, Violations& wrong) {
    check_ascii(request.message_id(), 1, max_message_id, "message_id", wrong);
    if (request.content_hash().size() != hash_bytes) {
        wrong.add("content_hash", "must be 32 bytes, the SHA-256 of the file");
    }
    if (!wrong.empty()) return std::nullopt;
    ledger::ClaimBatch command;
    command.initiator = initiator;
    command.message_id_size = static_cast<std::uint32_t>(request.message_id().size());
    command.message_id = padded<sizeof command.message_id>(request.message_id());
    std::copy(request.content_hash().begin(), request.content_hash().end(),
              command.content_hash.begin());
    command.actor = ledger::actor_of(actor);
    return command;
}

v1::ParticipantState proto_state_of(ledger::ParticipantState state) {
    using ledger::ParticipantState;
    switch (state) {
        case ParticipantState::active: return v1::PARTICIPANT_STATE_ACTIVE;
        case ParticipantState::suspended: return v1::PARTICIPANT_STATE_SUSPENDED;
        case ParticipantState::send_only: return v1::PARTICIPANT_STATE_SEND_ONLY;
        case ParticipantState::receive_only: return v1::PARTICIPANT_STATE_RECEIVE_ONLY;
    }
    UNREACHABLE("participant state");
}

void to_message(const ledger::Participant& participant, v1::Participant& message) {
    message.set_participant_id(participant.id.value());
    message.set_code(std::string(participant.code_view()));
    message.set_entity_code(participant.entity_code);
    message.set_state(proto_state_of(participant.state));
    message.set_unacknowledged_outcomes(participant.unacknowledged_outcomes);
}

void to_message(const ledger::Ledger::Position& position, v1::GetPositionResponse& message) {
    message.set_settlement(position.settlement);
    message.set_net(position.net);
    message.set_reserved(position.reserved);
    message.set_incoming(position.incoming);
    message.set_unacknowledged(position.unacknowledged);
    message.set_net_debit_cap(position.net_debit_cap);
    message.set_available(position.available);
}

void to_message(const ledger::Ledger& ledger, v1::GetLedgerStatusResponse& message) {
    const ledger::Digest digest = ledger.digest();
    const ledger::Ledger::Usage usage = ledger.usage();
    message.set_as_of_sequence(ledger.last_sequence().value());
    message.set_digest(fmt::format("{:016x}{:016x}", digest.high, digest.low));
    message.set_protocol_version(ledger.protocol_version());
    to_message(ledger.time(), *message.mutable_journal_time());
    to_message(time_of_ms(ledger.floor_ms()), *message.mutable_floor());
    message.set_participants(usage.participants);
    message.set_accounts(usage.accounts);
    message.set_reserved_transfers(usage.reserved_transfers);
    message.set_live_transfers(usage.live_transfers);
    message.set_remembered_transfers(usage.remembered_transfers);
    for (const base::Currency currency : ledger::currencies) {
        const ledger::Ledger::Totals totals = ledger.totals(currency);
        v1::CurrencyTotals& row = *message.add_totals();
        row.set_currency_code(std::string(base::to_string(currency)));
        row.set_debits_pending(totals.debits_pending);
        row.set_debits_posted(totals.debits_posted);
        row.set_credits_pending(totals.credits_pending);
        row.set_credits_posted(totals.credits_posted);
    }
}

}  // namespace ayni::rpc
