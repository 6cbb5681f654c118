#pragma once

#include <optional>

#include "ayni/v1/admin_service.pb.h"
#include "ayni/v1/disbursement_service.pb.h"
#include "ayni/v1/settlement_service.pb.h"
#include "ledger/command.h"
#include "ledger/ledger.h"
#include "rpc/errors.h"

/// AdminService, SettlementService and DisbursementService between proto and commands. Pure
/// functions. Each `…_of` checks every field, and returns nothing when one is wrong; participants
/// that are named by code are the caller's to fill in.
namespace ayni::rpc {

[[nodiscard]] std::optional<ledger::CreateParticipant> create_participant_of(
    const v1::CreateParticipantRequest& request, std::string_view actor, Violations& wrong);

[[nodiscard]] std::optional<ledger::SetParticipantState> set_participant_state_of(
    const v1::SetParticipantStateRequest& request, std::string_view actor, Violations& wrong);

[[nodiscard]] std::optional<ledger::SetNetDebitCap> set_net_debit_cap_of(
    const v1::SetNetDebitCapRequest& request, std::string_view actor, Violations& wrong);

[[nodiscard]] std::optional<ledger::AdvanceProtocolVersion> advance_protocol_version_of(
    const v1::AdvanceProtocolVersionRequest& request, std::string_view actor, Violations& wrong);

[[nodiscard]] std::optional<ledger::RecordFundsIn> record_funds_in_of(
    const v1::RecordFundsInRequest& request, std::string_view actor, Violations& wrong);

/// Of a participant that asks for itself.
[[nodiscard]] std::optional<ledger::ClaimBatch> claim_batch_of(const v1::ClaimBatchRequest& request,
                                                               base::ParticipantId initiator,
                                                               std::string_view actor,
                                                               Violations& wrong);

[[nodiscard]] v1::ParticipantState proto_state_of(ledger::ParticipantState state);

/// `connected` is left to the caller.
void to_message(const ledger::Participant& participant, v1::Participant& message);
void to_message(const ledger::Ledger::Position& position, v1::GetPositionResponse& message);
void to_message(const ledger::Ledger& ledger, v1::GetLedgerStatusResponse& message);

}  // namespace ayni::rpc
