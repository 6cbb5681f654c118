#pragma once

#include "ayni/v1/admin_service.grpc.pb.h"
#include "rpc/core.h"

namespace ayni::rpc {

class AdminService final : public v1::AdminService::CallbackService {
public:
    explicit AdminService(Core& core) : core_(core) {}

    grpc::ServerUnaryReactor* CreateParticipant(grpc::CallbackServerContext* context,
                                                const v1::CreateParticipantRequest* request,
                                                v1::CreateParticipantResponse* response) override;
    grpc::ServerUnaryReactor* GetParticipant(grpc::CallbackServerContext* context,
                                             const v1::GetParticipantRequest* request,
                                             v1::GetParticipantResponse* response) override;
    grpc::ServerUnaryReactor* ListParticipants(grpc::CallbackServerContext* context,
                                               const v1::ListParticipantsRequest* request,
                                               v1::ListParticipantsResponse* response) override;
    grpc::ServerUnaryReactor* SetParticipantState(
        grpc::CallbackServerContext* context, const v1::SetParticipantStateRequest* request,
        v1::SetParticipantStateResponse* response) override;
    grpc::ServerUnaryReactor* SetNetDebitCap(grpc::CallbackServerContext* context,
                                             const v1::SetNetDebitCapRequest* request,
                                             v1::SetNetDebitCapResponse* response) override;
    grpc::ServerUnaryReactor* AdvanceProtocolVersion(
        grpc::CallbackServerContext* context, const v1::AdvanceProtocolVersionRequest* request,
        v1::AdvanceProtocolVersionResponse* response) override;
    grpc::ServerUnaryReactor* GetLedgerStatus(grpc::CallbackServerContext* context,
                                              const v1::GetLedgerStatusRequest* request,
                                              v1::GetLedgerStatusResponse* response) override;

private:
    Core& core_;
};

}  // namespace ayni::rpc
