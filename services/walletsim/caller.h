#pragma once

#include <grpcpp/server_context.h>

#include <string>

namespace ayni::walletsim {

/// Who calls: of `spiffe://ayni/<role>/<name>` in the client's certificate, or, without mTLS, of
/// the metadata `x-ayni-identity: <role>/<name>`. Both empty when it does not say.
struct Caller {
    std::string role;
    std::string name;
};

[[nodiscard]] Caller caller_of(const grpc::CallbackServerContext& context, bool insecure);

/// OK for callers of the role switch.
[[nodiscard]] grpc::Status check_switch(const grpc::CallbackServerContext& context, bool insecure);
/// OK for callers of the roles operator and participant.
[[nodiscard]] grpc::Status check_customer_side(const grpc::CallbackServerContext& context,
                                               bool insecure);

}  // namespace ayni::walletsim
