#include "rpc/identity.h"

#include <grpc/grpc_security_constants.h>

#include <algorithm>

namespace ayni::rpc {
namespace {

constexpr std::string_view uri_prefix = "spiffe://ayni/";
constexpr std::size_t max_name_size = 64;

std::optional<Role> role_of(std::string_view text) {
    if (text == "participant") return Role::participant;
    if (text == "operator") return Role::operator_;
    if (text == "auditor") return Role::auditor;
    if (text == "switch") return Role::switch_;
    return std::nullopt;
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::optional<Identity> of_certificate(const grpc::ServerContextBase& context,
                                       std::string& storage) {
    const auto peer = context.auth_context();
    if (peer == nullptr || !peer->IsPeerAuthenticated()) return std::nullopt;
    const auto uris = peer->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
    if (uris.size() != 1) return std::nullopt;
    storage.assign(uris.front().data(), uris.front().size());
    return parse_identity_uri(storage);
}

std::optional<Identity> of_metadata(const grpc::ServerContextBase& context, std::string& storage) {
    const auto& metadata = context.client_metadata();
    const auto [first, last] = metadata.equal_range(identity_metadata_key);
    if (first == last || std::next(first) != last) return std::nullopt;
    storage.assign(first->second.data(), first->second.size());
    return parse_role_and_name(storage);
}

}  // namespace

std::optional<Identity> parse_role_and_name(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto role = role_of(text.substr(0, slash));
    const std::string_view name = text.substr(slash + 1);
    if (!role || name.empty() || name.size() > max_name_size) return std::nullopt;
    if (!std::all_of(name.begin(), name.end(), is_name_character)) return std::nullopt;
    return Identity{*role, name};
}

std::optional<Identity> parse_identity_uri(std::string_view uri) {
    if (uri.substr(0, uri_prefix.size()) != uri_prefix) return std::nullopt;
    return parse_role_and_name(uri.substr(uri_prefix.size()));
}

std::optional<Identity> identity_of(const grpc::ServerContextBase& context, IdentitySource source,
                                    std::string& storage) {
    return source == IdentitySource::certificate ? of_certificate(context, storage)
                                                 : of_metadata(context, storage);
}

}  // namespace ayni::rpc
