#include "walletsim/caller.h"

#include <grpc/grpc_security_constants.h>

#include <string_view>

namespace ayni::walletsim {
namespace {

Caller parse(std::string_view identity) {
    const std::size_t slash = identity.find('/');
    if (slash == std::string_view::npos) return {};
    return {std::string(identity.substr(0, slash)), std::string(identity.substr(slash + 1))};
}

grpc::Status denied(const Caller& caller, const std::string& wanted) {
    const std::string who = caller.role.empty() ? "nobody" : caller.role + "/" + caller.name;
    return {grpc::StatusCode::PERMISSION_DENIED, "called by " + who + ", allowed for " + wanted};
}

}  // namespace

Caller caller_of(const grpc::CallbackServerContext& context, bool insecure) {
    if (insecure) {
        const auto found = context.client_metadata().find("x-ayni-identity");
        if (found == context.client_metadata().end()) return {};
        return parse({found->second.data(), found->second.size()});
    }
    constexpr std::string_view scheme = "spiffe://ayni/";
    const auto uris = context.auth_context()->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
    for (const grpc::string_ref& uri : uris) {
        const std::string_view text(uri.data(), uri.size());
        if (text.starts_with(scheme)) return parse(text.substr(scheme.size()));
    }
    return {};
}

grpc::Status check_switch(const grpc::CallbackServerContext& context, bool insecure) {
    const Caller caller = caller_of(context, insecure);
    return caller.role == "switch" ? grpc::Status::OK : denied(caller, "the switch");
}

grpc::Status check_customer_side(const grpc::CallbackServerContext& context, bool insecure) {
    const Caller caller = caller_of(context, insecure);
    const bool allowed = caller.role == "operator" || caller.role == "participant";
    return allowed ? grpc::Status::OK : denied(caller, "operators and participants");
}

}  // namespace ayni::walletsim
