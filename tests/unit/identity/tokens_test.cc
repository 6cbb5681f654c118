#include "identity/tokens.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace ayni::test {
namespace {

class KeyFile : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tokens.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path write(const std::string& text, std::filesystem::perms mode) {
        const auto path = directory_ / "token.key";
        std::ofstream(path) << text;
        std::filesystem::permissions(path, mode);
        return path;
    }

    static constexpr auto owner_only = std::filesystem::perms::owner_read;
    std::filesystem::path directory_;
};

/// The expected value is from another program: with a key of 32 bytes 0x0b,
/// `printf '\x01Hi There' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b…`.
TEST(Tokens, AreTheFirstHalfOfHmacSha256OverKindAndText) {
    std::array<std::uint8_t, 32> key{};
    key.fill(0x0b);
    const identity::Tokeniser tokeniser(key, 3);
    const identity::Token token = tokeniser.token(identity::TokenKind::account, "Hi There");
    const identity::Token expected{0xd5, 0xfa, 0x77, 0x7f, 0xb7, 0x39, 0x9e, 0xf9,
                                   0x95, 0xb3, 0x77, 0x5e, 0x12, 0x57, 0x80, 0x83};
    EXPECT_EQ(token, expected);
    EXPECT_EQ(tokeniser.key_version(), 3U);
}

/// From Python's hmac module, like the one above: a text that is longer than any buffer.
TEST(Tokens, OfALongTextAreOfAllOfIt) {
    std::array<std::uint8_t, 32> key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
    const identity::Tokeniser tokeniser(key, 1);
    const identity::Token expected{0xb8, 0x73, 0x56, 0x2b, 0xff, 0xe8, 0xbe, 0x99,
                                   0x71, 0xeb, 0xb1, 0x17, 0xca, 0x6d, 0xda, 0x01};
    EXPECT_EQ(tokeniser.token(identity::TokenKind::remittance, std::string(300, 'x')), expected);
}

TEST(Tokens, DifferByKindTextAndKey) {
    std::array<std::uint8_t, 32> key{};
    const identity::Tokeniser one(key, 1);
    key[31] = 1;
    const identity::Tokeniser other(key, 1);
    using identity::TokenKind;
    const auto token = one.token(TokenKind::account, "987654321");
    EXPECT_NE(token, one.token(TokenKind::remittance, "987654321"));
    EXPECT_NE(token, one.token(TokenKind::account, "987654322"));
    EXPECT_NE(token, other.token(TokenKind::account, "987654321"));
    EXPECT_EQ(one.token(TokenKind::account, ""), identity::Token{});
}

TEST_F(KeyFile, OfSixtyFourDigitsIsRead) {
    const auto path = write(std::string(63, '0') + "F\n", owner_only);
    EXPECT_TRUE(identity::Tokeniser::open(path, 1).has_value());
}

TEST_F(KeyFile, ThatIsMissingShortOrNoHexIsRefusedByName) {
    const auto missing = identity::Tokeniser::open(directory_ / "none", 1);
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().to_string().find("none"), std::string::npos);
    EXPECT_FALSE(identity::Tokeniser::open(write("abcd", owner_only), 1).has_value());
}

TEST_F(KeyFile, WithAnotherCharacterIsRefused) {
    EXPECT_FALSE(
        identity::Tokeniser::open(write(std::string(63, '0') + "g", owner_only), 1).has_value());
}

TEST_F(KeyFile, ThatOthersMayReadIsRefused) {
    const auto path = write(std::string(64, '0'), owner_only | std::filesystem::perms::group_read);
    const auto opened = identity::Tokeniser::open(path, 1);
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().message.find("0400"), std::string::npos);
}

}  // namespace
}  // namespace ayni::test
