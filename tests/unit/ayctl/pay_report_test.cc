#include "ayctl/pay_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ayctl/payment_file.h"

namespace ayni::test {
namespace {

using ayctl::LineState;
using ::testing::HasSubstr;

class PayReport : public ::testing::Test {
protected:
    PayReport() {
        for (auto& line : lines_) line.state = LineState::paid;
        lines_[1].state = LineState::rejected;
        lines_[1].reason = "AM04";
        lines_[1].detail = "insufficient cover";
        lines_[2].replayed = true;
    }
    disbursement::PaymentFile file_ = payment_file(4);
    std::vector<ayctl::PayLine> lines_ = ayctl::make_lines(file_, two_routes, "midis", released_ms);
};

TEST_F(PayReport, AddsUpByInstitutionOutcomeAndReason) {
    EXPECT_EQ(ayctl::summary_text(lines_),
              "institution  outcome   payments   PEN  reason\n"
              "bim          paid             1  4.00\n"
              "bim          rejected         1  2.00  AM04 insufficient cover\n"
              "yape         paid             2  4.00\n"
              "paid 3 of 4 payments, PEN 8.00 of 10.00; 1 are outcomes of before\n");
    const auto totals = ayctl::totals_of(lines_);
    EXPECT_EQ(totals.paid, 3U);
    EXPECT_EQ(totals.paid_sum, 800);
    EXPECT_EQ(totals.sum, 1'000);
}

TEST_F(PayReport, HasARecordForEachLine) {
    const std::string csv = ayctl::results_csv(lines_);
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
    EXPECT_THAT(csv, HasSubstr(",\"'=Ñusta\",2.00,PEN,rejected,AM04,insufficient cover,no,"));
}

TEST_F(PayReport, IsJsonToo) {
    EXPECT_THAT(ayctl::summary_json(lines_).text(),
                HasSubstr(R"("payments":4,"paid":3,"replayed":1,"minor_units":1000)"));
}

}  // namespace
}  // namespace ayni::test
