#pragma once

#include <grpcpp/support/status.h>

#include <string_view>

#include "ayni/v1/status.pb.h"
#include "ledger/status.h"

/// The ledger's statuses in the API's terms. Pure functions.
namespace ayni::rpc {

/// Same name, same number (both are checked at compile time or by a test).
[[nodiscard]] v1::Status proto_status_of(ledger::Status status);

/// What a unary call answers for it.
[[nodiscard]] grpc::StatusCode grpc_code_of(ledger::Status status);

/// ErrorInfo.reason: "INSUFFICIENT_COVER". Lives for ever. Not for `ok`.
[[nodiscard]] std::string_view reason_name_of(ledger::Status status);

/// One sentence for the developer who reads the error.
[[nodiscard]] std::string_view sentence_of(ledger::Status status);

}  // namespace ayni::rpc
