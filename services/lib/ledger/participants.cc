#include <algorithm>

#include "base/mark.h"
#include "ledger/rules/balances.h"
#include "ledger/rules/identity.h"
#include "ledger/state.h"

namespace ayni::ledger {
namespace {

/// Accounts that each participant has by virtue of existing.
constexpr std::size_t accounts_per_participant = 3 * currency_count;
constexpr std::uint32_t largest_participant_id = 0x7FFF'FFFF;

const Participant* participant_with_code(const Ledger::State& state,
                                         const std::array<char, participant_code_bytes>& code) {
    for (std::uint32_t slot = 0; slot < state.participant_count; ++slot) {
        if (state.participants[slot].code == code) return &state.participants[slot];
    }
    return nullptr;
}

const Participant* participant_with_entity(const Ledger::State& state, std::uint16_t entity_code) {
    for (std::uint32_t slot = 0; slot < state.participant_count; ++slot) {
        if (state.participants[slot].entity_code == entity_code) return &state.participants[slot];
    }
    return nullptr;
}

Claim claim_of(const ClaimBatch& command) {
    Claim claim;
    claim.initiator = command.initiator;
    claim.message_id_size = command.message_id_size;
    claim.message_id = command.message_id;
    claim.content_hash = command.content_hash;
    return claim;
}

/// ISO 20022 allows 35 characters; the rest of the field is zero.
bool is_message_id(const ClaimBatch& command) {
    constexpr std::uint32_t longest = 35;
    const std::uint32_t size = command.message_id_size;
    if (size == 0 || size > longest) return false;
    const auto* rest = command.message_id.begin() + size;
    return std::all_of(rest, command.message_id.end(), [](char c) { return c == '\0'; }) &&
           std::none_of(command.message_id.begin(), rest, [](char c) { return c == '\0'; });
}

}  // namespace

Status apply_create_participant(Ledger::State& state, const CreateParticipant& command) {
    const std::uint32_t id = command.participant.value();
    if (id <= hub.value() || id > largest_participant_id) return Status::participant_id_invalid;
    if (!rules::is_participant_code(command.code)) return Status::participant_code_invalid;
    if (const auto slot = state.participant_slot(command.participant)) {
        const Participant& known = state.participants[*slot];
        const bool same = known.code == command.code && known.entity_code == command.entity_code;
        return same ? Status::ok : Status::participant_exists_differently;
    }
    if (participant_with_code(state, command.code) != nullptr) {
        return Status::participant_code_taken;
    }
    if (command.entity_code != 0 &&
        participant_with_entity(state, command.entity_code) != nullptr) {
        return Status::entity_code_taken;
    }
    if (state.participant_count == state.limits.participants) return Status::participants_full;
    if (state.account_count + accounts_per_participant > state.limits.accounts) {
        return Status::accounts_full;
    }
    // After this point the command must succeed.

    Participant participant;
    participant.id = command.participant;
    participant.code = command.code;
    participant.entity_code = command.entity_code;
    state.add_participant(participant);
    state.digest.add(id);
    return Status::ok;
}

Status apply_set_participant_state(Ledger::State& state, const SetParticipantState& command) {
    const auto raw = static_cast<std::uint8_t>(command.state);
    if (raw == 0 || raw > static_cast<std::uint8_t>(last_participant_state)) {
        return Status::participant_state_invalid;
    }
    const auto slot = state.participant_slot(command.participant);
    if (!slot) return Status::participant_unknown;
    // After this point the command must succeed.

    state.participants[*slot].state = command.state;
    state.digest.add(std::uint64_t{command.participant.value()} << 8U | raw);
    return Status::ok;
}

Status apply_set_net_debit_cap(Ledger::State& state, const SetNetDebitCap& command) {
    const auto slot = state.participant_slot(command.participant);
    if (!slot) return Status::participant_unknown;
    if (!base::currency_of(static_cast<std::uint16_t>(command.currency))) {
        return Status::currency_unknown;
    }
    if (command.cap < 0) return Status::cap_negative;
    // After this point the command must succeed. A cap below the present exposure frees nothing and
    // lets nothing more out.

    const std::size_t currency = currency_index(command.currency);
    Account& position = state.accounts[state.participants[*slot].position_slot[currency]];
    position.net_debit_cap = command.cap;
    state.mix(position);
    state.digest.add_signed(command.cap);
    return Status::ok;
}

Status apply_create_account(Ledger::State& state, const CreateAccount& command) {
    if (command.account.is_zero() || (command.account.value() & system_account_bit) != 0) {
        return Status::account_id_invalid;
    }
    if (!state.participant_slot(command.owner)) return Status::participant_unknown;
    if (!base::currency_of(static_cast<std::uint16_t>(command.currency))) {
        return Status::currency_unknown;
    }
    if (!rules::is_open_to_institutions(command.account_kind)) return Status::account_kind_reserved;
    if (const auto slot = state.account_slot(command.account)) {
        const Account& known = state.accounts[*slot];
        const bool same = known.owner == command.owner && known.currency == command.currency &&
                          known.kind == command.account_kind &&
                          known.holder_high == command.holder_high &&
                          known.holder_low == command.holder_low;
        return same ? Status::ok : Status::account_exists_differently;
    }
    if (state.account_count == state.limits.accounts) return Status::accounts_full;
    // After this point the command must succeed.

    const std::uint32_t slot =
        state.add_account(command.account, command.owner, command.account_kind, command.currency);
    state.accounts[slot].holder_high = command.holder_high;
    state.accounts[slot].holder_low = command.holder_low;
    state.digest.add(command.account.value());
    return Status::ok;
}

std::optional<Outcome> peek_claim(const Ledger::State& state, const ClaimBatch& command) {
    if (!is_message_id(command)) return std::nullopt;
    const Claim claim = claim_of(command);
    const auto slot = state.claim_slot(claim);
    if (!slot) return std::nullopt;
    const Claim& known = state.claims[*slot];
    Outcome outcome;
    outcome.replayed = true;
    if (known.content_hash != claim.content_hash) {
        MARK("ledger.claim_of_another_file");
        outcome.status = Status::modified_request;
        outcome.reason = reason_of(outcome.status);
        return outcome;
    }
    outcome.decided_at = known.released_at;
    return outcome;
}

Outcome apply_claim_batch(Ledger::State& state, const ClaimBatch& command) {
    Outcome outcome;
    const auto reject = [&](Status status) {
        outcome.status = status;
        outcome.reason = reason_of(status);
        return outcome;
    };
    if (!state.participant_slot(command.initiator)) return reject(Status::initiator_unknown);
    if (!is_message_id(command)) return reject(Status::message_id_invalid);
    if (const auto known = peek_claim(state, command)) return *known;
    if (state.claims_end - state.claims_begin >= state.limits.claims) {
        const auto oldest =
            static_cast<std::uint32_t>(state.claims_begin % state.claims.capacity());
        if (state.time - state.claims[oldest].released_at < claim_retention) {
            MARK("ledger.claims_full");
            return reject(Status::claims_full);
        }
        MARK("ledger.claim_forgotten_after_retention");
        state.claim_index.erase(state.hash(state.claims[oldest]), oldest);
        ++state.claims_begin;
    }
    // After this point the command must succeed.

    Claim claim = claim_of(command);
    claim.released_at = state.time;
    const auto slot = static_cast<std::uint32_t>(state.claims_end++ % state.claims.capacity());
    state.claims[slot] = claim;
    state.claim_index.insert(state.hash(claim), slot);
    state.digest.add_signed(claim.released_at.nanoseconds);
    outcome.decided_at = claim.released_at;
    outcome.decided_sequence = state.last_sequence;
    return outcome;
}

}  // namespace ayni::ledger
