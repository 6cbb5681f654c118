#include "identity/cci.h"

#include <gtest/gtest.h>

namespace ayni::test {
namespace {

struct Case {
    const char* name;
    const char* cci;
    const char* fault;  // null: none
};

class Cci : public ::testing::TestWithParam<Case> {};

TEST_P(Cci, IsJudged) {
    const auto fault = identity::cci_fault(GetParam().cci, true);
    if (GetParam().fault == nullptr) {
        EXPECT_FALSE(fault.has_value()) << *fault;
    } else {
        ASSERT_TRUE(fault.has_value());
        EXPECT_EQ(*fault, GetParam().fault);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Cci,
    ::testing::Values(Case{"bcp", "00219310000000000117", nullptr},
                      Case{"interbank", "00320000000000000236", nullptr},
                      Case{"ligo", "92100100000000001049", nullptr},
                      Case{"account_digits", "92157459308691230600", nullptr},
                      Case{"first_digit", "00219310000000000127", "has a wrong first check digit"},
                      Case{"second_digit", "00219310000000000118",
                           "has a wrong second check digit"},
                      Case{"short", "0021931000000000011", "does not have 20 digits"},
                      Case{"long", "002193100000000001170", "does not have 20 digits"},
                      Case{"empty", "", "does not have 20 digits"},
                      Case{"letter", "002193100000000001l7", "has characters that are not digits"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CciSetting, WithoutCheckDigitsOnlyTheShapeCounts) {
    EXPECT_FALSE(identity::cci_fault("00219310000000000199", false).has_value());
    EXPECT_TRUE(identity::cci_fault("0021931000000000019", false).has_value());
}

}  // namespace
}  // namespace ayni::test
