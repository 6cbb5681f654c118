#include "iso8583/response_code.h"

#include <gtest/gtest.h>

#include <string>

namespace ayni::test {
namespace {

using namespace iso8583;

struct Case {
    const char* response_code;
    const char* reason;
};

TEST(ResponseCode, MeansAReason) {
    const Case rows[] = {{"05", "MS03"},  {"12", "MS03"}, {"14", "AC01"}, {"30", "FF01"},
                         {"51", "AM04"},  {"54", "MS03"}, {"57", "AG01"}, {"61", "AM02"},
                         {"68", "AB05"},  {"91", "AB08"}, {"94", "AM05"}, {"96", "MS03"},
                         {"01", "MS03"},  {"N7", "MS03"}, {"0", "MS03"},  {"", "MS03"},
                         {"000", "MS03"}, {"5", "MS03"},  {"51 ", "MS03"}};
    for (const Case& row : rows) {
        EXPECT_EQ(reason_of_response(row.response_code), row.reason) << row.response_code;
    }
    EXPECT_EQ(reason_of_response(approved), std::nullopt);
}

TEST(ResponseCode, IsThatOfAReason) {
    const Case rows[] = {{"14", "AC01"}, {"14", "AC03"}, {"30", "FF01"}, {"51", "AM04"},
                         {"57", "AG01"}, {"61", "AM02"}, {"68", "AB05"}, {"91", "AB08"},
                         {"94", "AM05"}, {"96", "MS03"}, {"96", "AC04"}, {"96", "BE01"},
                         {"96", "ZZ99"}, {"96", "am04"}, {"96", "AM0"},  {"96", "AM044"},
                         {"96", ""}};
    for (const Case& row : rows) {
        EXPECT_EQ(response_of_reason(row.reason), row.response_code) << row.reason;
    }
}

TEST(ResponseCode, OfARefusalIsNeverAnApproval) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            EXPECT_NE(response_of_reason(text), approved);
            EXPECT_EQ(reason_of_response(text).has_value(), text != approved);
        }
    }
    EXPECT_NE(response_of_reason(approved), approved);
}

/// Whoever translates a code and back has one that means the same.
TEST(ResponseCode, KeepsItsMeaningThereAndBack) {
    for (const char* code : {"14", "30", "51", "57", "61", "68", "91", "94", "96"}) {
        EXPECT_EQ(response_of_reason(*reason_of_response(code)), code);
    }
}

}  // namespace
}  // namespace ayni::test
