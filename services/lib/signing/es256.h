#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ayni::signing {

/// r ‖ s, 32 bytes each, big-endian (RFC 7518, 3.4).
constexpr std::size_t es256_signature_bytes = 64;

/// ECDSA over P-256 with SHA-256. `key` must be a private P-256 key. Nothing when OpenSSL could not
/// sign, which is a machine without memory or randomness.
[[nodiscard]] std::optional<std::string> es256_sign(EVP_PKEY* key, std::string_view text);

/// False for a wrong signature, and for one that has not es256_signature_bytes.
[[nodiscard]] bool es256_verify(EVP_PKEY* key, std::string_view text, std::string_view signature);

}  // namespace ayni::signing
