#include "signing/es256.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>

#include "base/assert.h"
#include "signing/openssl_errors.h"

// OpenSSL and not libcjose (0.6.2.1 in Debian 12): that one aborts the process on a segment such as
// "A=", and takes padding, members that come twice and signatures of any length. All of that would
// have to be checked before it is asked, and what remains of it is these two functions; for them it
// wants the private key as plain bytes, which it does not wipe.

namespace ayni::signing {
namespace {

constexpr int number_bytes = es256_signature_bytes / 2;

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Signature = std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// OpenSSL's form: an ASN.1 sequence of the two numbers. Empty when there is no memory.
std::string to_der(std::string_view signature) {
    ASSERT(signature.size() == es256_signature_bytes);
    const Signature parsed(ECDSA_SIG_new(), &ECDSA_SIG_free);
    BIGNUM* r = BN_bin2bn(bytes_of(signature), number_bytes, nullptr);
    BIGNUM* s = BN_bin2bn(bytes_of(signature) + number_bytes, number_bytes, nullptr);
    if (parsed == nullptr || r == nullptr || s == nullptr ||
        ECDSA_SIG_set0(parsed.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return {};
    }
    unsigned char* encoded = nullptr;
    const int length = i2d_ECDSA_SIG(parsed.get(), &encoded);
    if (length <= 0) return {};
    std::string der(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
    OPENSSL_free(encoded);
    return der;
}

std::optional<std::string> of_der(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    const Signature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())),
                           &ECDSA_SIG_free);
    if (parsed == nullptr) return std::nullopt;
    std::string signature(es256_signature_bytes, '\0');
    auto* const to = reinterpret_cast<unsigned char*>(signature.data());
    const bool fits =
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), to, number_bytes) == number_bytes &&
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), to + number_bytes, number_bytes) ==
            number_bytes;
    if (!fits) return std::nullopt;
    return signature;
}

}  // namespace

std::optional<std::string> es256_sign(EVP_PKEY* key, std::string_view text) {
    ASSERT(key != nullptr);
    const OpensslErrors errors;
    const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (digest == nullptr) return std::nullopt;
    if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1) {
        return std::nullopt;
    }
    std::string der(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t length = der.size();
    if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(der.data()), &length,
                       bytes_of(text), text.size()) != 1) {
        return std::nullopt;
    }
    der.resize(length);
    return of_der(der);
}

bool es256_verify(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    ASSERT(key != nullptr);
    if (signature.size() != es256_signature_bytes) return false;
    const OpensslErrors errors;
    const std::string der = to_der(signature);
    const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (der.empty() || digest == nullptr) return false;
    if (EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1) return false;
    return EVP_DigestVerify(digest.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) ==
           1;
}

}  // namespace ayni::signing
