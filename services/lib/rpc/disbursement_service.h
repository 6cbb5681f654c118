#pragma once

#include "ayni/v1/disbursement_service.grpc.pb.h"
#include "rpc/core.h"

namespace ayni::rpc {

class DisbursementService final : public v1::DisbursementService::CallbackService {
public:
    explicit DisbursementService(Core& core) : core_(core) {}

    grpc::ServerUnaryReactor* ClaimBatch(grpc::CallbackServerContext* context,
                                         const v1::ClaimBatchRequest* request,
                                         v1::ClaimBatchResponse* response) override;

private:
    Core& core_;
};

}  // namespace ayni::rpc
