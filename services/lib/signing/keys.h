#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace ayni::signing {

/// The public half of an EC key on P-256, with which signatures are verified. Cheap to copy,
/// thread-safe.
class VerificationKey {
public:
    /// From a "PUBLIC KEY" or a "CERTIFICATE" (X.509) in PEM form. The first block counts, which in
    /// a chain of certificates is the holder's. A certificate only carries the key: neither its
    /// issuer nor its dates are looked at; whoever configures a key vouches for it, and KeyRing
    /// knows its dates. Errors name `field`.
    [[nodiscard]] static base::Result<VerificationKey> of_pem(std::string_view pem,
                                                              const std::string& field = "key");

    /// The same from a file, which everybody may read. Errors name the file.
    [[nodiscard]] static base::Result<VerificationKey> open(const std::filesystem::path& file);

    /// JWK thumbprint (RFC 7638): SHA-256 in base64url, 43 characters.
    [[nodiscard]] const std::string& id() const { return id_; }

    /// Whether `signature` (r ‖ s, 64 bytes) is this key's over `text`. ES256 does not make a
    /// signature unique: who saw one can make a second one for the same text.
    [[nodiscard]] bool verifies(std::string_view text, std::string_view signature) const;

private:
    friend class SigningKey;
    explicit VerificationKey(std::shared_ptr<EVP_PKEY> key);

    std::shared_ptr<EVP_PKEY> key_;
    std::string id_;
};

/// An EC key on P-256 that signs. It can not be printed or written, and its bytes are wiped when
/// the last copy goes. Thread-safe.
class SigningKey {
public:
    /// From a PEM file, "PRIVATE KEY" (PKCS#8) or "EC PRIVATE KEY" (SEC1), not encrypted. An error
    /// when it is missing, readable by others than its owner, or another kind of key.
    [[nodiscard]] static base::Result<SigningKey> open(const std::filesystem::path& file);

    [[nodiscard]] const std::string& id() const { return public_half_.id(); }
    [[nodiscard]] const VerificationKey& public_half() const { return public_half_; }

    /// ES256 over `text`: r ‖ s, 64 bytes, another one each time. An error only when the machine
    /// has no memory or randomness.
    [[nodiscard]] base::Result<std::string> sign(std::string_view text) const;

private:
    explicit SigningKey(const std::shared_ptr<EVP_PKEY>& key) : key_(key), public_half_(key) {}

    std::shared_ptr<EVP_PKEY> key_;
    VerificationKey public_half_;
};

}  // namespace ayni::signing
