#include "iso8583/mti.h"

#include <gtest/gtest.h>

namespace ayni::test {
namespace {

using namespace iso8583;

struct Case {
    const char* mti;
    const char* response;  // null: none
    const char* repeat;    // null: none
};

class MtiArithmetic : public ::testing::TestWithParam<Case> {};

std::optional<Mti> maybe(const char* text) {
    return text == nullptr ? std::nullopt : Mti::parse(text);
}

TEST_P(MtiArithmetic, IsThatOfTheStandard) {
    const auto mti = Mti::parse(GetParam().mti);
    ASSERT_TRUE(mti.has_value());
    EXPECT_EQ(mti->text(), GetParam().mti);
    EXPECT_EQ(mti->response(), maybe(GetParam().response));
    EXPECT_EQ(mti->repeat(), maybe(GetParam().repeat));
    EXPECT_EQ(mti->is_repeat(), mti->repeat() == *mti);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MtiArithmetic,
    ::testing::Values(Case{"0200", "0210", "0201"}, Case{"0201", "0210", "0201"},
                      Case{"0202", "0212", "0203"}, Case{"0203", "0212", "0203"},
                      Case{"0204", "0214", "0205"}, Case{"0205", "0214", "0205"},
                      Case{"0210", nullptr, nullptr}, Case{"0211", nullptr, nullptr},
                      Case{"0220", "0230", "0221"}, Case{"0420", "0430", "0421"},
                      Case{"0421", "0430", "0421"}, Case{"0430", nullptr, nullptr},
                      Case{"0800", "0810", "0801"}, Case{"0810", nullptr, nullptr},
                      Case{"0240", nullptr, nullptr}, Case{"0206", nullptr, nullptr},
                      Case{"0209", nullptr, nullptr}, Case{"0290", nullptr, nullptr}),
    [](const auto& test) { return std::string(test.param.mti); });

TEST(Mti, IsFourDigitsOfTheVersionOf1987) {
    for (const char* wrong : {"", "020", "02000", "1200", "2200", "9200", "02x0", " 200", "0 00",
                              "+200", "0-10", "020\xff"}) {
        EXPECT_FALSE(Mti::parse(wrong).has_value()) << wrong;
    }
    EXPECT_FALSE(Mti::parse(std::string_view("020\0", 4)).has_value());
    for (std::uint16_t number = 0; number < 1000; ++number) {
        EXPECT_EQ(Mti::parse(Mti(number).text()), Mti(number));
    }
}

TEST(Mti, HasTheNamesThatAreUsed) {
    EXPECT_EQ(financial_request.text(), "0200");
    EXPECT_EQ(financial_request.response(), financial_response);
    EXPECT_EQ(reversal_advice.repeat(), reversal_advice_repeat);
    EXPECT_EQ(reversal_advice_repeat.response(), reversal_response);
    EXPECT_EQ(network_request.response(), network_response);
}

}  // namespace
}  // namespace ayni::test
