#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

/// The little of X.509 that a development authority needs.
namespace ayni::ayctl {

struct OpensslDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, OpensslDeleter>;
using Certificate = std::unique_ptr<X509, OpensslDeleter>;

/// A new ECDSA P-256 key.
[[nodiscard]] Key make_key();

/// A self-signed authority for ten years.
[[nodiscard]] Certificate make_authority(EVP_PKEY* key);

/// A certificate for two years with the URI `uri`, the DNS name localhost and both loopback
/// addresses, for use as server and as client.
[[nodiscard]] Certificate make_leaf(EVP_PKEY* key, const std::string& common_name,
                                    const std::string& uri, X509* authority,
                                    EVP_PKEY* authority_key);

[[nodiscard]] std::string to_pem(EVP_PKEY* key);
[[nodiscard]] std::string to_pem(X509* certificate);

/// Null when `pem` does not start with one.
[[nodiscard]] Key key_of_pem(std::string_view pem);
[[nodiscard]] Certificate certificate_of_pem(std::string_view pem);

/// The URI among the alternative names; empty when there is none.
[[nodiscard]] std::string uri_of(X509* certificate);

}  // namespace ayni::ayctl
