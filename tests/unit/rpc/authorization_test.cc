#include "rpc/authorization.h"

#include <gtest/gtest.h>

#include <set>

#include "ayni/adapter/v1/participant_gateway_service.pb.h"
#include "ayni/replication/v1/replication_service.pb.h"
#include "ayni/v1/admin_service.pb.h"
#include "ayni/v1/disbursement_service.pb.h"
#include "ayni/v1/ledger_service.pb.h"
#include "ayni/v1/settlement_service.pb.h"
#include "ayni/v1/transfer_service.pb.h"

namespace ayni::rpc {
namespace {

/// Every service that the switch serves. A new file needs a line here, or its service can
/// not be registered: it is what the server's own sources include.
std::set<std::string> rpcs_of_protos() {
    std::set<std::string> names;
    for (const auto* file :
         {v1::CreateTransferRequest::descriptor()->file(),
          v1::CreateTransfersRequest::descriptor()->file(),
          v1::GetLedgerStatusRequest::descriptor()->file(),
          v1::GetPositionRequest::descriptor()->file(), v1::ClaimBatchRequest::descriptor()->file(),
          replication::v1::FollowRequest::descriptor()->file(),
          adapter::v1::ConnectRequest::descriptor()->file()}) {
        for (int i = 0; i < file->service_count(); ++i) {
            for (int j = 0; j < file->service(i)->method_count(); ++j) {
                names.insert(file->service(i)->method(j)->full_name());
            }
        }
    }
    return names;
}

TEST(Authorization, EveryRpcHasOneRowAndEveryRowIsAnRpc) {
    std::set<std::string> rows;
    for (const RpcRow& row : rpc_table()) {
        EXPECT_TRUE(rows.insert(std::string(row.full_name)).second) << row.full_name;
    }
    EXPECT_EQ(rows, rpcs_of_protos());
}

TEST(Authorization, SwitchesFollowAndDoNothingElse) {
    for (const RpcRow& row : rpc_table()) {
        const bool is_ours = row.rpc == Rpc::follow;
        EXPECT_EQ(may_call(Role::switch_, row.rpc), is_ours) << row.full_name;
        const bool somebody = may_call(Role::participant, row.rpc) ||
                              may_call(Role::operator_, row.rpc) ||
                              may_call(Role::auditor, row.rpc);
        EXPECT_NE(somebody, is_ours) << row.full_name;
    }
}

TEST(Authorization, AuditorsOnlyRead) {
    for (const RpcRow& row : rpc_table()) {
        const std::string_view method = row.full_name.substr(row.full_name.rfind('.') + 1);
        const bool is_read = method.substr(0, 3) == "Get" || method.substr(0, 4) == "List";
        EXPECT_EQ(may_call(Role::auditor, row.rpc), is_read) << row.full_name;
    }
}

TEST(Authorization, MoneyOfInstitutionsIsMovedByInstitutions) {
    for (const Rpc rpc :
         {Rpc::create_transfer, Rpc::stream_transfers, Rpc::batch_create_transfers,
          Rpc::create_ledger_transfers, Rpc::stream_create_ledger_transfers,
          Rpc::commit_ledger_transfers, Rpc::abort_ledger_transfers, Rpc::claim_batch}) {
        EXPECT_TRUE(may_call(Role::participant, rpc));
        EXPECT_FALSE(may_call(Role::operator_, rpc));
    }
    for (const Rpc rpc : {Rpc::record_funds_in, Rpc::set_net_debit_cap, Rpc::set_participant_state,
                          Rpc::create_participant, Rpc::advance_protocol_version}) {
        EXPECT_FALSE(may_call(Role::participant, rpc));
        EXPECT_TRUE(may_call(Role::operator_, rpc));
    }
}

}  // namespace
}  // namespace ayni::rpc
