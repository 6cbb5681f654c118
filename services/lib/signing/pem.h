#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ayni::signing {

/// Room for a certificate with its chain.
constexpr std::size_t max_pem_bytes = std::size_t{64} * 1024;

/// Who may read the file.
enum class FileMode { anybody, owner_only };

/// The text of a PEM file; errors name the file.
[[nodiscard]] base::Result<std::string> read_pem_file(const std::filesystem::path& file,
                                                      FileMode mode);

/// The first private key of `pem`, PKCS#8 or SEC1, not encrypted. It is on P-256 as a named curve,
/// and its two halves belong together. `field` is what errors name.
[[nodiscard]] base::Result<std::shared_ptr<EVP_PKEY>> private_key_of_pem(std::string_view pem,
                                                                         const std::string& field);

/// The public key of the first block of `pem`, a SubjectPublicKeyInfo or an X.509 certificate,
/// on P-256 as a named curve.
[[nodiscard]] base::Result<std::shared_ptr<EVP_PKEY>> public_key_of_pem(std::string_view pem,
                                                                        const std::string& field);

}  // namespace ayni::signing
