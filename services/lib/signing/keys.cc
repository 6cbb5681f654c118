#include "signing/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/assert.h"
#include "signing/base64url.h"
#include "signing/es256.h"
#include "signing/pem.h"

namespace ayni::signing {
namespace {

constexpr int coordinate_bytes = 32;

std::string coordinate(const EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    ASSERT(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    std::array<unsigned char, coordinate_bytes> bytes;
    ASSERT(BN_bn2binpad(number, bytes.data(), coordinate_bytes) == coordinate_bytes);
    BN_free(number);
    return to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// RFC 7638, 3: the required members only, in the order of their names, without white space.
std::string thumbprint(const EVP_PKEY* key) {
    const std::string jwk = R"({"crv":"P-256","kty":"EC","x":")" +
                            coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X) + R"(","y":")" +
                            coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y) + R"("})";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int length = 0;
    ASSERT(EVP_Digest(jwk.data(), jwk.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
    return to_base64url({reinterpret_cast<const char*>(digest.data()), length});
}

}  // namespace

VerificationKey::VerificationKey(std::shared_ptr<EVP_PKEY> key)
    : key_(std::move(key)), id_(thumbprint(key_.get())) {}

base::Result<VerificationKey> VerificationKey::of_pem(std::string_view pem,
                                                      const std::string& field) {
    auto key = public_key_of_pem(pem, field);
    if (!key) return tl::unexpected(key.error());
    return VerificationKey(std::move(*key));
}

base::Result<VerificationKey> VerificationKey::open(const std::filesystem::path& file) {
    const auto pem = read_pem_file(file, FileMode::anybody);
    if (!pem) return tl::unexpected(pem.error());
    return of_pem(*pem, file.string());
}

bool VerificationKey::verifies(std::string_view text, std::string_view signature) const {
    return es256_verify(key_.get(), text, signature);
}

base::Result<SigningKey> SigningKey::open(const std::filesystem::path& file) {
    auto pem = read_pem_file(file, FileMode::owner_only);
    if (!pem) return tl::unexpected(pem.error());
    const auto key = private_key_of_pem(*pem, file.string());
    OPENSSL_cleanse(pem->data(), pem->size());
    if (!key) return tl::unexpected(key.error());
    return SigningKey(*key);
}

base::Result<std::string> SigningKey::sign(std::string_view text) const {
    auto signature = es256_sign(key_.get(), text);
    if (!signature) return base::failure("signature", "OpenSSL could not sign");
    ASSERT(signature->size() == es256_signature_bytes);
    return std::move(*signature);
}

}  // namespace ayni::signing
