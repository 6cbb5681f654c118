#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "unit/disbursement/read.h"

namespace ayni::test {
namespace {

using disbursement::read_pain001;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

/// Files of others, under $AYNI_VECTORS/iso20022.
class Vectors : public ::testing::Test {
protected:
    void SetUp() override {
        const char* const directory = std::getenv("AYNI_VECTORS");
        if (directory == nullptr) GTEST_SKIP() << "AYNI_VECTORS is not set";
        directory_ = std::filesystem::path(directory) / "iso20022";
    }

    [[nodiscard]] std::vector<std::string> faults_of(const char* name) const {
        const auto read = read_pain001(text_of(directory_ / name), {});
        return read ? std::vector<std::string>() : brief(read.error());
    }

    std::filesystem::path directory_;
};

TEST_F(Vectors, SumsThatAreWrongInHeaderAndPartsAreAllNamed) {
    const auto faults = faults_of("01_pain.001.001.03_multi.xml");
    EXPECT_THAT(faults, Each(StartsWith("AM10 ")));
    EXPECT_THAT(faults, IsSupersetOf({"AM10 CstmrCdtTrfInitn/PmtInf[1]/NbOfTxs",
                                      "AM10 CstmrCdtTrfInitn/PmtInf[1]/CtrlSum",
                                      "AM10 CstmrCdtTrfInitn/PmtInf[6]/CtrlSum",
                                      "AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"}));
}

TEST_F(Vectors, AHeaderThatCountsOneOfTwoIsRefused) {
    EXPECT_THAT(faults_of("02_pain.001.001.03_multiple_pmtinf.xml"),
                ElementsAre("AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs",
                            "AM10 CstmrCdtTrfInitn/GrpHdr/CtrlSum"));
}

TEST_F(Vectors, StrayTextIsRefused) {
    const auto faults = faults_of("03_pain.001.001.03_rtp.xml");
    EXPECT_THAT(faults, Each(StartsWith("FF01 ")));
    EXPECT_THAT(faults, Contains("FF01 CstmrCdtTrfInitn"));
}

TEST_F(Vectors, OfVersion09WithAWrongNumberIsRefused) {
    EXPECT_THAT(faults_of("04_pain.001.001.09.xml"),
                ElementsAre("AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"));
}

TEST_F(Vectors, AThousandPaymentsToThreeInstitutionsAreRead) {
    const auto file =
        read_pain001(text_of(directory_ / "12_pain.001.001.03_1000tx_three_institutions.xml"), {});
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->message_id, "PRUEBA-2026-11-R1");
    EXPECT_EQ(file->instructions.size(), 1'000U);
    EXPECT_EQ(base::format_decimal(file->total), "464035.62");
    std::map<std::uint16_t, int> lines_by_entity;
    for (const auto& instruction : file->instructions) ++lines_by_entity[instruction.entity_code];
    EXPECT_EQ(lines_by_entity.size(), 3U);
    EXPECT_GT(lines_by_entity[2], 0);
    EXPECT_GT(lines_by_entity[880], 0);
    EXPECT_GT(lines_by_entity[921], 0);
}

}  // namespace
}  // namespace ayni::test
