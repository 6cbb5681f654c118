#pragma once

#include "ayni/v1/transfer_service.grpc.pb.h"
#include "rpc/payments.h"

namespace ayni::rpc {

using TransferStreamReactor =
    grpc::ServerBidiReactor<v1::StreamTransfersRequest, v1::StreamTransfersResponse>;

/// One StreamTransfers, from its arrival to its end; destroys itself.
[[nodiscard]] TransferStreamReactor* start_transfer_stream(Core& core,
                                                           grpc::CallbackServerContext& context);

}  // namespace ayni::rpc
