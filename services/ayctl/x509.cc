#include "ayctl/x509.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <climits>

#include "base/assert.h"

namespace ayni::ayctl {
namespace {

constexpr long day_seconds = 24L * 60 * 60;
constexpr long authority_days = 3'652;
constexpr long leaf_days = 730;
/// Clocks of a few machines never agree to the second.
constexpr long backdated_seconds = 60L * 60;

struct BioDeleter {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

Bio reader_of(std::string_view text) {
    ASSERT(text.size() < INT_MAX);
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    ASSERT(size >= 0);
    return {data, static_cast<std::size_t>(size)};
}

/// 127 random bits: positive, and never the same twice.
void set_serial(X509* certificate) {
    std::array<unsigned char, 16> bytes;
    ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7FU) | 0x40U);
    std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), &BN_free);
    ASSERT(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void add_name_entry(X509_NAME* name, const char* field, const std::string& value) {
    ASSERT(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), &X509_EXTENSION_free);
    ASSERT(extension != nullptr);
    ASSERT(X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate begin(EVP_PKEY* key, const std::string& common_name, long days) {
    Certificate certificate(X509_new());
    ASSERT(certificate != nullptr);
    ASSERT(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
    set_serial(certificate.get());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -backdated_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * day_seconds);
    add_name_entry(X509_get_subject_name(certificate.get()), "O", "Ayni development");
    add_name_entry(X509_get_subject_name(certificate.get()), "CN", common_name);
    ASSERT(X509_set_pubkey(certificate.get(), key) == 1);
    return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
    ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
}

}  // namespace

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    ASSERT(key != nullptr);
    return key;
}

Certificate make_authority(EVP_PKEY* key) {
    Certificate certificate = begin(key, "Ayni development authority", authority_days);
    X509* const self = certificate.get();
    ASSERT(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
    add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(self, self, NID_subject_key_identifier, "hash");
    sign(self, key);
    return certificate;
}

Certificate make_leaf(EVP_PKEY* key, const std::string& common_name, const std::string& uri,
                      X509* authority, EVP_PKEY* authority_key) {
    Certificate certificate = begin(key, common_name, leaf_days);
    X509* const self = certificate.get();
    ASSERT(X509_set_issuer_name(self, X509_get_subject_name(authority)) == 1);
    add_extension(self, authority, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(self, authority, NID_key_usage, "critical,digitalSignature");
    add_extension(self, authority, NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(self, authority, NID_subject_alt_name,
                  "URI:" + uri + ",DNS:localhost,IP:127.0.0.1,IP:::1");
    add_extension(self, authority, NID_subject_key_identifier, "hash");
    add_extension(self, authority, NID_authority_key_identifier, "keyid:always");
    sign(self, authority_key);
    return certificate;
}

std::string to_pem(EVP_PKEY* key) {
    Bio bio(BIO_new(BIO_s_mem()));
    ASSERT(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
           1);
    return text_of(bio.get());
}

std::string to_pem(X509* certificate) {
    Bio bio(BIO_new(BIO_s_mem()));
    ASSERT(PEM_write_bio_X509(bio.get(), certificate) == 1);
    return text_of(bio.get());
}

Key key_of_pem(std::string_view pem) {
    return Key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, nullptr));
}

Certificate certificate_of_pem(std::string_view pem) {
    return Certificate(PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr));
}

std::string uri_of(X509* certificate) {
    std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    if (names == nullptr) return {};
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI) continue;
        const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
        return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                static_cast<std::size_t>(ASN1_STRING_length(uri))};
    }
    return {};
}

}  // namespace ayni::ayctl
