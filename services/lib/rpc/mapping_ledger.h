#pragma once

#include "ayni/v1/ledger_service.pb.h"
#include "ledger/command.h"
#include "ledger/ledger.h"
#include "rpc/errors.h"

/// LedgerService between proto and commands. Pure functions, on the hot path: nothing is allocated
/// for an item unless it is wrong.
///
/// Each `encode` appends one command for each item; when an item is malformed it adds that item's
/// wrong fields ("transfers[17].amount") and stops: what was appended by then is of no use.
namespace ayni::rpc {

inline constexpr int max_ledger_items = 8'192;

void encode(const google::protobuf::RepeatedPtrField<v1::LedgerTransfer>& transfers,
            base::ParticipantId caller, ledger::CommandBuffer& commands, Violations& wrong);

inline void encode(const v1::CreateTransfersRequest& request, base::ParticipantId caller,
                   ledger::CommandBuffer& commands, Violations& wrong) {
    encode(request.transfers(), caller, commands, wrong);
}
void encode(const v1::CreateAccountsRequest& request, base::ParticipantId caller,
            ledger::CommandBuffer& commands, Violations& wrong);
void encode(const v1::CommitTransfersRequest& request, base::ParticipantId caller,
            ledger::CommandBuffer& commands, Violations& wrong);
void encode(const v1::AbortTransfersRequest& request, base::ParticipantId caller,
            ledger::CommandBuffer& commands, Violations& wrong);

[[nodiscard]] v1::AccountKind proto_kind_of(ledger::AccountKind kind);

/// Owner is left to the caller.
void to_message(const ledger::Account& account, v1::Account& message);

/// `statuses` of a response, one for each outcome.
void add_statuses(std::span<const ledger::Outcome> outcomes,
                  google::protobuf::RepeatedField<int>& statuses);

}  // namespace ayni::rpc
