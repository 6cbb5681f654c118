#pragma once

#include "ayni/v1/transfer_service.grpc.pb.h"
#include "rpc/core.h"

namespace ayni::rpc {

class TransferService final : public v1::TransferService::CallbackService {
public:
    explicit TransferService(Core& core) : core_(core) {}

    grpc::ServerUnaryReactor* CreateTransfer(grpc::CallbackServerContext* context,
                                             const v1::CreateTransferRequest* request,
                                             v1::CreateTransferResponse* response) override;
    grpc::ServerBidiReactor<v1::StreamTransfersRequest, v1::StreamTransfersResponse>*
    StreamTransfers(grpc::CallbackServerContext* context) override;
    grpc::ServerUnaryReactor* BatchCreateTransfers(
        grpc::CallbackServerContext* context, const v1::BatchCreateTransfersRequest* request,
        v1::BatchCreateTransfersResponse* response) override;
    grpc::ServerUnaryReactor* GetTransfer(grpc::CallbackServerContext* context,
                                          const v1::GetTransferRequest* request,
                                          v1::GetTransferResponse* response) override;
    grpc::ServerUnaryReactor* ListTransfers(grpc::CallbackServerContext* context,
                                            const v1::ListTransfersRequest* request,
                                            v1::ListTransfersResponse* response) override;

private:
    Core& core_;
};

}  // namespace ayni::rpc
