#include "ayctl/dev_ca.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ayctl/x509.h"
#include "unit/ayctl/temporary_directory.h"

namespace ayni::test {
namespace {

using ayctl::DevelopmentCertificates;
using ayctl::make_development_certificates;

class DevelopmentAuthority : public TemporaryDirectory {
protected:
    [[nodiscard]] DevelopmentCertificates wanted() const {
        return {.directory = directory_ / "certificates",
                .operators = {"operator"},
                .auditors = {"auditor"},
                .participants = {"yape", "bim"}};
    }
    [[nodiscard]] ayctl::Certificate certificate(const std::string& name) const {
        return ayctl::certificate_of_pem(text_of(directory_ / "certificates" / (name + ".pem")));
    }
    [[nodiscard]] std::string key(const std::string& name) const {
        return text_of(directory_ / "certificates" / (name + ".key"));
    }

    /// X509_V_OK when `name` chains to ca.pem for `purpose`.
    [[nodiscard]] int verify(const std::string& name, int purpose) const {
        const ayctl::Certificate authority = certificate("ca");
        const ayctl::Certificate leaf = certificate(name);
        std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      &X509_STORE_free);
        X509_STORE_add_cert(store.get(), authority.get());
        std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
            X509_STORE_CTX_new(), &X509_STORE_CTX_free);
        X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
        X509_STORE_CTX_set_purpose(context.get(), purpose);
        X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
        X509_verify_cert(context.get());
        return X509_STORE_CTX_get_error(context.get());
    }
};

TEST_F(DevelopmentAuthority, SignsServersAndClientsWithTheirRole) {
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    const std::pair<const char*, const char*> expected[] = {
        {"switch", "spiffe://ayni/switch/switch"},
        {"operator", "spiffe://ayni/operator/operator"},
        {"auditor", "spiffe://ayni/auditor/auditor"},
        {"yape", "spiffe://ayni/participant/yape"},
        {"bim", "spiffe://ayni/participant/bim"}};
    for (const auto& [name, uri] : expected) {
        EXPECT_EQ(verify(name, X509_PURPOSE_SSL_SERVER), X509_V_OK) << name;
        EXPECT_EQ(verify(name, X509_PURPOSE_SSL_CLIENT), X509_V_OK) << name;
        EXPECT_EQ(ayctl::uri_of(certificate(name).get()), uri);
        const ayctl::Key private_key = ayctl::key_of_pem(key(name));
        ASSERT_NE(private_key, nullptr);
        EXPECT_EQ(X509_check_private_key(certificate(name).get(), private_key.get()), 1);
    }
}

TEST_F(DevelopmentAuthority, NamesTheLoopback) {
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    const ayctl::Certificate leaf = certificate("switch");
    EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
    EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
    EXPECT_EQ(X509_check_host(leaf.get(), "example.com", 0, 0, nullptr), 0);
}

TEST_F(DevelopmentAuthority, KeepsKeysFromOthers) {
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    for (const char* name : {"ca.key", "yape.key", "token.key"}) {
        const auto mode = std::filesystem::status(directory_ / "certificates" / name).permissions();
        EXPECT_EQ(mode, std::filesystem::perms::owner_read) << name;
    }
    EXPECT_EQ(text_of(directory_ / "certificates" / "token.key").size(), 65U);
}

TEST_F(DevelopmentAuthority, KeepsWhatIsThereAndSignsNewNames) {
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    const std::string before = key("yape");
    const std::string token_key = key("token");
    auto more = wanted();
    more.participants = {"yape", "coopac"};
    const auto report = make_development_certificates(more);
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_EQ(report->made, (std::vector<std::string>{"coopac.key", "coopac.pem"}));
    EXPECT_EQ(key("yape"), before);
    EXPECT_EQ(key("token"), token_key);
    EXPECT_EQ(verify("coopac", X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    EXPECT_EQ(verify("bim", X509_PURPOSE_SSL_CLIENT), X509_V_OK);
}

TEST_F(DevelopmentAuthority, CompletesHalfAPair) {
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    std::filesystem::remove(directory_ / "certificates" / "yape.pem");
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    const ayctl::Key private_key = ayctl::key_of_pem(key("yape"));
    EXPECT_EQ(X509_check_private_key(certificate("yape").get(), private_key.get()), 1);
}

TEST_F(DevelopmentAuthority, RefusesOneNameForTwoRoles) {
    auto twice = wanted();
    twice.auditors = {"operator"};
    EXPECT_FALSE(make_development_certificates(twice).has_value());
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    auto other = wanted();
    other.operators = {"yape"};
    other.participants = {"bim"};
    const auto refused = make_development_certificates(other);
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().message.find("spiffe://ayni/participant/yape"), std::string::npos);
}

TEST_F(DevelopmentAuthority, RefusesNamesThatAreNoFilesOrCodes) {
    for (const char* name :
         {"", "Yape", "../yape", "9yape", "yape_1", "ca", "token", "seventeen-letters"}) {
        auto wrong = wanted();
        wrong.participants = {name};
        const auto refused = make_development_certificates(wrong);
        ASSERT_FALSE(refused.has_value()) << name;
        EXPECT_EQ(refused.error().field, "--participant");
    }
}

TEST_F(DevelopmentAuthority, RefusesAKeyOfAnotherAuthority) {
    ASSERT_TRUE(make_development_certificates(wanted()).has_value());
    const auto path = directory_ / "certificates" / "ca.key";
    std::filesystem::remove(path);
    std::ofstream(path) << key("yape");
    const auto refused = make_development_certificates(wanted());
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().to_string().find("ca.key"), std::string::npos);
}

}  // namespace
}  // namespace ayni::test
