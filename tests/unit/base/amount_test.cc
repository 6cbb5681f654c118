#include "base/amount.h"

#include <gtest/gtest.h>

namespace ayni::base {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

TEST(Amount, SumsThatDoNotFitAreNothing) {
    EXPECT_EQ(checked_add(Amount(1), Amount(2)), Amount(3));
    EXPECT_EQ(checked_add(Amount(largest - 1), Amount(1)), Amount(largest));
    EXPECT_FALSE(checked_add(Amount(largest), Amount(1)));
    EXPECT_FALSE(checked_add(Amount(smallest), Amount(-1)));
}

TEST(Amount, FormatsWithTwoDecimals) {
    EXPECT_EQ(format_decimal(Amount(0)), "0.00");
    EXPECT_EQ(format_decimal(Amount(5)), "0.05");
    EXPECT_EQ(format_decimal(Amount(123'456)), "1234.56");
    EXPECT_EQ(format_decimal(Amount(-5)), "-0.05");
    EXPECT_EQ(format_decimal(Amount(largest)), "92233720368547758.07");
    EXPECT_EQ(format_decimal(Amount(smallest)), "-92233720368547758.08");
}

TEST(Amount, ReadsDecimals) {
    EXPECT_EQ(parse_decimal("10"), Amount(1000));
    EXPECT_EQ(parse_decimal("10.5"), Amount(1050));
    EXPECT_EQ(parse_decimal("10.50"), Amount(1050));
    EXPECT_EQ(parse_decimal("0.01"), Amount(1));
    EXPECT_EQ(parse_decimal("007"), Amount(700));
    EXPECT_EQ(parse_decimal("92233720368547758.07"), Amount(largest));
}

TEST(Amount, RefusesEverythingElse) {
    for (const char* text : {"", ".", "1.", ".5", "1.234", "-1", "+1", "1,5", "1 ", " 1", "1e2",
                             "0x1", "1.2.3", "92233720368547758.08", "99999999999999999999", "١"}) {
        EXPECT_FALSE(parse_decimal(text)) << '"' << text << '"';
    }
}

TEST(Currency, NamesAndNumbersAgree) {
    for (const Currency currency : {Currency::pen, Currency::usd}) {
        EXPECT_EQ(currency_of(to_string(currency)), currency);
        EXPECT_EQ(currency_of(static_cast<std::uint16_t>(currency)), currency);
    }
    EXPECT_EQ(static_cast<int>(Currency::pen), 604);
    EXPECT_FALSE(currency_of("EUR"));
    EXPECT_FALSE(currency_of("pen"));
    EXPECT_FALSE(currency_of(std::uint16_t{978}));
}

}  // namespace
}  // namespace ayni::base
