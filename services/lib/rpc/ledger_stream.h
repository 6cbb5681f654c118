#pragma once

#include "ayni/v1/ledger_service.grpc.pb.h"
#include "rpc/core.h"

namespace ayni::rpc {

using LedgerStreamReactor =
    grpc::ServerBidiReactor<v1::StreamCreateTransfersRequest, v1::StreamCreateTransfersResponse>;

/// One StreamCreateTransfers, from its arrival to its end; destroys itself.
[[nodiscard]] LedgerStreamReactor* start_ledger_stream(Core& core,
                                                       grpc::CallbackServerContext& context);

}  // namespace ayni::rpc
