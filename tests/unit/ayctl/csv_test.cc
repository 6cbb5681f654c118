#include "ayctl/csv.h"

#include <gtest/gtest.h>

#include "ayctl/json.h"

namespace ayni::test {
namespace {

using ayctl::csv_record;

TEST(Csv, QuotesWhatNeedsIt) {
    EXPECT_EQ(csv_record({"a", "b c", ""}), "a,b c,\r\n");
    EXPECT_EQ(csv_record({"a,b", "say \"hi\"", "two\nlines"}),
              "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
}

TEST(Csv, NoFieldIsAFormula) {
    EXPECT_EQ(csv_record({"=1+1"}), "\"'=1+1\"\r\n");
    EXPECT_EQ(csv_record({"+51987654321"}), "\"'+51987654321\"\r\n");
    EXPECT_EQ(csv_record({"-1"}), "\"'-1\"\r\n");
    EXPECT_EQ(csv_record({"@SUM(A1)"}), "\"'@SUM(A1)\"\r\n");
    EXPECT_EQ(csv_record({"\t=1"}), "\"'\t=1\"\r\n");
    EXPECT_EQ(csv_record({"1=1"}), "1=1\r\n");
}

TEST(Csv, ANegativeAmountIsANumber) {
    EXPECT_EQ(csv_record({"-12.50", "-0.01"}), "-12.50,-0.01\r\n");
    EXPECT_EQ(csv_record({"-1.50+1.00"}), "\"'-1.50+1.00\"\r\n");
    EXPECT_EQ(csv_record({"--1.50"}), "\"'--1.50\"\r\n");
    EXPECT_EQ(csv_record({"-.50"}), "\"'-.50\"\r\n");
}

TEST(Json, IsEscaped) {
    ayctl::JsonObject inner;
    inner.add("n", std::int64_t{-5});
    ayctl::JsonObject object;
    object.add("text", "a\"b\\c\nÑ");
    object.add("yes", true);
    object.add("big", ~std::uint64_t{0});
    object.add("list", std::vector<std::string>{"x", "y"});
    object.add("objects", std::vector<ayctl::JsonObject>{inner, inner});
    object.add_pairs("pairs", {{"k", "v"}});
    EXPECT_EQ(object.text(),
              R"({"text":"a\"b\\c\u000aÑ","yes":true,"big":18446744073709551615,)"
              R"("list":["x","y"],"objects":[{"n":-5},{"n":-5}],"pairs":[["k","v"]]})");
}

}  // namespace
}  // namespace ayni::test
