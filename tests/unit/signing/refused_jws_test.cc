#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "signing/base64url.h"
#include "signing/jws.h"
#include "unit/signing/test_keys.h"

namespace ayni::test {
namespace {

using signing::to_base64url;

const signing::SigningKey& key() {
    static const signing::SigningKey made = make_signing_key();
    return made;
}

std::string error_of(const std::string& jws) {
    const auto message = signing::verify_signature(jws, key().public_half());
    return message ? "none" : message.error().to_string();
}

struct Case {
    const char* name;
    std::string header;
    std::string error;
};

class RefusedHeader : public ::testing::TestWithParam<Case> {};

/// Each is signed as it should be: only what its header says is wrong.
TEST_P(RefusedHeader, IsRefusedThoughItsSignatureIsRight) {
    EXPECT_EQ(error_of(sign_text(key(), GetParam().header, "{}")), GetParam().error);
    const auto detached = sign_text(key(), GetParam().header, "");
    const auto header = signing::verify_detached_signature(detached, "", key().public_half());
    EXPECT_EQ(header ? "none" : header.error().to_string(), GetParam().error);
}

const std::string no_object = "header: must be a JSON object in which each member comes once";
const std::string no_text = ": must be a text of 1 to 128 printable ASCII characters";
const std::string no_time = "iat: must be whole seconds since 1970";
const std::string critical = "crit: critical extensions are not supported";
const std::string not_encoded = "b64: a payload that is not in base64url is not supported";

std::string with(const std::string& members) { return R"({"alg":"ES256",)" + members + "}"; }

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedHeader,
    ::testing::Values(
        Case{"good", R"({"alg":"ES256"})", "none"},
        Case{"unknown_members", with(R"("cty":"json","x5t":"AA","jwk":{"kty":"EC"},"jku":"http:")"),
             "none"},
        Case{"white_space", " {\"alg\" :\t\"ES256\"}\r\n", "none"},
        Case{"escaped", "{\"\\u0061lg\":\"ES\\u003256\"}", "none"},
        Case{"none", R"({"alg":"none"})", "alg: must be ES256, not \"none\""},
        Case{"no_alg", R"({"typ":"JWT"})", "alg: must be ES256, and is missing"},
        Case{"lower_case", R"({"alg":"es256"})", "alg: must be ES256, not \"es256\""},
        Case{"longer", R"({"alg":"ES256 "})", "alg: must be ES256, not \"ES256 \""},
        Case{"es384", R"({"alg":"ES384"})", "alg: must be ES256, not \"ES384\""},
        Case{"rs256", R"({"alg":"RS256"})", "alg: must be ES256, not \"RS256\""},
        Case{"strange_alg", "{\"alg\":\"a\\nb\"}", "alg: must be ES256, not another text"},
        Case{"alg_number", R"({"alg":256})", "alg: must be ES256"},
        Case{"alg_null", R"({"alg":null})", "alg: must be ES256"},
        Case{"alg_list", R"({"alg":["ES256"]})", "alg: must be ES256"},
        Case{"crit", with(R"("crit":["exp"],"exp":1)"), critical},
        Case{"crit_empty", with(R"("crit":[])"), critical},
        Case{"crit_null", with(R"("crit":null)"), critical},
        Case{"b64", with(R"("b64":false)"), not_encoded},
        Case{"b64_and_crit", with(R"("b64":false,"crit":["b64"])"), critical},
        Case{"twice", R"({"alg":"none","alg":"ES256"})", no_object},
        Case{"twice_the_same", R"({"alg":"ES256","alg":"ES256"})", no_object},
        Case{"twice_escaped", "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}", no_object},
        Case{"twice_inside", with(R"("x":{"a":1,"a":2})"), no_object},
        Case{"not_json", "alg=ES256", no_object}, Case{"empty", "", no_object},
        Case{"list", R"(["ES256"])", no_object}, Case{"text", R"("ES256")", no_object},
        Case{"more_behind", R"({"alg":"ES256"}{})", no_object},
        Case{"comma", R"({"alg":"ES256",})", no_object},
        Case{"nul_behind", std::string("{\"alg\":\"ES256\"}\0", 16), no_object},
        Case{"nul_name", "{\"alg\":\"ES256\",\"a\\u0000\":1}", no_object},
        Case{"not_utf8", with("\"a\":\"\xff\""), no_object},
        Case{"byte_order_mark", "\xef\xbb\xbf{\"alg\":\"ES256\"}", no_object},
        Case{"deep", with("\"a\":" + std::string(3'000, '[')), no_object},
        Case{"large", with("\"a\":\"" + std::string(4'096, 'a') + '"'),
             "header: has more than 4096 bytes"},
        Case{"kid_number", with(R"("kid":7)"), "kid" + no_text},
        Case{"kid_empty", with(R"("kid":"")"), "kid" + no_text},
        Case{"kid_long", with("\"kid\":\"" + std::string(129, 'k') + '"'), "kid" + no_text},
        Case{"kid_line", with("\"kid\":\"a\\nb\""), "kid" + no_text},
        Case{"jti_object", with(R"("jti":{})"), "jti" + no_text},
        Case{"typ_accent", with(R"("typ":"é")"), "typ" + no_text},
        Case{"iat_text", with(R"("iat":"1790000000")"), no_time},
        Case{"iat_fraction", with(R"("iat":1790000000.5)"), no_time},
        Case{"iat_exponent", with(R"("iat":1e9)"), no_time},
        Case{"iat_negative", with(R"("iat":-1)"), no_time},
        Case{"iat_null", with(R"("iat":null)"), no_time},
        Case{"iat_huge", with(R"("iat":99999999999999999999)"), no_object}),
    [](const auto& test) { return std::string(test.param.name); });

/// The old trick: the public key, which everybody has, as the secret of a MAC.
TEST(RefusedJws, WithAMacByThePublicKey) {
    const Pkey pkey = make_ec("P-256");
    const std::string pem = public_pem_of(pkey);
    const std::string text = to_base64url(R"({"alg":"HS256"})") + '.' + to_base64url("{}");
    std::string code(32, '\0');
    unsigned int length = 0;
    ASSERT_NE(HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()),
                   reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   reinterpret_cast<unsigned char*>(code.data()), &length),
              nullptr);
    const auto verified = signing::verify_signature(text + '.' + to_base64url(code),
                                                    signing::VerificationKey::of_pem(pem).value());
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().to_string(), "alg: must be ES256, not \"HS256\"");
}

TEST(RefusedJws, WithoutASignature) {
    const std::string header = to_base64url(R"({"alg":"none"})");
    EXPECT_EQ(error_of(header + ".e30."), "alg: must be ES256, not \"none\"");
    EXPECT_EQ(error_of(to_base64url(R"({"alg":"ES256"})") + ".e30."),
              "signature: must have 64 bytes");
}

TEST(RefusedJws, OfAnotherShape) {
    const std::string shape = "jws: must be header, payload and signature with two points";
    const std::string good = sign_text(key(), R"({"alg":"ES256"})", "{}");
    ASSERT_EQ(error_of(good), "none");
    const std::string header = good.substr(0, good.find('.'));
    const std::string signature = good.substr(good.rfind('.') + 1);
    EXPECT_EQ(error_of(""), shape);
    EXPECT_EQ(error_of("."), shape);
    EXPECT_EQ(error_of("..."), shape);
    EXPECT_EQ(error_of(header), shape);
    EXPECT_EQ(error_of(header + '.' + signature), shape);
    EXPECT_EQ(error_of(good + '.'), shape);
    EXPECT_EQ(error_of(good + '.' + signature), shape);
    EXPECT_EQ(error_of('.' + good), shape);
    // JSON serialisation, with one signature or several.
    EXPECT_EQ(error_of(R"({"payload":"e30","protected":")" + header + R"(","signature":")" +
                       signature + R"("})"),
              shape);
    EXPECT_EQ(error_of(".."), no_object);
    EXPECT_EQ(error_of(".e30." + signature), no_object);
}

TEST(RefusedJws, InAnotherEncoding) {
    const std::string good = sign_text(key(), R"({"alg":"ES256"})", "{}");
    const std::size_t first = good.find('.');
    const std::string end = ": is not base64url without padding";
    for (const char* more : {"=", "==", " ", "\n", "+", "/", "A=", "%3D"}) {
        EXPECT_EQ(error_of(std::string(good).insert(first, more)), "header" + end) << more;
        EXPECT_EQ(error_of(good + more), "signature" + end) << more;
    }
    // The payload's encoding counts only when it was signed like that.
    for (const char* payload : {"e30=", "e3 0", "e31", "e30+", "e"}) {
        const std::string text = good.substr(0, first + 1) + payload;
        EXPECT_EQ(error_of(text + '.' + to_base64url(key().sign(text).value())), "payload" + end);
    }
}

TEST(RefusedJws, WithASignatureOfAnotherLength) {
    const std::string text = to_base64url(R"({"alg":"ES256"})") + ".e30";
    const std::string signature = key().sign(text).value();
    for (const std::size_t length : {0UL, 1UL, 32UL, 63UL}) {
        EXPECT_EQ(error_of(text + '.' + to_base64url(signature.substr(0, length))),
                  "signature: must have 64 bytes");
    }
    // Longer by zeros that change neither number.
    const std::string zero(1, '\0');
    EXPECT_EQ(error_of(text + '.' + to_base64url(signature + zero)),
              "signature: must have 64 bytes");
    EXPECT_EQ(error_of(text + '.' +
                       to_base64url(zero + signature.substr(0, 32) + zero + signature.substr(32))),
              "signature: must have 64 bytes");
}

/// CVE-2022-21449: numbers for which a careless check of the equation holds.
TEST(RefusedJws, WithNumbersThatNoSignatureHas) {
    const std::string text = to_base64url(R"({"alg":"ES256"})") + ".e30";
    const std::string zero(32, '\0');
    const std::string one = std::string(31, '\0') + '\1';
    const std::string order =  // of P-256
        signing::from_base64url("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").value();
    const std::string most(32, '\xff');
    ASSERT_EQ(order.size(), 32U);
    for (const auto& r : {zero, one, order, most}) {
        for (const auto& s : {zero, one, order, most}) {
            EXPECT_EQ(error_of(text + '.' + to_base64url(r + s)),
                      "signature: is not that of the key over this header and payload");
        }
    }
}

}  // namespace
}  // namespace ayni::test
