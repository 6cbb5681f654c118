#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "base/result.h"
#include "rpc/server.h"

namespace ayni::rpc {

/// Mutual TLS: a client without a certificate of the CA is refused in the handshake. The files are
/// read again when they change; connections that are up live on. An error names the option.
[[nodiscard]] base::Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(
    const Options& options);

/// HOST:PORT on this machine only: "127.0.0.1:7400", "[::1]:0", "localhost:7400".
[[nodiscard]] bool is_loopback(std::string_view listen);

}  // namespace ayni::rpc
