#include "signing/base64url.h"

#include <gtest/gtest.h>

namespace ayni::test {
namespace {

TEST(Base64url, IsThatOfTheStandards) {
    // RFC 7515, appendix C; RFC 4648, 10, without padding.
    EXPECT_EQ(signing::to_base64url({"\x03\xec\xff\xe0\xc1", 5}), "A-z_4ME");
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(signing::to_base64url(bytes), text);
        EXPECT_EQ(signing::from_base64url(text), bytes);
    }
}

TEST(Base64url, HasOneTextForEachValue) {
    for (const char* text : {"Zg==", "Zg=", "Zh", "Zm9=", "Zm9", "A", "AAAAA", "Zm8+", "Zm8/",
                             "Zm 8", "Zm8\n", " Zm8", "====", "Zm9v=", "\xc3\xa9Zm"}) {
        EXPECT_FALSE(signing::from_base64url(text).has_value()) << text;
    }
    EXPECT_FALSE(signing::from_base64url({"AA\0A", 4}).has_value());
}

TEST(Base64url, ComesBackForAllBytesAndLengths) {
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
        EXPECT_EQ(signing::from_base64url(signing::to_base64url(bytes)), bytes);
        bytes += static_cast<char>(i * 7);
    }
}

}  // namespace
}  // namespace ayni::test
