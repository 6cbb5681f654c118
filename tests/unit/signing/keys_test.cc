#include "signing/keys.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include "unit/signing/test_keys.h"

namespace ayni::test {
namespace {

using signing::SigningKey;
using signing::VerificationKey;
using std::filesystem::perms;

std::string error_of_signing_key(const std::string& pem, perms mode = perms::owner_read) {
    const KeyFolder folder;
    const auto opened = SigningKey::open(folder.write(pem, mode));
    if (opened) return "none";
    EXPECT_EQ(opened.error().field, (folder.path() / "key.pem").string());
    return opened.error().message;
}

std::string error_of_verification_key(const std::string& pem) {
    const auto key = VerificationKey::of_pem(pem, "partner.key");
    if (key) return "none";
    EXPECT_EQ(key.error().field, "partner.key");
    return key.error().message;
}

constexpr const char* wrong_kind = "the key must be an EC key on P-256 (prime256v1, a named curve)";

TEST(SigningKeys, AreReadFromBothForms) {
    const KeyFolder folder;
    const Pkey pkey = make_ec("P-256");
    const auto from_pkcs8 = SigningKey::open(folder.write(pkcs8_of(pkey)));
    const auto from_sec1 = SigningKey::open(folder.write(sec1_of(pkey)));
    ASSERT_TRUE(from_pkcs8) << from_pkcs8.error().to_string();
    ASSERT_TRUE(from_sec1) << from_sec1.error().to_string();
    EXPECT_EQ(from_pkcs8->id(), from_sec1->id());
    EXPECT_EQ(from_pkcs8->id().size(), 43U);
    const auto signature = from_sec1->sign("text");
    ASSERT_TRUE(signature);
    EXPECT_TRUE(from_pkcs8->public_half().verifies("text", *signature));
    EXPECT_FALSE(from_pkcs8->public_half().verifies("texT", *signature));
}

/// Programs write the curve before the key, and a key behind its certificate.
TEST(SigningKeys, AreFoundBehindOtherBlocks) {
    const Pkey pkey = make_ec("P-256");
    const std::string parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    EXPECT_EQ(error_of_signing_key(parameters + sec1_of(pkey)), "none");
    EXPECT_EQ(error_of_signing_key(certificate_of(pkey) + pkcs8_of(pkey)), "none");
    EXPECT_EQ(error_of_signing_key("any words\n" + pkcs8_of(pkey)), "none");
}

TEST(SigningKeys, OfAnotherCurveOrTypeAreRefused) {
    EXPECT_EQ(error_of_signing_key(pkcs8_of(make_ec("P-384"))), wrong_kind);
    EXPECT_EQ(error_of_signing_key(sec1_of(make_ec("P-521"))), wrong_kind);
    EXPECT_EQ(error_of_signing_key(sec1_of(make_ec("secp256k1"))), wrong_kind);
    EXPECT_EQ(error_of_signing_key(pkcs8_of(make_explicit_p256())), wrong_kind);
    EXPECT_EQ(error_of_signing_key(pkcs8_of(make_rsa())), wrong_kind);
    EXPECT_EQ(error_of_signing_key(pkcs8_of(make_ed25519())), wrong_kind);
    EXPECT_EQ(error_of_signing_key(sec1_of(make_rsa())),
              "the key must be an EC key on P-256, not a RSA PRIVATE KEY");
}

TEST(SigningKeys, ThatAreNoneAreRefused) {
    const Pkey pkey = make_ec("P-256");
    const std::string none = "there is no private key in PEM form";
    EXPECT_EQ(error_of_signing_key(""), none);
    EXPECT_EQ(error_of_signing_key("0123456789abcdef"), none);
    EXPECT_EQ(error_of_signing_key(public_pem_of(pkey)), none);
    EXPECT_EQ(error_of_signing_key(certificate_of(pkey)), none);
    std::string cut = pkcs8_of(pkey);
    cut.resize(cut.size() / 2);
    EXPECT_EQ(error_of_signing_key(cut), none);
    EXPECT_EQ(
        error_of_signing_key("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        "the key can not be read");
    EXPECT_EQ(error_of_signing_key(std::string(100'000, 'x')),
              "the key file has more than 65536 bytes");
}

/// Nobody may be asked for a password: a service has no terminal, or a wrong one.
TEST(SigningKeys, ThatAreEncryptedAreRefused) {
    EXPECT_EQ(error_of_signing_key(encrypted_of(make_ec("P-256"))), "the private key is encrypted");
    EXPECT_EQ(error_of_signing_key("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                                   "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                                   "AAAA\n-----END EC PRIVATE KEY-----\n"),
              "the private key is encrypted");
}

/// A SEC1 key may carry a public half; another key's would make signatures that nobody verifies.
TEST(SigningKeys, WhoseHalvesDoNotFitAreRefused) {
    const std::string pem =
        "-----BEGIN EC PRIVATE KEY-----\n"
        "MHcCAQEEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABoAoGCCqGSM49\n"
        "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
        "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END EC PRIVATE KEY-----\n";
    EXPECT_EQ(error_of_signing_key(pem),
              "the key is not sound: its point or its halves do not fit");
}

TEST(SigningKeys, ThatOthersMayUseAreRefused) {
    const std::string pem = pkcs8_of(make_ec("P-256"));
    EXPECT_EQ(error_of_signing_key(pem, perms::owner_read | perms::owner_write), "none");
    for (const perms more : {perms::group_read, perms::group_write, perms::others_read,
                             perms::others_write, perms::others_exec}) {
        EXPECT_EQ(error_of_signing_key(pem, perms::owner_read | more),
                  "others than its owner may use the key file; its mode must be 0400 or 0600");
    }
}

TEST(SigningKeys, ThatAreNoFilesAreRefusedByName) {
    const KeyFolder folder;
    const auto missing = SigningKey::open(folder.path() / "none.pem");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().to_string().find("none.pem: the key file can not be opened"),
              std::string::npos);
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const auto& path : {folder.path(), pipe}) {
        const auto opened = SigningKey::open(path);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().message, "the key file is not a regular file");
    }
}

TEST(VerificationKeys, AreReadFromPublicKeyAndCertificate) {
    const KeyFolder folder;
    const Pkey pkey = make_ec("P-256");
    const auto signing_key = SigningKey::open(folder.write(pkcs8_of(pkey)));
    ASSERT_TRUE(signing_key);
    for (const auto& pem : {public_pem_of(pkey), certificate_of(pkey),
                            certificate_of(pkey) + certificate_of(make_ec("P-256"))}) {
        const auto key = VerificationKey::of_pem(pem);
        ASSERT_TRUE(key) << key.error().to_string();
        EXPECT_EQ(key->id(), signing_key->id());
        // A public key is no secret.
        const auto file = folder.write(pem, perms::owner_read | perms::others_read);
        EXPECT_EQ(VerificationKey::open(file)->id(), signing_key->id());
    }
    EXPECT_FALSE(VerificationKey::open(folder.path() / "none"));
}

TEST(VerificationKeys, OfAnotherCurveOrTypeAreRefused) {
    for (const auto& pkey : {make_ec("P-384"), make_ec("P-521"), make_ec("secp256k1"),
                             make_explicit_p256(), make_rsa()}) {
        EXPECT_EQ(error_of_verification_key(public_pem_of(pkey)), wrong_kind);
        EXPECT_EQ(error_of_verification_key(certificate_of(pkey)), wrong_kind);
    }
    EXPECT_EQ(error_of_verification_key(public_pem_of(make_ed25519())), wrong_kind);
}

TEST(VerificationKeys, ThatAreNoneAreRefused) {
    const std::string none = "there is no public key or certificate in PEM form";
    EXPECT_EQ(error_of_verification_key(""), none);
    EXPECT_EQ(error_of_verification_key("-----BEGIN CRL-----\nAAAA\n-----END CRL-----\n"), none);
    EXPECT_EQ(
        error_of_verification_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        "the key can not be read");
    EXPECT_EQ(error_of_verification_key(pkcs8_of(make_ec("P-256"))),
              "this is a private key; only its public half belongs here");
    EXPECT_EQ(error_of_verification_key(std::string(100'000, 'x')),
              "the key has more than 65536 bytes");
    // Off the curve by one bit.
    EXPECT_NE(error_of_verification_key(
                  public_pem_of("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEQ", rfc7515::y)),
              "none");
}

/// RFC 9449, 4.1 and 6.1, has an EC key with its thumbprint after RFC 7638, which itself has RSA
/// only.
TEST(KeyIds, AreThumbprintsOfRfc7638) {
    const auto key =
        VerificationKey::of_pem(public_pem_of("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                                              "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->id(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

/// gRPC's TLS on the same thread would take what lies there for its own.
TEST(Failures, LeaveNothingInTheQueueOfOpenssl) {
    ERR_clear_error();
    error_of_signing_key("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    error_of_signing_key("");
    error_of_verification_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    error_of_verification_key("");
    const auto key = make_signing_key();
    EXPECT_FALSE(key.public_half().verifies("text", std::string(64, '\0')));
    EXPECT_FALSE(key.public_half().verifies("text", std::string(64, '\xff')));
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Signatures, OfAnotherLengthAreNone) {
    const auto key = make_signing_key();
    const std::string signature = key.sign("text").value();
    EXPECT_TRUE(key.public_half().verifies("text", signature));
    EXPECT_FALSE(key.public_half().verifies("text", signature + '\0'));
    EXPECT_FALSE(key.public_half().verifies("text", signature.substr(0, 63)));
    EXPECT_FALSE(key.public_half().verifies("text", ""));
    EXPECT_FALSE(make_signing_key().public_half().verifies("text", signature));
}

}  // namespace
}  // namespace ayni::test
