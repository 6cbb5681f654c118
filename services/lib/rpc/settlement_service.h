#pragma once

#include "ayni/v1/settlement_service.grpc.pb.h"
#include "rpc/core.h"

namespace ayni::rpc {

class SettlementService final : public v1::SettlementService::CallbackService {
public:
    explicit SettlementService(Core& core) : core_(core) {}

    grpc::ServerUnaryReactor* RecordFundsIn(grpc::CallbackServerContext* context,
                                            const v1::RecordFundsInRequest* request,
                                            v1::RecordFundsInResponse* response) override;
    grpc::ServerUnaryReactor* GetPosition(grpc::CallbackServerContext* context,
                                          const v1::GetPositionRequest* request,
                                          v1::GetPositionResponse* response) override;
    grpc::ServerUnaryReactor* GetStatement(grpc::CallbackServerContext* context,
                                           const v1::GetStatementRequest* request,
                                           v1::GetStatementResponse* response) override;

private:
    Core& core_;
};

}  // namespace ayni::rpc
