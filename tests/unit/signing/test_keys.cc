#include "unit/signing/test_keys.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <fstream>

#include "base/assert.h"
#include "signing/base64url.h"

namespace ayni::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Pkey own(EVP_PKEY* key) {
    ASSERT(key != nullptr);
    return {key, &EVP_PKEY_free};
}

/// What `write` leaves in a BIO.
template <typename Write>
std::string written(Write write) {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    ASSERT(write(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Pkey make_ec(const char* curve) { return own(EVP_EC_gen(curve)); }

Pkey make_rsa() { return own(EVP_RSA_gen(2048)); }

Pkey make_ed25519() { return own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

Pkey make_explicit_p256() {
    Pkey key = make_ec("P-256");
    ASSERT(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
    return key;
}

std::string pkcs8_of(const Pkey& key) {
    return written([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

std::string sec1_of(const Pkey& key) {
    return written([&](BIO* bio) {
        return PEM_write_bio_PrivateKey_traditional(bio, key.get(), nullptr, nullptr, 0, nullptr,
                                                    nullptr);
    });
}

std::string encrypted_of(const Pkey& key) {
    return written([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), "secret", 6,
                                             nullptr, nullptr);
    });
}

std::string public_pem_of(const Pkey& key) {
    return written([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
}

std::string certificate_of(const Pkey& key) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    ASSERT(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
    ASSERT(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7) == 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 60);
    ASSERT(X509_set_pubkey(certificate.get(), key.get()) == 1);
    ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    return written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string public_pem_of(std::string_view x, std::string_view y) {
    // SubjectPublicKeyInfo of a P-256 key, up to the point (RFC 5480).
    std::string der(
        "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01"
        "\x07\x03\x42\x00\x04",
        27);
    der += signing::from_base64url(x).value() + signing::from_base64url(y).value();
    return written([&](BIO* bio) {
        return PEM_write_bio(bio, "PUBLIC KEY", "",
                             reinterpret_cast<const unsigned char*>(der.data()),
                             static_cast<long>(der.size())) > 0
                   ? 1
                   : 0;
    });
}

KeyFolder::KeyFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "signing.XXXXXX").string();
    ASSERT(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

KeyFolder::~KeyFolder() { std::filesystem::remove_all(path_); }

std::filesystem::path KeyFolder::write(const std::string& text, std::filesystem::perms mode) const {
    const auto file = path_ / "key.pem";
    std::filesystem::remove(file);
    std::ofstream(file) << text;
    std::filesystem::permissions(file, mode);
    return file;
}

signing::SigningKey make_signing_key() {
    const KeyFolder folder;
    return signing::SigningKey::open(folder.write(pkcs8_of(make_ec("P-256")))).value();
}

std::string sign_text(const signing::SigningKey& key, std::string_view header,
                      std::string_view payload) {
    const std::string text = signing::to_base64url(header) + '.' + signing::to_base64url(payload);
    return text + '.' + signing::to_base64url(key.sign(text).value());
}

}  // namespace ayni::test
