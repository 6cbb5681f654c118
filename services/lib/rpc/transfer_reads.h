#pragma once

#include "ayni/v1/transfer_service.pb.h"
#include "rpc/call.h"

/// Reading transfers: from memory, from history, and from the journal. Private to this library.
namespace ayni::rpc {

/// Each finishes `call`.
void get_transfer(Call& call, const v1::GetTransferRequest& request,
                  v1::GetTransferResponse& response);
void list_transfers(Call& call, const v1::ListTransfersRequest& request,
                    v1::ListTransfersResponse& response);

}  // namespace ayni::rpc
