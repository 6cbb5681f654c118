#include <gtest/gtest.h>

#include "signing/jws.h"
#include "unit/signing/test_keys.h"

namespace ayni::test {
namespace {

constexpr std::int64_t now = 1'790'000'000;
constexpr signing::Freshness fresh{.now_seconds = now, .tolerance_seconds = 30};
constexpr const char* body = R"({"message":"CT1","amount":12345})";

class DamagedJws : public ::testing::Test {
protected:
    DamagedJws() {
        EXPECT_TRUE(ring_.add(key_.public_half(), {.from_seconds = 0, .to_seconds = now + 1}));
        EXPECT_TRUE(attached(attached_));
        EXPECT_TRUE(detached(detached_, body));
    }

    [[nodiscard]] bool attached(const std::string& jws) const {
        return signing::verify(jws, ring_, fresh).has_value();
    }
    [[nodiscard]] bool detached(const std::string& jws, const std::string& payload) const {
        return signing::verify_detached(jws, payload, ring_, fresh).has_value();
    }

    const signing::SigningKey key_ = make_signing_key();
    const std::string attached_ =
        signing::sign(key_, body, {.issued_at_seconds = now, .id = "1"}).value();
    const std::string detached_ =
        signing::sign_detached(key_, body, {.issued_at_seconds = now, .id = "1"}).value();
    signing::KeyRing ring_;
};

/// Calls `check` with `text` changed in each bit, and in each place to characters that mean
/// something.
template <typename Check>
void damage(const std::string& text, Check check) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string damaged = text;
        for (unsigned bit = 0; bit < 8; ++bit) {
            damaged[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << bit));
            check(damaged, at);
        }
        for (const char character : {'.', '=', 'A', '_', '\0', '\n'}) {
            damaged[at] = character;
            if (damaged != text) check(damaged, at);
        }
    }
}

TEST_F(DamagedJws, IsNeverVerifiedWithAnyBitFlipped) {
    damage(attached_, [&](const std::string& damaged, std::size_t at) {
        EXPECT_FALSE(attached(damaged)) << at;
    });
    damage(detached_, [&](const std::string& damaged, std::size_t at) {
        EXPECT_FALSE(detached(damaged, body)) << at;
    });
    damage(body, [&](const std::string& damaged, std::size_t at) {
        EXPECT_FALSE(detached(detached_, damaged)) << at;
    });
}

TEST_F(DamagedJws, IsNeverVerifiedWhenCut) {
    for (std::size_t length = 0; length < attached_.size(); ++length) {
        EXPECT_FALSE(attached(attached_.substr(0, length))) << length;
        EXPECT_FALSE(attached(attached_.substr(attached_.size() - length))) << length;
    }
    for (std::size_t length = 0; length < detached_.size(); ++length) {
        EXPECT_FALSE(detached(detached_.substr(0, length), body)) << length;
    }
    const std::string all = body;
    for (std::size_t length = 0; length < all.size(); ++length) {
        EXPECT_FALSE(detached(detached_, all.substr(0, length))) << length;
    }
}

TEST_F(DamagedJws, IsNeverVerifiedWithOneCharacterMoreOrLess) {
    for (std::size_t at = 0; at <= attached_.size(); ++at) {
        for (const char character : {'A', '=', '.', ' '}) {
            EXPECT_FALSE(attached(std::string(attached_).insert(at, 1, character))) << at;
        }
        if (at == attached_.size()) break;
        EXPECT_FALSE(attached(std::string(attached_).erase(at, 1))) << at;
    }
}

TEST_F(DamagedJws, IsNeverVerifiedWithAPartOfAnother) {
    const std::string other =
        signing::sign(key_, "{}", {.issued_at_seconds = now, .id = "2"}).value();
    const auto header = [](const std::string& jws) { return jws.substr(0, jws.find('.')); };
    const auto signature = [](const std::string& jws) { return jws.substr(jws.rfind('.')); };
    const auto payload = [](const std::string& jws) {
        return jws.substr(jws.find('.'), jws.rfind('.') - jws.find('.'));
    };
    EXPECT_FALSE(attached(header(other) + payload(attached_) + signature(attached_)));
    EXPECT_FALSE(attached(header(attached_) + payload(other) + signature(attached_)));
    EXPECT_FALSE(attached(header(attached_) + payload(attached_) + signature(other)));
}

}  // namespace
}  // namespace ayni::test
