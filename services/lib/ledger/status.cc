#include "ledger/status.h"

#include "base/assert.h"
#include "ledger/model.h"

namespace ayni::ledger {

std::string_view to_string(Status status) {
    switch (status) {
        case Status::ok: return "ok";
        case Status::command_malformed: return "command_malformed";
        case Status::protocol_version_unknown: return "protocol_version_unknown";
        case Status::limits_not_allowed: return "limits_not_allowed";
        case Status::transfer_id_zero: return "transfer_id_zero";
        case Status::modified_request: return "modified_request";
        case Status::id_too_old: return "id_too_old";
        case Status::id_in_future: return "id_in_future";
        case Status::initiator_unknown: return "initiator_unknown";
        case Status::initiator_suspended: return "initiator_suspended";
        case Status::payee_unknown: return "payee_unknown";
        case Status::payee_is_payer: return "payee_is_payer";
        case Status::payee_suspended: return "payee_suspended";
        case Status::payee_outcomes_full: return "payee_outcomes_full";
        case Status::posting_count_invalid: return "posting_count_invalid";
        case Status::timeout_invalid: return "timeout_invalid";
        case Status::amount_not_positive: return "amount_not_positive";
        case Status::debit_account_unknown: return "debit_account_unknown";
        case Status::credit_account_unknown: return "credit_account_unknown";
        case Status::accounts_identical: return "accounts_identical";
        case Status::currency_mismatch: return "currency_mismatch";
        case Status::debit_account_not_owned: return "debit_account_not_owned";
        case Status::credit_account_not_owned: return "credit_account_not_owned";
        case Status::account_kind_not_allowed: return "account_kind_not_allowed";
        case Status::balance_would_overflow: return "balance_would_overflow";
        case Status::insufficient_funds: return "insufficient_funds";
        case Status::insufficient_cover: return "insufficient_cover";
        case Status::net_debit_cap_exceeded: return "net_debit_cap_exceeded";
        case Status::live_transfers_full: return "live_transfers_full";
        case Status::transfer_unknown: return "transfer_unknown";
        case Status::not_authorised: return "not_authorised";
        case Status::already_committed: return "already_committed";
        case Status::already_aborted: return "already_aborted";
        case Status::already_rejected: return "already_rejected";
        case Status::already_returned: return "already_returned";
        case Status::outcome_already_acknowledged: return "outcome_already_acknowledged";
        case Status::not_committed: return "not_committed";
        case Status::participant_id_invalid: return "participant_id_invalid";
        case Status::participant_exists_differently: return "participant_exists_differently";
        case Status::participant_code_invalid: return "participant_code_invalid";
        case Status::participant_code_taken: return "participant_code_taken";
        case Status::participants_full: return "participants_full";
        case Status::participant_unknown: return "participant_unknown";
        case Status::participant_state_invalid: return "participant_state_invalid";
        case Status::cap_negative: return "cap_negative";
        case Status::account_id_invalid: return "account_id_invalid";
        case Status::account_exists_differently: return "account_exists_differently";
        case Status::account_kind_reserved: return "account_kind_reserved";
        case Status::currency_unknown: return "currency_unknown";
        case Status::accounts_full: return "accounts_full";
        case Status::entity_code_taken: return "entity_code_taken";
        case Status::message_id_invalid: return "message_id_invalid";
        case Status::claims_full: return "claims_full";
    }
    UNREACHABLE("status");
}

bool is_transient(Status status) {
    return status == Status::transfer_id_zero || status == Status::modified_request ||
           status == Status::id_too_old || status == Status::id_in_future ||
           status == Status::payee_outcomes_full || status == Status::live_transfers_full;
}

ReasonCode reason_of(Status status) {
    switch (status) {
        case Status::ok: return {};
        case Status::modified_request: return ReasonCode("AM05");
        case Status::id_too_old:
        case Status::id_in_future: return ReasonCode("DU04");
        case Status::initiator_unknown:
        case Status::initiator_suspended: return ReasonCode("DNOR");
        case Status::payee_unknown:
        case Status::payee_suspended: return ReasonCode("CNOR");
        case Status::payee_outcomes_full: return ReasonCode("AB08");
        case Status::amount_not_positive: return ReasonCode("AM01");
        case Status::currency_mismatch:
        case Status::currency_unknown: return ReasonCode("AM03");
        case Status::balance_would_overflow: return ReasonCode("AM02");
        case Status::insufficient_funds:
        case Status::insufficient_cover: return ReasonCode("AM04");
        case Status::net_debit_cap_exceeded: return ReasonCode("AM23");
        case Status::debit_account_unknown:
        case Status::credit_account_unknown: return ReasonCode("AC01");
        case Status::account_kind_not_allowed: return ReasonCode("AC14");
        case Status::live_transfers_full: return ReasonCode("MS03");
        case Status::command_malformed:
        case Status::protocol_version_unknown:
        case Status::limits_not_allowed:
        case Status::transfer_id_zero:
        case Status::payee_is_payer:
        case Status::posting_count_invalid:
        case Status::timeout_invalid:
        case Status::accounts_identical:
        case Status::debit_account_not_owned:
        case Status::credit_account_not_owned:
        case Status::transfer_unknown:
        case Status::not_authorised:
        case Status::already_committed:
        case Status::already_aborted:
        case Status::already_rejected:
        case Status::already_returned:
        case Status::outcome_already_acknowledged:
        case Status::not_committed:
        case Status::participant_id_invalid:
        case Status::participant_exists_differently:
        case Status::participant_code_invalid:
        case Status::participant_code_taken:
        case Status::participants_full:
        case Status::participant_unknown:
        case Status::participant_state_invalid:
        case Status::cap_negative:
        case Status::account_id_invalid:
        case Status::account_exists_differently:
        case Status::account_kind_reserved:
        case Status::accounts_full:
        case Status::entity_code_taken:
        case Status::message_id_invalid:
        case Status::claims_full: return ReasonCode("FF01");
    }
    UNREACHABLE("status");
}

}  // namespace ayni::ledger
