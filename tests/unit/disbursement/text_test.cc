#include "disbursement/text.h"

#include <gtest/gtest.h>

namespace ayni::test {
namespace {

using namespace disbursement;

TEST(Text, InvalidUtf8IsFoundWhereItIs) {
    EXPECT_FALSE(first_invalid_utf8("Ñandú €20 𐍈").has_value());
    const std::string_view invalid[] = {
        "ab\x80",     "ab\xC0\xAF",         "ab\xED\xA0\x80", "ab\xF5\x80\x80\x80",
        "ab\xE2\x82", "ab\xF0\x82\x82\xAC", "ab\xFF"};
    for (const auto text : invalid) EXPECT_EQ(first_invalid_utf8(text), 2U) << text;
}

TEST(Text, CharactersAreNotBytes) { EXPECT_EQ(count_characters("Ñandú"), 5U); }

TEST(Text, AmountsHaveTwoDecimals) {
    EXPECT_EQ(parse_amount(" 12.5 "), base::Amount(1'250));
    EXPECT_EQ(parse_amount("12.50000"), base::Amount(1'250));
    for (const char* wrong : {"", "12.345", "+1", "-1", "1,5", "1e3", "0x1", "1 000"}) {
        EXPECT_FALSE(parse_amount(wrong).has_value()) << wrong;
    }
}

TEST(Text, DatesExist) {
    for (const char* good : {"2026-11-24", "2024-02-29", "2026-11-24Z", "2026-11-24-05:00"}) {
        EXPECT_TRUE(is_date(good)) << good;
    }
    for (const char* wrong : {"", "2026-11", "2026-02-29", "2026-13-01", "2026-11-00", "26-11-24",
                              "2026-11-24T", "2026-11-24+99:00"}) {
        EXPECT_FALSE(is_date(wrong)) << wrong;
    }
}

TEST(Text, DateTimesExist) {
    for (const char* good :
         {"2026-11-24T09:00:00", "2026-11-24T09:00:00.123Z", "2026-11-24T23:59:59-05:00"}) {
        EXPECT_TRUE(is_date_time(good)) << good;
    }
    for (const char* wrong : {"2026-11-24", "2026-11-24 09:00:00", "2026-11-24T24:00:00",
                              "2026-11-24T09:60:00", "2026-11-24T09:00:00.", "2026-11-24T09:00"}) {
        EXPECT_FALSE(is_date_time(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace ayni::test
