#pragma once

#include <grpcpp/server_context.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Who calls: one URI SAN of the client's certificate, `spiffe://ayni/ROLE/NAME`.
namespace ayni::rpc {

enum class Role : std::uint8_t { participant, operator_, auditor, switch_ };

struct Identity {
    Role role = Role::participant;
    std::string_view name;  ///< Of a participant: its code. 1 to 64 of a-z, 0-9, '-', '_' and '.'.
};

/// Reads "participant/yape". Nothing on any other text.
[[nodiscard]] std::optional<Identity> parse_role_and_name(std::string_view text);

/// Reads "spiffe://ayni/participant/yape". Nothing on any other text.
[[nodiscard]] std::optional<Identity> parse_identity_uri(std::string_view uri);

/// Where an identity is taken from.
enum class IdentitySource : std::uint8_t {
    certificate,
    /// The metadata `x-ayni-identity: participant/yape`, believed without proof: loopback only.
    metadata,
};
inline constexpr const char* identity_metadata_key = "x-ayni-identity";

/// The caller's identity; `storage` keeps what its name points into. Nothing when there is none,
/// more than one, or one that is not well formed.
[[nodiscard]] std::optional<Identity> identity_of(const grpc::ServerContextBase& context,
                                                  IdentitySource source, std::string& storage);

}  // namespace ayni::rpc
