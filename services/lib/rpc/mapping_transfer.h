#pragma once

#include <memory>
#include <string_view>

#include "ayni/v1/transfer_service.pb.h"
#include "history/history.h"
#include "identity/tokens.h"
#include "journal/journal.h"
#include "router/router.h"
#include "rpc/errors.h"

/// Payments between proto and model. Pure functions.
namespace ayni::rpc {

inline constexpr int max_batch_payments = 1'000;

/// The payment that `request` asks for, with every field checked; null when one is wrong. Payer,
/// payee's id, `answer_by` and the callbacks are the caller's to fill. `prefix` leads the names of
/// wrong fields: "transfer." or empty.
[[nodiscard]] std::unique_ptr<router::Payment> payment_of(const v1::NewTransfer& request,
                                                          const identity::Tokeniser& tokeniser,
                                                          std::string_view prefix,
                                                          Violations& wrong);

/// Counts, and ids that differ, of a whole batch. What is wrong with single payments is answered
/// for each of them.
void check_batch(const google::protobuf::RepeatedPtrField<v1::NewTransfer>& transfers,
                 Violations& wrong);

[[nodiscard]] v1::TransferState proto_state_of(ledger::TransferState state);
[[nodiscard]] v1::TransferType proto_type_of(ledger::TransferType type);
[[nodiscard]] v1::TransferStage proto_stage_of(router::Stage stage);

/// Of a command that was not refused.
void to_message(const base::TransferId& id, const ledger::Outcome& outcome,
                v1::TransferResult& message);
void to_message(const ErrorDetail& error, v1::TransferError& message);

/// Everything but what only the journal knows.
void to_message(const ledger::RememberedTransfer& record, v1::Transfer& message);
/// What only the journal knows: `found` is the command at the transfer's created_sequence. False
/// when that command is not of this transfer.
[[nodiscard]] bool add_journalled(const base::TransferId& id,
                                  const journal::CommandReader::Found& found,
                                  v1::Transfer& message);

/// The same record as the ledger would have kept. Nothing when a number in it means nothing here.
[[nodiscard]] std::optional<ledger::RememberedTransfer> record_of(const history::Entry& entry);

}  // namespace ayni::rpc
