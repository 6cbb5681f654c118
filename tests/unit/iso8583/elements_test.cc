#include "iso8583/elements.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"

namespace ayni::test {
namespace {

using namespace iso8583;
using base::Amount;
using base::Currency;

TEST(Money, StandsInMinorUnitsBesideItsCurrency) {
    struct Case {
        std::int64_t minor_units;
        Currency currency;
        const char* amount;
        const char* code;
    };
    const Case rows[] = {{0, Currency::pen, "000000000000", "604"},
                         {1, Currency::usd, "000000000001", "840"},
                         {12'550, Currency::pen, "000000012550", "604"},
                         {999'999'999'999, Currency::pen, "999999999999", "604"}};
    for (const Case& row : rows) {
        Message message(financial_request);
        const Money money{Amount(row.minor_units), row.currency};
        ASSERT_TRUE(set_money(message, money).has_value());
        EXPECT_EQ(message.get(Field::transaction_amount), row.amount);
        EXPECT_EQ(message.get(Field::currency), row.code);
        EXPECT_EQ(money_of(message), money);
    }
}

TEST(Money, ThatDoesNotFitIsRefused) {
    struct Case {
        std::int64_t minor_units;
        const char* error;
    };
    const Case rows[] = {{-1, "field 4: is negative"},
                         {std::numeric_limits<std::int64_t>::min(), "field 4: is negative"},
                         {1'000'000'000'000, "field 4: 1000000000000 has more than 12 digits"},
                         {std::numeric_limits<std::int64_t>::max(),
                          "field 4: 9223372036854775807 has more than 12 digits"}};
    for (const Case& row : rows) {
        Message message(financial_request);
        const auto set = set_money(message, {Amount(row.minor_units), Currency::pen});
        ASSERT_FALSE(set.has_value());
        EXPECT_EQ(set.error().to_string(), row.error);
        EXPECT_EQ(message, Message(financial_request));
    }
}

TEST(Money, NeedsBothFieldsAndAKnownCurrency) {
    Message message(financial_request);
    EXPECT_EQ(money_of(message).error().to_string(), "field 4: is missing");
    EXPECT_TRUE(message.set(Field::transaction_amount, "1"));
    EXPECT_EQ(money_of(message).error().to_string(), "field 49: is missing");
    EXPECT_TRUE(message.set(Field::currency, "978"));
    EXPECT_EQ(money_of(message).error().to_string(),
              "field 49: 978 is no currency that is in use here");
}

TEST(Stan, IsSixDigitsAndNeverZero) {
    EXPECT_EQ(Stan().text(), "000001");
    EXPECT_EQ(Stan::of(0), std::nullopt);
    EXPECT_EQ(Stan::of(1'000'000), std::nullopt);
    EXPECT_EQ(Stan::of(42)->next().text(), "000043");
    EXPECT_EQ(Stan::of(999'999)->next(), Stan());
    EXPECT_EQ(Stan::parse("000042"), Stan::of(42));
    for (const char* wrong : {"", "42", "000000", "0000001", "00004x", "-00042", " 00042"}) {
        EXPECT_EQ(Stan::parse(wrong), std::nullopt) << wrong;
    }
}

TEST(Stan, ComesBackAfterAllOthers) {
    Stan stan;
    for (std::uint32_t count = 1; count <= Stan::last; ++count) {
        ASSERT_EQ(stan.number(), count);
        stan = stan.next();
    }
    EXPECT_EQ(stan, Stan());
}

TEST(Stan, StandsInItsField) {
    Message message(financial_request);
    EXPECT_EQ(stan_of(message).error().to_string(), "field 11: is missing");
    set_stan(message, *Stan::of(123));
    EXPECT_EQ(message.get(Field::trace_number), "000123");
    EXPECT_EQ(stan_of(message), *Stan::of(123));
    EXPECT_TRUE(message.set(Field::trace_number, "000000"));
    EXPECT_EQ(stan_of(message).error().to_string(), "field 11: is 000000");
}

/// 1795843800 is 2026-11-28 05:30:00 UTC, day 332 of its year.
TEST(RetrievalReference, IsYearDayHourAndStan) {
    constexpr std::int64_t second = 1'000'000'000;
    EXPECT_EQ(retrieval_reference({1'795'843'800 * second}, *Stan::of(123)), "633205000123");
    EXPECT_EQ(retrieval_reference({0}, *Stan::of(999'999)), "000100999999");
    EXPECT_EQ(retrieval_reference({-1}, Stan()), "936523000001");
    for (const auto end :
         {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        Message message(financial_request);
        EXPECT_TRUE(message.set(Field::retrieval_reference, retrieval_reference({end}, Stan())));
    }
}

OriginalData an_original() {
    return {.mti = financial_request,
            .stan = *Stan::of(122),
            .transmission_time = "1128052959",
            .acquirer = 921,
            .forwarder = 0};
}

TEST(OriginalData, IsFortyTwoDigitsThereAndBack) {
    const auto text = format_original_data(an_original());
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(*text,
              "0200"
              "000122"
              "1128052959"
              "00000000921"
              "00000000000");
    EXPECT_EQ(parse_original_data(*text), an_original());
    OriginalData longest = an_original();
    longest.acquirer = 99'999'999'999;
    longest.forwarder = 12'345'678'901;
    const auto long_text = format_original_data(longest);
    ASSERT_TRUE(long_text.has_value());
    EXPECT_EQ(long_text->substr(20), "9999999999912345678901");
    EXPECT_EQ(parse_original_data(*long_text), longest);
}

TEST(OriginalData, ThatCanNotBeWrittenIsRefused) {
    OriginalData original = an_original();
    original.transmission_time = "1332000000";
    EXPECT_EQ(format_original_data(original).error().to_string(),
              "field 90: its transmission time is not a time (MMDDhhmmss)");
    original = an_original();
    original.acquirer = 100'000'000'000;
    EXPECT_EQ(format_original_data(original).error().to_string(),
              "field 90: its acquirer has more than 11 digits");
    original = an_original();
    original.forwarder = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(format_original_data(original).error().to_string(),
              "field 90: its forwarder has more than 11 digits");
}

TEST(OriginalData, ThatCanNotBeReadIsRefused) {
    struct Case {
        const char* text;
        const char* error;
    };
    const Case rows[] = {
        {"", "field 90: is not 42 digits"},
        {"02000001221128052959000000009210000000000", "field 90: is not 42 digits"},
        {"0200000122112805295900000000921000000000000", "field 90: is not 42 digits"},
        {"02000001221128052959 0000000921 0000000000", "field 90: is not 42 digits"},
        {"120000012211280529590000000092100000000000",
         "field 90: its message type is not of the version of 1987"},
        {"020000000011280529590000000092100000000000", "field 90: its trace number is 000000"},
        {"020000012211310529590000000092100000000000",
         "field 90: its transmission time is not a time (MMDDhhmmss)"}};
    for (const Case& row : rows) {
        const auto original = parse_original_data(row.text);
        ASSERT_FALSE(original.has_value()) << row.text;
        EXPECT_EQ(original.error().to_string(), row.error);
    }
}

TEST(OriginalData, IsTakenFromTheMessageThatIsReversed) {
    Message message(financial_request);
    EXPECT_EQ(original_data_of(message).error().to_string(), "field 11: is missing");
    set_stan(message, *Stan::of(122));
    EXPECT_EQ(original_data_of(message).error().to_string(), "field 7: is missing");
    EXPECT_TRUE(message.set(Field::transmission_time, "1128052960"));
    EXPECT_EQ(original_data_of(message).error().to_string(), "field 7: is not a time (MMDDhhmmss)");
    EXPECT_TRUE(message.set(Field::transmission_time, "1128052959"));
    OriginalData expected = an_original();
    expected.acquirer = 0;
    EXPECT_EQ(original_data_of(message), expected);
    EXPECT_TRUE(message.set(Field::acquiring_institution, "00921"));
    EXPECT_EQ(original_data_of(message), an_original());

    Message reversal(reversal_advice);
    EXPECT_TRUE(reversal.set(Field::original_data_elements,
                             *format_original_data(*original_data_of(message))));
    EXPECT_EQ(parse_original_data(*reversal.get(Field::original_data_elements)), an_original());
}

TEST(OriginalData, OfAnyMessageComesBack) {
    base::SeededRandom random(90);
    for (int round = 0; round < 2'000; ++round) {
        const OriginalData original{
            .mti = Mti(static_cast<std::uint16_t>(random.below(1000))),
            .stan = *Stan::of(static_cast<std::uint32_t>(1 + random.below(Stan::last))),
            .transmission_time = "0229235959",
            .acquirer = random.below(100'000'000'000),
            .forwarder = random.below(100'000'000'000)};
        const auto text = format_original_data(original);
        ASSERT_TRUE(text.has_value());
        ASSERT_EQ(text->size(), 42U);
        ASSERT_EQ(parse_original_data(*text), original);
    }
}

}  // namespace
}  // namespace ayni::test
