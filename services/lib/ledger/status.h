#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ayni::ledger {

/// What a command did: `ok`, or the first check that failed. The API mirrors each by name
/// (proto/ayni/v1/status.proto; a static check ties the two).
///
/// For transfers the order of precedence is the order here; postings are looked at one by one, and
/// what they do to money together afterwards. For participants, accounts and files it is: shape,
/// what exists, room.
///
/// *Transient* rejections are not remembered under the transfer's id: the same request may succeed
/// later. All others are the id's one outcome (I4), but for `command_malformed`, whose id means
/// nothing.
enum class Status : std::uint8_t {
    ok = 0,

    // The shape of a command, for all that do not come through the API's own checks.
    command_malformed = 1,
    protocol_version_unknown = 2,
    limits_not_allowed = 3,  ///< Less than what is there, or contradicting each other.

    // The id of a transfer. Transient, since they say nothing about an outcome.
    transfer_id_zero = 10,
    modified_request = 11,  ///< The id exists with another body; the original is untouched.
    id_too_old = 12,        ///< Below the floor: it can never happen from now on.
    id_in_future = 13,

    // Who asks.
    initiator_unknown = 20,
    initiator_suspended = 21,

    // The payee.
    payee_unknown = 30,
    payee_is_payer = 31,
    payee_suspended = 32,
    payee_outcomes_full = 33,  ///< Transient: it owes too many acknowledgements.

    // Postings.
    posting_count_invalid = 40,
    timeout_invalid = 41,
    amount_not_positive = 42,
    debit_account_unknown = 43,
    credit_account_unknown = 44,
    accounts_identical = 45,
    currency_mismatch = 46,
    debit_account_not_owned = 47,
    credit_account_not_owned = 48,
    account_kind_not_allowed = 49,

    // Money.
    balance_would_overflow = 50,
    insufficient_funds = 51,
    insufficient_cover = 52,
    net_debit_cap_exceeded = 53,

    // Room. Transient.
    live_transfers_full = 60,

    // Commit, abort, acknowledge, refuse.
    transfer_unknown = 70,
    not_authorised = 71,
    already_committed = 72,
    already_aborted = 73,
    already_rejected = 74,
    already_returned = 75,
    outcome_already_acknowledged = 76,
    not_committed = 77,

    // Participants and accounts.
    participant_id_invalid = 80,
    participant_exists_differently = 81,
    participant_code_invalid = 82,
    participant_code_taken = 83,
    participants_full = 84,
    participant_unknown = 85,
    participant_state_invalid = 86,
    cap_negative = 87,
    account_id_invalid = 88,
    account_exists_differently = 89,
    account_kind_reserved = 90,
    currency_unknown = 91,
    accounts_full = 92,
    entity_code_taken = 93,

    // Files.
    message_id_invalid = 100,
    claims_full = 101,
};

/// Every enumerator, in order.
inline constexpr std::array all_statuses{
    Status::ok,
    Status::command_malformed,
    Status::protocol_version_unknown,
    Status::limits_not_allowed,
    Status::transfer_id_zero,
    Status::modified_request,
    Status::id_too_old,
    Status::id_in_future,
    Status::initiator_unknown,
    Status::initiator_suspended,
    Status::payee_unknown,
    Status::payee_is_payer,
    Status::payee_suspended,
    Status::payee_outcomes_full,
    Status::posting_count_invalid,
    Status::timeout_invalid,
    Status::amount_not_positive,
    Status::debit_account_unknown,
    Status::credit_account_unknown,
    Status::accounts_identical,
    Status::currency_mismatch,
    Status::debit_account_not_owned,
    Status::credit_account_not_owned,
    Status::account_kind_not_allowed,
    Status::balance_would_overflow,
    Status::insufficient_funds,
    Status::insufficient_cover,
    Status::net_debit_cap_exceeded,
    Status::live_transfers_full,
    Status::transfer_unknown,
    Status::not_authorised,
    Status::already_committed,
    Status::already_aborted,
    Status::already_rejected,
    Status::already_returned,
    Status::outcome_already_acknowledged,
    Status::not_committed,
    Status::participant_id_invalid,
    Status::participant_exists_differently,
    Status::participant_code_invalid,
    Status::participant_code_taken,
    Status::participants_full,
    Status::participant_unknown,
    Status::participant_state_invalid,
    Status::cap_negative,
    Status::account_id_invalid,
    Status::account_exists_differently,
    Status::account_kind_reserved,
    Status::currency_unknown,
    Status::accounts_full,
    Status::entity_code_taken,
    Status::message_id_invalid,
    Status::claims_full,
};

/// The enumerator's name, "insufficient_cover".
[[nodiscard]] std::string_view to_string(Status status);

/// Whether the rejection leaves the transfer's id unused.
[[nodiscard]] bool is_transient(Status status);

}  // namespace ayni::ledger
