#include "ayctl/format.h"

#include <gtest/gtest.h>

#include "ayctl/pay_routes.h"

namespace ayni::test {
namespace {

using namespace ayctl;

TEST(Arguments, AmountsAreDecimals) {
    const auto money = parse_money("12.50", "PEN", "--amount");
    ASSERT_TRUE(money.has_value());
    EXPECT_EQ(money->minor_units(), 1'250);
    EXPECT_EQ(money->currency_code(), "PEN");
    for (const char* wrong : {"", "12.505", "-1", "1,50", "S/ 1", "1e3"}) {
        const auto refused = parse_money(wrong, "PEN", "--amount");
        ASSERT_FALSE(refused.has_value()) << wrong;
        EXPECT_EQ(refused.error().field, "--amount");
    }
    EXPECT_EQ(parse_money("1", "EUR", "--amount").error().field, "--currency");
}

TEST(Arguments, TimesAreRfc3339) {
    EXPECT_EQ(parse_time("2026-11-23T12:00:00-05:00", "--at")->nanoseconds,
              1'795'453'200'000'000'000);
    EXPECT_EQ(parse_time("2026-11-23T17:00:00Z", "--at")->nanoseconds, 1'795'453'200'000'000'000);
    EXPECT_EQ(parse_time("2026-11-23T17:00:00.25Z", "--at")->nanoseconds,
              1'795'453'200'250'000'000);
    for (const char* wrong :
         {"", "yesterday", "2026-11-23", "2026-11-23T12:00:00", "2026-02-30T12:00:00Z",
          "2026-11-23T24:00:00Z", "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00+5:00",
          "2026-11-23T12:00:00Zz"}) {
        EXPECT_FALSE(parse_time(wrong, "--at").has_value()) << wrong;
    }
}

TEST(Arguments, IdsAreMadeCanonical) {
    EXPECT_EQ(*parse_id("01A20B52-5EC0-7C88-9069-3FF1C6C2DB1A", "ID"),
              "01a20b52-5ec0-7c88-9069-3ff1c6c2db1a");
    EXPECT_FALSE(parse_id("17", "ID").has_value());
}

TEST(Arguments, RoutesNameEntities) {
    const auto routes = parse_routes({"002=yape", "921=bim"});
    ASSERT_TRUE(routes.has_value());
    EXPECT_EQ(*routes, (Routes{{2, "yape"}, {921, "bim"}}));
    for (const char* wrong : {"", "yape", "2=yape", "0x2=yape", "000=yape", "002=", "=yape"}) {
        EXPECT_FALSE(parse_routes({wrong}).has_value()) << wrong;
    }
    EXPECT_FALSE(parse_routes({"002=yape", "002=bim"}).has_value());
}

TEST(Format, TimesAreThoseOfPeru) {
    EXPECT_EQ(format_time(base::JournalTime{1'795'453'200'123'456'789}),
              "2026-11-23T12:00:00.123-05:00");
}

TEST(Format, NamesLoseTheirPrefix) {
    EXPECT_EQ(short_name("TRANSFER_STATE_COMMITTED", "TRANSFER_STATE_"), "committed");
    EXPECT_EQ(short_name("STATUS_INSUFFICIENT_COVER", "STATUS_"), "insufficient cover");
}

TEST(Format, TablesAlignCharactersNotBytes) {
    Table table({"who", ">PEN"});
    table.add({"Ñusta", "1.00"});
    table.add({"Ana", "1000.00"});
    EXPECT_EQ(table.text(),
              "who        PEN\n"
              "Ñusta     1.00\n"
              "Ana    1000.00\n");
}

}  // namespace
}  // namespace ayni::test
