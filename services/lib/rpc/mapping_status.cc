#include "rpc/mapping_status.h"

#include "base/assert.h"

namespace ayni::rpc {
namespace {

constexpr std::string_view prefix = "STATUS_";

/// Ties the two numbers; the names are compared by a test.
template <ledger::Status ours, v1::Status theirs>
constexpr v1::Status tied() {
    static_assert(static_cast<int>(ours) == static_cast<int>(theirs));
    return theirs;
}

}  // namespace

v1::Status proto_status_of(ledger::Status status) {
    using ledger::Status;
    switch (status) {
        case Status::ok: return tied<Status::ok, v1::STATUS_UNSPECIFIED>();
        case Status::command_malformed:
            return tied<Status::command_malformed, v1::STATUS_COMMAND_MALFORMED>();
        case Status::protocol_version_unknown:
            return tied<Status::protocol_version_unknown, v1::STATUS_PROTOCOL_VERSION_UNKNOWN>();
        case Status::limits_not_allowed:
            return tied<Status::limits_not_allowed, v1::STATUS_LIMITS_NOT_ALLOWED>();
        case Status::transfer_id_zero:
            return tied<Status::transfer_id_zero, v1::STATUS_TRANSFER_ID_ZERO>();
        case Status::modified_request:
            return tied<Status::modified_request, v1::STATUS_MODIFIED_REQUEST>();
        case Status::id_too_old: return tied<Status::id_too_old, v1::STATUS_ID_TOO_OLD>();
        case Status::id_in_future: return tied<Status::id_in_future, v1::STATUS_ID_IN_FUTURE>();
        case Status::initiator_unknown:
            return tied<Status::initiator_unknown, v1::STATUS_INITIATOR_UNKNOWN>();
        case Status::initiator_suspended:
            return tied<Status::initiator_suspended, v1::STATUS_INITIATOR_SUSPENDED>();
        case Status::payee_unknown: return tied<Status::payee_unknown, v1::STATUS_PAYEE_UNKNOWN>();
        case Status::payee_is_payer:
            return tied<Status::payee_is_payer, v1::STATUS_PAYEE_IS_PAYER>();
        case Status::payee_suspended:
            return tied<Status::payee_suspended, v1::STATUS_PAYEE_SUSPENDED>();
        case Status::payee_outcomes_full:
            return tied<Status::payee_outcomes_full, v1::STATUS_PAYEE_OUTCOMES_FULL>();
        case Status::posting_count_invalid:
            return tied<Status::posting_count_invalid, v1::STATUS_POSTING_COUNT_INVALID>();
        case Status::timeout_invalid:
            return tied<Status::timeout_invalid, v1::STATUS_TIMEOUT_INVALID>();
        case Status::amount_not_positive:
            return tied<Status::amount_not_positive, v1::STATUS_AMOUNT_NOT_POSITIVE>();
        case Status::debit_account_unknown:
            return tied<Status::debit_account_unknown, v1::STATUS_DEBIT_ACCOUNT_UNKNOWN>();
        case Status::credit_account_unknown:
            return tied<Status::credit_account_unknown, v1::STATUS_CREDIT_ACCOUNT_UNKNOWN>();
        case Status::accounts_identical:
            return tied<Status::accounts_identical, v1::STATUS_ACCOUNTS_IDENTICAL>();
        case Status::currency_mismatch:
            return tied<Status::currency_mismatch, v1::STATUS_CURRENCY_MISMATCH>();
        case Status::debit_account_not_owned:
            return tied<Status::debit_account_not_owned, v1::STATUS_DEBIT_ACCOUNT_NOT_OWNED>();
        case Status::credit_account_not_owned:
            return tied<Status::credit_account_not_owned, v1::STATUS_CREDIT_ACCOUNT_NOT_OWNED>();
        case Status::account_kind_not_allowed:
            return tied<Status::account_kind_not_allowed, v1::STATUS_ACCOUNT_KIND_NOT_ALLOWED>();
        case Status::balance_would_overflow:
            return tied<Status::balance_would_overflow, v1::STATUS_BALANCE_WOULD_OVERFLOW>();
        case Status::insufficient_funds:
            return tied<Status::insufficient_funds, v1::STATUS_INSUFFICIENT_FUNDS>();
        case Status::insufficient_cover:
            return tied<Status::insufficient_cover, v1::STATUS_INSUFFICIENT_COVER>();
        case Status::net_debit_cap_exceeded:
            return tied<Status::net_debit_cap_exceeded, v1::STATUS_NET_DEBIT_CAP_EXCEEDED>();
        case Status::live_transfers_full:
            return tied<Status::live_transfers_full, v1::STATUS_LIVE_TRANSFERS_FULL>();
        case Status::transfer_unknown:
            return tied<Status::transfer_unknown, v1::STATUS_TRANSFER_UNKNOWN>();
        case Status::not_authorised:
            return tied<Status::not_authorised, v1::STATUS_NOT_AUTHORISED>();
        case Status::already_committed:
            return tied<Status::already_committed, v1::STATUS_ALREADY_COMMITTED>();
        case Status::already_aborted:
            return tied<Status::already_aborted, v1::STATUS_ALREADY_ABORTED>();
        case Status::already_rejected:
            return tied<Status::already_rejected, v1::STATUS_ALREADY_REJECTED>();
        case Status::already_returned:
            return tied<Status::already_returned, v1::STATUS_ALREADY_RETURNED>();
        case Status::outcome_already_acknowledged:
            return tied<Status::outcome_already_acknowledged,
                        v1::STATUS_OUTCOME_ALREADY_ACKNOWLEDGED>();
        case Status::not_committed: return tied<Status::not_committed, v1::STATUS_NOT_COMMITTED>();
        case Status::participant_id_invalid:
            return tied<Status::participant_id_invalid, v1::STATUS_PARTICIPANT_ID_INVALID>();
        case Status::participant_exists_differently:
            return tied<Status::participant_exists_differently,
                        v1::STATUS_PARTICIPANT_EXISTS_DIFFERENTLY>();
        case Status::participant_code_invalid:
            return tied<Status::participant_code_invalid, v1::STATUS_PARTICIPANT_CODE_INVALID>();
        case Status::participant_code_taken:
            return tied<Status::participant_code_taken, v1::STATUS_PARTICIPANT_CODE_TAKEN>();
        case Status::participants_full:
            return tied<Status::participants_full, v1::STATUS_PARTICIPANTS_FULL>();
        case Status::participant_unknown:
            return tied<Status::participant_unknown, v1::STATUS_PARTICIPANT_UNKNOWN>();
        case Status::participant_state_invalid:
            return tied<Status::participant_state_invalid, v1::STATUS_PARTICIPANT_STATE_INVALID>();
        case Status::cap_negative: return tied<Status::cap_negative, v1::STATUS_CAP_NEGATIVE>();
        case Status::account_id_invalid:
            return tied<Status::account_id_invalid, v1::STATUS_ACCOUNT_ID_INVALID>();
        case Status::account_exists_differently:
            return tied<Status::account_exists_differently,
                        v1::STATUS_ACCOUNT_EXISTS_DIFFERENTLY>();
        case Status::account_kind_reserved:
            return tied<Status::account_kind_reserved, v1::STATUS_ACCOUNT_KIND_RESERVED>();
        case Status::currency_unknown:
            return tied<Status::currency_unknown, v1::STATUS_CURRENCY_UNKNOWN>();
        case Status::accounts_full: return tied<Status::accounts_full, v1::STATUS_ACCOUNTS_FULL>();
        case Status::entity_code_taken:
            return tied<Status::entity_code_taken, v1::STATUS_ENTITY_CODE_TAKEN>();
        case Status::message_id_invalid:
            return tied<Status::message_id_invalid, v1::STATUS_MESSAGE_ID_INVALID>();
        case Status::claims_full: return tied<Status::claims_full, v1::STATUS_CLAIMS_FULL>();
    }
    UNREACHABLE("status");
}

grpc::StatusCode grpc_code_of(ledger::Status status) {
    using grpc::StatusCode;
    using ledger::Status;
    switch (status) {
        case Status::ok: return StatusCode::OK;
        case Status::command_malformed:
        case Status::protocol_version_unknown:
        case Status::limits_not_allowed:
        case Status::transfer_id_zero:
        case Status::payee_is_payer:
        case Status::posting_count_invalid:
        case Status::timeout_invalid:
        case Status::amount_not_positive:
        case Status::accounts_identical:
        case Status::participant_id_invalid:
        case Status::participant_code_invalid:
        case Status::participant_state_invalid:
        case Status::cap_negative:
        case Status::account_id_invalid:
        case Status::account_kind_reserved:
        case Status::currency_unknown:
        case Status::message_id_invalid: return StatusCode::INVALID_ARGUMENT;
        case Status::modified_request:
        case Status::participant_exists_differently:
        case Status::participant_code_taken:
        case Status::account_exists_differently:
        case Status::entity_code_taken: return StatusCode::ALREADY_EXISTS;
        case Status::id_too_old:
        case Status::initiator_suspended:
        case Status::payee_unknown:
        case Status::payee_suspended:
        case Status::debit_account_unknown:
        case Status::credit_account_unknown:
        case Status::currency_mismatch:
        case Status::account_kind_not_allowed:
        case Status::balance_would_overflow:
        case Status::insufficient_funds:
        case Status::insufficient_cover:
        case Status::net_debit_cap_exceeded:
        case Status::already_committed:
        case Status::already_aborted:
        case Status::already_rejected:
        case Status::already_returned:
        case Status::outcome_already_acknowledged:
        case Status::not_committed: return StatusCode::FAILED_PRECONDITION;
        case Status::id_in_future: return StatusCode::OUT_OF_RANGE;
        case Status::initiator_unknown:
        case Status::debit_account_not_owned:
        case Status::credit_account_not_owned:
        case Status::not_authorised: return StatusCode::PERMISSION_DENIED;
        case Status::payee_outcomes_full:
        case Status::live_transfers_full:
        case Status::participants_full:
        case Status::accounts_full:
        case Status::claims_full: return StatusCode::RESOURCE_EXHAUSTED;
        case Status::transfer_unknown:
        case Status::participant_unknown: return StatusCode::NOT_FOUND;
    }
    UNREACHABLE("status");
}

std::string_view reason_name_of(ledger::Status status) {
    const std::string_view name = v1::Status_Name(proto_status_of(status));
    ASSERT(name.substr(0, prefix.size()) == prefix);
    return name.substr(prefix.size());
}

std::string_view sentence_of(ledger::Status status) {
    using ledger::Status;
    switch (status) {
        case Status::ok: return "It was applied.";
        case Status::command_malformed: return "The ledger could not read the command.";
        case Status::protocol_version_unknown:
            return "This build does not know that protocol version, or it is not the next one.";
        case Status::limits_not_allowed:
            return "The limits are less than what the ledger holds, or contradict each other.";
        case Status::transfer_id_zero: return "The transfer id is all zeros.";
        case Status::modified_request:
            return "The id was used before for a request with another body; the original is "
                   "untouched.";
        case Status::id_too_old:
            return "The time in the id is before the oldest that is still accepted, so it can "
                   "never happen from now on; ask GetTransfer whether it did.";
        case Status::id_in_future:
            return "The time in the id is more than 5 minutes ahead of the switch.";
        case Status::initiator_unknown: return "No participant has the name in the certificate.";
        case Status::initiator_suspended:
            return "The sending participant is suspended from sending.";
        case Status::payee_unknown: return "No participant has the code of the payee.";
        case Status::payee_is_payer: return "Payer and payee are the same participant.";
        case Status::payee_suspended:
            return "The receiving participant is suspended from receiving.";
        case Status::payee_outcomes_full:
            return "The receiving participant has too many outcomes to acknowledge; try again "
                   "later.";
        case Status::posting_count_invalid: return "A transfer has 1 to 8 postings.";
        case Status::timeout_invalid: return "The time-out is not within 10 ms and 24 h.";
        case Status::amount_not_positive: return "The amount is not positive.";
        case Status::debit_account_unknown: return "The account to debit does not exist.";
        case Status::credit_account_unknown: return "The account to credit does not exist.";
        case Status::accounts_identical:
            return "The account to debit and the one to credit are the same.";
        case Status::currency_mismatch: return "An account is not in the currency of the transfer.";
        case Status::debit_account_not_owned:
            return "The account to debit belongs to somebody else.";
        case Status::credit_account_not_owned:
            return "The account to credit belongs to somebody else.";
        case Status::account_kind_not_allowed:
            return "An account of that kind can not be posted to in this way.";
        case Status::balance_would_overflow: return "A balance would not fit into 64 bits.";
        case Status::insufficient_funds: return "The account does not hold that much.";
        case Status::insufficient_cover:
            return "Prefunded money and position do not cover the amount.";
        case Status::net_debit_cap_exceeded:
            return "The net debit cap does not leave room for the amount.";
        case Status::live_transfers_full:
            return "The ledger holds as many transfers in flight as it can; try again later.";
        case Status::transfer_unknown: return "There is no transfer with this id.";
        case Status::not_authorised: return "Somebody else decides about this transfer.";
        case Status::already_committed: return "The transfer is committed.";
        case Status::already_aborted: return "The transfer is aborted.";
        case Status::already_rejected: return "The transfer was rejected.";
        case Status::already_returned: return "The transfer was returned.";
        case Status::outcome_already_acknowledged: return "The outcome was acknowledged before.";
        case Status::not_committed: return "The transfer is not committed.";
        case Status::participant_id_invalid:
            return "That number can not be the id of a participant.";
        case Status::participant_exists_differently:
            return "There is a participant with this id, and it differs.";
        case Status::participant_code_invalid:
            return "A code is 1 to 16 of a-z, 0-9 and '-', starting with a letter.";
        case Status::participant_code_taken: return "Another participant has this code.";
        case Status::participants_full: return "The ledger has no room for another participant.";
        case Status::participant_unknown: return "There is no such participant.";
        case Status::participant_state_invalid: return "There is no such state.";
        case Status::cap_negative: return "A net debit cap is not negative.";
        case Status::account_id_invalid: return "An account id is from 1 to 2^63 - 1.";
        case Status::account_exists_differently:
            return "There is an account with this id, and it differs.";
        case Status::account_kind_reserved: return "Accounts of this kind are made by the switch.";
        case Status::currency_unknown: return "That currency is not in use.";
        case Status::accounts_full: return "The ledger has no room for another account.";
        case Status::entity_code_taken: return "Another participant has this entity code.";
        case Status::message_id_invalid: return "A message id has 1 to 35 characters.";
        case Status::claims_full: return "The ledger has no room for another claim.";
    }
    UNREACHABLE("status");
}

}  // namespace ayni::rpc
