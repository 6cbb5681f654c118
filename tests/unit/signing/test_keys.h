#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <filesystem>
#include <memory>
#include <string>

#include "signing/keys.h"

namespace ayni::test {

using Pkey = std::shared_ptr<EVP_PKEY>;

Pkey make_ec(const char* curve);
Pkey make_rsa();
Pkey make_ed25519();
/// P-256, but with its parameters spelt out.
Pkey make_explicit_p256();

std::string pkcs8_of(const Pkey& key);
std::string sec1_of(const Pkey& key);
std::string encrypted_of(const Pkey& key);
std::string public_pem_of(const Pkey& key);
std::string certificate_of(const Pkey& key);

/// The PEM of a public key from the coordinates of its JWK.
std::string public_pem_of(std::string_view x, std::string_view y);

/// A folder of its own that goes with the test.
class KeyFolder {
public:
    KeyFolder();
    ~KeyFolder();
    KeyFolder(const KeyFolder&) = delete;
    KeyFolder& operator=(const KeyFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    std::filesystem::path write(
        const std::string& text,
        std::filesystem::perms mode = std::filesystem::perms::owner_read) const;

private:
    std::filesystem::path path_;
};

/// A new key, as every caller gets it: from a file.
signing::SigningKey make_signing_key();

/// Any header and payload, signed whatever they say.
std::string sign_text(const signing::SigningKey& key, std::string_view header,
                      std::string_view payload);

/// RFC 7515, appendix A.3.
namespace rfc7515 {
constexpr const char* x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr const char* y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr const char* header = "eyJhbGciOiJFUzI1NiJ9";
constexpr const char* payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr const char* signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q";
}  // namespace rfc7515

}  // namespace ayni::test
