#pragma once

#include "ayni/v1/settlement_service.pb.h"
#include "rpc/call.h"

/// Reading statements from the books. Private to this library.
namespace ayni::rpc {

/// Finishes `call`.
void get_statement(Call& call, const v1::GetStatementRequest& request,
                   v1::GetStatementResponse& response);

}  // namespace ayni::rpc
