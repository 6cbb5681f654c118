#include "rpc/authorization.h"

#include "base/assert.h"

namespace ayni::rpc {
namespace {

constexpr Roles institutions(Role::participant);
constexpr Roles operators(Role::operator_);
constexpr Roles overseers(Role::operator_, Role::auditor);
constexpr Roles switches(Role::switch_);
constexpr Roles everybody(Role::participant, Role::operator_, Role::auditor);

constexpr std::array<RpcRow, rpc_count> table{{
    {Rpc::create_transfer, "ayni.v1.TransferService.CreateTransfer", institutions},
    {Rpc::stream_transfers, "ayni.v1.TransferService.StreamTransfers", institutions},
    {Rpc::batch_create_transfers, "ayni.v1.TransferService.BatchCreateTransfers", institutions},
    {Rpc::get_transfer, "ayni.v1.TransferService.GetTransfer", everybody},
    {Rpc::list_transfers, "ayni.v1.TransferService.ListTransfers", everybody},
    {Rpc::create_accounts, "ayni.v1.LedgerService.CreateAccounts", institutions},
    {Rpc::get_account, "ayni.v1.LedgerService.GetAccount", everybody},
    {Rpc::create_ledger_transfers, "ayni.v1.LedgerService.CreateTransfers", institutions},
    {Rpc::stream_create_ledger_transfers, "ayni.v1.LedgerService.StreamCreateTransfers",
     institutions},
    {Rpc::commit_ledger_transfers, "ayni.v1.LedgerService.CommitTransfers", institutions},
    {Rpc::abort_ledger_transfers, "ayni.v1.LedgerService.AbortTransfers", institutions},
    {Rpc::record_funds_in, "ayni.v1.SettlementService.RecordFundsIn", operators},
    {Rpc::get_position, "ayni.v1.SettlementService.GetPosition", everybody},
    {Rpc::get_statement, "ayni.v1.SettlementService.GetStatement", everybody},
    {Rpc::claim_batch, "ayni.v1.DisbursementService.ClaimBatch", institutions},
    {Rpc::create_participant, "ayni.v1.AdminService.CreateParticipant", operators},
    {Rpc::get_participant, "ayni.v1.AdminService.GetParticipant", overseers},
    {Rpc::list_participants, "ayni.v1.AdminService.ListParticipants", overseers},
    {Rpc::set_participant_state, "ayni.v1.AdminService.SetParticipantState", operators},
    {Rpc::set_net_debit_cap, "ayni.v1.AdminService.SetNetDebitCap", operators},
    {Rpc::advance_protocol_version, "ayni.v1.AdminService.AdvanceProtocolVersion", operators},
    {Rpc::get_ledger_status, "ayni.v1.AdminService.GetLedgerStatus", overseers},
    {Rpc::follow, "ayni.replication.v1.ReplicationService.Follow", switches},
    {Rpc::connect, "ayni.adapter.v1.ParticipantGatewayService.Connect", institutions},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < rpc_count; ++i) {
        if (static_cast<std::size_t>(table[i].rpc) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

}  // namespace

const std::array<RpcRow, rpc_count>& rpc_table() { return table; }

const RpcRow& row_of(Rpc rpc) {
    const auto index = static_cast<std::size_t>(rpc);
    ASSERT(index < rpc_count);
    return table[index];
}

}  // namespace ayni::rpc
