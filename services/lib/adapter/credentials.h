#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace ayni::adapter {

/// PEM files of one end of a mutually authenticated link.
struct TlsFiles {
    std::string ca_file;           ///< Whom to believe.
    std::string certificate_file;  ///< Who we are, with its chain.
    std::string key_file;
};

/// Credentials of a client. The server's certificate must be signed by the CA and carry the host
/// name or address of the endpoint. Both ends being gRPC, TLS 1.3 is what they agree on (gRPC 1.51
/// has no public way to forbid 1.2 with AEAD ciphers).
/// An unreadable or empty file is an error that names it.
[[nodiscard]] base::Result<std::shared_ptr<grpc::ChannelCredentials>> tls_channel_credentials(
    const TlsFiles& files);

/// Credentials of a server that refuses clients without a certificate of the CA.
[[nodiscard]] base::Result<std::shared_ptr<grpc::ServerCredentials>> tls_server_credentials(
    const TlsFiles& files);

}  // namespace ayni::adapter
