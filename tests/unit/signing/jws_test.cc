#include "signing/jws.h"

#include <gtest/gtest.h>

#include "signing/base64url.h"
#include "unit/signing/test_keys.h"

namespace ayni::test {
namespace {

using signing::Freshness;
using signing::KeyRing;
using signing::Stamp;

constexpr std::int64_t now = 1'790'000'000;
constexpr Freshness fresh{.now_seconds = now, .tolerance_seconds = 30};

class Jws : public ::testing::Test {
protected:
    Jws() {
        EXPECT_TRUE(ring_.add(key_.public_half(),
                              {.from_seconds = now - 1'000, .to_seconds = now + 1'000}));
    }

    const signing::SigningKey key_ = make_signing_key();
    KeyRing ring_;
};

std::string header_of(const std::string& jws) {
    return signing::from_base64url(jws.substr(0, jws.find('.'))).value();
}

template <typename Value>
std::string error_of(const base::Result<Value>& result) {
    return result ? "none" : result.error().to_string();
}

TEST_F(Jws, OfRfc7515IsVerified) {
    const auto key = signing::VerificationKey::of_pem(public_pem_of(rfc7515::x, rfc7515::y));
    ASSERT_TRUE(key);
    const std::string jws =
        std::string(rfc7515::header) + '.' + rfc7515::payload + '.' + rfc7515::signature;
    const auto message = signing::verify_signature(jws, *key);
    ASSERT_TRUE(message) << message.error().to_string();
    const std::string payload =
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    EXPECT_EQ(message->payload, payload);
    EXPECT_EQ(message->header.key_id, "");
    EXPECT_FALSE(message->header.issued_at_seconds);

    const std::string detached = std::string(rfc7515::header) + ".." + rfc7515::signature;
    EXPECT_TRUE(signing::verify_detached_signature(detached, payload, *key));
    // It says neither who signed it nor when.
    EXPECT_EQ(error_of(signing::verify(jws, ring_, fresh)), "kid: is missing");
    EXPECT_EQ(error_of(signing::verify_detached(detached, payload, ring_, fresh)),
              "kid: is missing");
}

TEST_F(Jws, ComesBackWithItsHeader) {
    const auto jws = signing::sign(key_, R"({"a":1})",
                                   {.issued_at_seconds = now, .id = "AV-\"1\"\\", .type = "AV1"});
    ASSERT_TRUE(jws) << jws.error().to_string();
    EXPECT_EQ(header_of(*jws), R"({"alg":"ES256","kid":")" + key_.id() +
                                   R"(","jti":"AV-\"1\"\\","typ":"AV1","iat":1790000000})");
    const auto message = signing::verify(*jws, ring_, fresh);
    ASSERT_TRUE(message) << message.error().to_string();
    EXPECT_EQ(message->payload, R"({"a":1})");
    EXPECT_EQ(message->header.key_id, key_.id());
    EXPECT_EQ(message->header.issued_at_seconds, now);
    EXPECT_EQ(message->header.id, "AV-\"1\"\\");
    EXPECT_EQ(message->header.type, "AV1");
}

TEST_F(Jws, IsDetachedByTakingThePayloadOut) {
    for (const auto& body : {std::string("{}"), std::string(), std::string("\0\xff\n.", 4)}) {
        const auto jws = signing::sign_detached(key_, body, {.issued_at_seconds = now});
        ASSERT_TRUE(jws) << jws.error().to_string();
        EXPECT_NE(jws->find(".."), std::string::npos);
        const auto header = signing::verify_detached(*jws, body, ring_, fresh);
        ASSERT_TRUE(header) << header.error().to_string();
        EXPECT_EQ(header->key_id, key_.id());
        EXPECT_EQ(error_of(signing::verify_detached(*jws, body + ' ', ring_, fresh)),
                  "signature: is not that of the key over this header and payload");
        // Put in again, it is the attached form.
        std::string attached = *jws;
        attached.insert(attached.find('.') + 1, signing::to_base64url(body));
        EXPECT_EQ(signing::verify(attached, ring_, fresh).has_value(), !body.empty());
    }
}

TEST_F(Jws, OfOneFormIsNotTakenForTheOther) {
    const auto attached = signing::sign(key_, "{}", {.issued_at_seconds = now});
    const auto detached = signing::sign_detached(key_, "{}", {.issued_at_seconds = now});
    EXPECT_EQ(error_of(signing::verify(*detached, ring_, fresh)),
              "payload: is missing, as in a detached signature");
    EXPECT_EQ(error_of(signing::verify_detached(*attached, "{}", ring_, fresh)),
              "payload: is in the signature that should be detached from it");
}

TEST_F(Jws, HasAPayloadOfOneMebibyteAtMost) {
    const std::string largest(signing::max_payload_bytes, 'x');
    const Stamp stamp{.issued_at_seconds = now, .id = std::string(128, '"')};
    const auto attached = signing::sign(key_, largest, stamp);
    ASSERT_TRUE(attached);
    EXPECT_EQ(signing::verify(*attached, ring_, fresh)->payload, largest);
    const auto detached = signing::sign_detached(key_, largest, stamp);
    EXPECT_TRUE(signing::verify_detached(*detached, largest, ring_, fresh));

    const std::string rule = "payload: has more than 1048576 bytes";
    EXPECT_EQ(error_of(signing::sign(key_, largest + 'x', stamp)), rule);
    EXPECT_EQ(error_of(signing::sign_detached(key_, largest + 'x', stamp)), rule);
    EXPECT_EQ(error_of(signing::verify_detached(*detached, largest + 'x', ring_, fresh)), rule);
    const std::string header = R"({"alg":"ES256"})";
    EXPECT_EQ(error_of(signing::verify_signature(sign_text(key_, header, largest + 'x'),
                                                 key_.public_half())),
              rule);
    EXPECT_EQ(
        error_of(signing::verify_signature(
            sign_text(key_, header, std::string(2 * largest.size(), 'x')), key_.public_half())),
        "jws: has more than 1403652 bytes");
}

TEST_F(Jws, IsNotMadeOfWhatNobodyWouldTake) {
    const std::string rule = ": must be a text of 1 to 128 printable ASCII characters";
    const auto error = [&](const Stamp& stamp, std::string_view payload = "{}") {
        return error_of(signing::sign(key_, payload, stamp));
    };
    EXPECT_EQ(error({.issued_at_seconds = now}, ""), "payload: is empty");
    EXPECT_EQ(error({.issued_at_seconds = -1}), "iat: must be whole seconds since 1970");
    EXPECT_EQ(error({.issued_at_seconds = now, .id = std::string(129, 'i')}), "jti" + rule);
    EXPECT_EQ(error({.issued_at_seconds = now, .id = "a\nb"}), "jti" + rule);
    EXPECT_EQ(error({.issued_at_seconds = now, .type = "ñ"}), "typ" + rule);
}

TEST_F(Jws, IsFreshWithinTheTolerance) {
    struct Case {
        std::int64_t age;
        const char* error;
    };
    const Case cases[] = {
        {0, "none"},
        {30, "none"},
        {31, "iat: the message is 31 s old, more than 30"},
        {-30, "none"},
        {-31, "iat: the message is from 31 s in the future, more than 30"},
        {now, "iat: the message is 1790000000 s old, more than 30"},
    };
    for (const auto& [age, error] : cases) {
        const auto attached = signing::sign(key_, "{}", {.issued_at_seconds = now - age});
        const auto detached = signing::sign_detached(key_, "{}", {.issued_at_seconds = now - age});
        EXPECT_EQ(error_of(signing::verify(*attached, ring_, fresh)), error);
        EXPECT_EQ(error_of(signing::verify_detached(*detached, "{}", ring_, fresh)), error);
    }
    const auto farthest = signing::sign(key_, "{}", {.issued_at_seconds = INT64_MAX});
    EXPECT_FALSE(signing::verify(*farthest, ring_, fresh));
    const Freshness any{.now_seconds = now, .tolerance_seconds = INT64_MAX};
    EXPECT_TRUE(signing::verify(*farthest, ring_, any));
}

/// A stranger must not learn from the error whether a time would do.
TEST_F(Jws, IsJudgedByItsSignatureBeforeItsTime) {
    const auto stale = signing::sign(key_, "{}", {.issued_at_seconds = 1});
    KeyRing others;
    ASSERT_TRUE(others.add(make_signing_key().public_half(),
                           {.from_seconds = 0, .to_seconds = now + 1}, key_.id()));
    EXPECT_EQ(error_of(signing::verify(*stale, others, fresh)),
              "signature: is not that of the key over this header and payload");
}

TEST_F(Jws, NeedsAKeyThatCountsNow) {
    const auto at = [&](std::int64_t time) {
        const auto jws = signing::sign(key_, "{}", {.issued_at_seconds = time});
        return error_of(
            signing::verify(*jws, ring_, {.now_seconds = time, .tolerance_seconds = 30}));
    };
    EXPECT_EQ(at(now - 1'001), "kid: the key " + key_.id() + " is not valid yet");
    EXPECT_EQ(at(now - 1'000), "none");
    EXPECT_EQ(at(now + 999), "none");
    EXPECT_EQ(at(now + 1'000), "kid: the key " + key_.id() + " is no longer valid");
    const auto stranger = make_signing_key();
    const auto jws = signing::sign(stranger, "{}", {.issued_at_seconds = now});
    EXPECT_EQ(error_of(signing::verify(*jws, ring_, fresh)),
              "kid: the key \"" + stranger.id() + "\" is unknown");
}

}  // namespace
}  // namespace ayni::test
