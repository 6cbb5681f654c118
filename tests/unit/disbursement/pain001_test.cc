#include "disbursement/pain001.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/disbursement/read.h"

namespace ayni::test {
namespace {

using disbursement::read_pain001;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path data = AYNI_TEST_DATA;

std::string valid() { return text_of(data / "valid_3_lines.xml"); }

/// The faults of a file that must have some.
disbursement::Faults faults_of(const std::string& text) {
    const auto read = read_pain001(text, {});
    EXPECT_FALSE(read.has_value());
    return read ? disbursement::Faults{} : read.error();
}

void expect_three_payments(const disbursement::PaymentFile& file) {
    EXPECT_EQ(file.message_id, "NOMINA-2026-11");
    EXPECT_EQ(file.initiating_party, "Municipalidad de Ñaña");
    EXPECT_EQ(file.total, base::Amount(16'075));
    ASSERT_EQ(file.instructions.size(), 3U);
    const auto& first = file.instructions[0];
    EXPECT_EQ(first.line_id, "NOMINA-2026-11-1/NOMINA-0001");
    EXPECT_EQ(first.line, 20U);
    EXPECT_EQ(first.amount, base::Amount(10'000));
    EXPECT_EQ(first.entity_code, 921);
    EXPECT_EQ(first.payer_account, "01897585587173590532");
    EXPECT_EQ(first.payee_account, "92157459308691230600");
    EXPECT_EQ(first.payee_name, "Lucía Huamán Vásquez");
    EXPECT_EQ(first.end_to_end_id, "NOMINA-0001");
    EXPECT_EQ(first.purpose, "SALA");
    EXPECT_EQ(first.remittance_text, "Noviembre & aguinaldo 2026");
    EXPECT_EQ(file.instructions[1].amount, base::Amount(5'050));
    EXPECT_EQ(file.instructions[1].purpose, "");
    EXPECT_EQ(file.instructions[2].line_id, "NOMINA-2026-11-2/NOMINA-0003");
    EXPECT_EQ(file.instructions[2].entity_code, 2);
}

TEST(Pain001, OfVersion03IsRead) {
    const auto file = read_pain001(valid(), {});
    ASSERT_TRUE(file.has_value()) << file.error().listed[0].to_string();
    expect_three_payments(*file);
}

TEST(Pain001, OfVersion09IsRead) {
    const auto file = read_pain001(text_of(data / "valid_version_09.xml"), {});
    ASSERT_TRUE(file.has_value()) << file.error().listed[0].to_string();
    expect_three_payments(*file);
}

TEST(Pain001, WithPrefixedElementsIsRead) {
    std::string text = valid();
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos; at += 2) {
        if (text[at + 1] == '?') continue;
        text.insert(at + (text[at + 1] == '/' ? 2 : 1), "p:");
    }
    const auto file = read_pain001(changed(text, "xmlns=", "xmlns:p="), {});
    ASSERT_TRUE(file.has_value()) << file.error().listed[0].to_string();
    expect_three_payments(*file);
}

TEST(Pain001, ACommentDoesNotCutAnAmount) {
    const auto file = read_pain001(changed(valid(), ">100.00<", ">1<!-- x -->00.00<"), {});
    ASSERT_TRUE(file.has_value()) << file.error().listed[0].to_string();
    EXPECT_EQ(file->instructions[0].amount, base::Amount(10'000));
}

struct WrongFile {
    const char* name;
    std::vector<std::string> faults;
    std::size_t line;  // of the first fault
    const char* message;
};

class Pain001Files : public ::testing::TestWithParam<WrongFile> {};

TEST_P(Pain001Files, AreRefusedWithElementLineAndReason) {
    const auto faults = faults_of(text_of(data / (std::string(GetParam().name) + ".xml")));
    EXPECT_EQ(brief(faults), GetParam().faults);
    ASSERT_FALSE(faults.empty());
    EXPECT_EQ(faults.listed[0].line, GetParam().line);
    EXPECT_THAT(faults.listed[0].message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Data, Pain001Files,
    ::testing::Values(
        WrongFile{"wrong_number_of_transactions",
                  {"AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"},
                  7,
                  "declares 4 payments, but there are 3"},
        WrongFile{
            "wrong_control_sums",
            {"AM10 CstmrCdtTrfInitn/PmtInf[1]/CtrlSum", "AM10 CstmrCdtTrfInitn/GrpHdr/CtrlSum"},
            15,
            "declares 150.51, but the amounts add up to 150.50"},
        WrongFile{"stray_text", {"FF01 CstmrCdtTrfInitn/PmtInf[1]"}, 12, "text beside"},
        WrongFile{"truncated", {"FF01"}, 33, "not well-formed"},
        WrongFile{"wrong_currency",
                  {"AM03 CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]/Amt/InstdAmt"},
                  22,
                  "\"EUR\" is not PEN"},
        WrongFile{"bad_cci",
                  {"AC01 CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]/CdtrAcct/Id/Othr/Id"},
                  25,
                  "wrong second check digit"},
        WrongFile{"duplicate_line",
                  {"DU04 CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[2]/PmtId/EndToEndId"},
                  30,
                  "NOMINA-0001"},
        WrongFile{"doctype", {"FF01"}, 2, "DOCTYPE"}),
    [](const auto& test) { return std::string(test.param.name); });

struct Change {
    const char* name;
    const char* before;
    const char* after;
    const char* fault;
};

class Pain001Changes : public ::testing::TestWithParam<Change> {};

TEST_P(Pain001Changes, AreRefused) {
    const auto faults = faults_of(changed(valid(), GetParam().before, GetParam().after));
    EXPECT_THAT(brief(faults), ::testing::Contains(GetParam().fault));
}

const std::string long_text(141, 'x');
const std::string long_name = "<Nm>" + long_text + "</Nm></Cdtr>";
const std::string long_remittance = "<Ustrd>" + long_text;

#define IN_LINE "CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]/"
INSTANTIATE_TEST_SUITE_P(
    Table, Pain001Changes,
    ::testing::Values(
        Change{"namespace", "pain.001.001.03", "pain.001.001.02", "FF01 Document"},
        Change{"root", "<Document ", "<Dokument xmlns='x'></Dokument><Document ", "FF01 Dokument"},
        Change{"inner_namespace", "<PmtMtd>", "<PmtMtd xmlns='urn:other'>",
               "FF01 CstmrCdtTrfInitn/PmtInf[1]/PmtMtd"},
        Change{"encoding", "encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"", "FF01"},
        Change{"invalid_utf8", "Lucía",
               "Luc\xed"
               "a",
               "FF01"},
        Change{"unknown_element", "<PmtMtd>", "<CtrlSumm>1</CtrlSumm><PmtMtd>",
               "FF01 CstmrCdtTrfInitn/PmtInf[1]/CtrlSumm"},
        Change{"no_message_id", "<MsgId>NOMINA-2026-11</MsgId>", "",
               "FF01 CstmrCdtTrfInitn/GrpHdr/MsgId"},
        Change{"empty_message_id", "NOMINA-2026-11<", "<", "FF01 CstmrCdtTrfInitn/GrpHdr/MsgId"},
        Change{"long_message_id", "NOMINA-2026-11<", "NOMINA-2026-11-45678901234567890123456<",
               "FF01 CstmrCdtTrfInitn/GrpHdr/MsgId"},
        Change{"accented_id", "NOMINA-0001<", "NÓMINA-0001<", "FF01 " IN_LINE "PmtId/EndToEndId"},
        Change{"two_message_ids", "<CreDtTm>", "<MsgId>B</MsgId><CreDtTm>",
               "FF01 CstmrCdtTrfInitn/GrpHdr/MsgId"},
        Change{"made_when", "2026-11-23T09", "2026-11-31T09",
               "FF01 CstmrCdtTrfInitn/GrpHdr/CreDtTm"},
        Change{"no_number", "<NbOfTxs>3</NbOfTxs>", "", "FF01 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"},
        Change{"no_whole_number", "<NbOfTxs>3", "<NbOfTxs>3.0",
               "FF01 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"},
        Change{"part_number", "<NbOfTxs>2", "<NbOfTxs>3",
               "AM10 CstmrCdtTrfInitn/PmtInf[1]/NbOfTxs"},
        Change{"no_sum", "160.75", "many", "FF01 CstmrCdtTrfInitn/GrpHdr/CtrlSum"},
        Change{"no_party", "<InitgPty><Nm>Municipalidad de Ñaña</Nm></InitgPty>", "",
               "FF01 CstmrCdtTrfInitn/GrpHdr/InitgPty"},
        Change{"method", "TRF", "CHK", "FF01 CstmrCdtTrfInitn/PmtInf[1]/PmtMtd"},
        Change{"date", "2026-11-24", "24/11/2026", "FF01 CstmrCdtTrfInitn/PmtInf[1]/ReqdExctnDt"},
        Change{"no_debtor_account",
               "<DbtrAcct><Id><Othr><Id>01897585587173590532</Id></Othr></Id></DbtrAcct>", "",
               "FF01 CstmrCdtTrfInitn/PmtInf[1]/DbtrAcct"},
        Change{"no_amount", "<Amt><InstdAmt Ccy=\"PEN\">100.00</InstdAmt></Amt>", "",
               "FF01 " IN_LINE "Amt"},
        Change{"no_currency", " Ccy=\"PEN\">100", ">100", "FF01 " IN_LINE "Amt/InstdAmt"},
        Change{"negative", ">100.00", ">-100.00", "AM12 " IN_LINE "Amt/InstdAmt"},
        Change{"three_decimals", ">100.00", ">100.001", "AM12 " IN_LINE "Amt/InstdAmt"},
        Change{"exponent", ">100.00", ">1e2", "AM12 " IN_LINE "Amt/InstdAmt"},
        Change{"huge", ">100.00", ">99999999999999999999", "AM12 " IN_LINE "Amt/InstdAmt"},
        Change{"iban", "<Othr><Id>92157459308691230600</Id></Othr>",
               "<IBAN>ES9121000418450200051332</IBAN>", "AC01 " IN_LINE "CdtrAcct/Id/IBAN"},
        Change{"no_account",
               "<CdtrAcct><Id><Othr><Id>92157459308691230600</Id></Othr></Id></CdtrAcct>", "",
               "AC01 " IN_LINE "CdtrAcct/Id/Othr/Id"},
        Change{"other_agent", "<MmbId>921", "<MmbId>880",
               "AGNT " IN_LINE "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"},
        Change{"no_name", "<Cdtr><Nm>Lucía Huamán Vásquez</Nm></Cdtr>", "",
               "RR03 " IN_LINE "Cdtr/Nm"},
        Change{"long_name", "<Nm>Lucía Huamán Vásquez</Nm></Cdtr>", long_name.c_str(),
               "FF01 " IN_LINE "Cdtr/Nm"},
        Change{"long_remittance", "<Ustrd>2026", long_remittance.c_str(), "FF01 " IN_LINE "RmtInf"},
        Change{"purpose", "SALA", "sala", "FF01 " IN_LINE "Purp/Cd"},
        Change{"slash_moved", "NOMINA-0002", "NOMINA-0001",
               "DU04 CstmrCdtTrfInitn/PmtInf[1]/"
               "CdtTrfTxInf[2]/PmtId/EndToEndId"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Pain001, AZeroAmountIsRefused) {
    auto text = changed(valid(), ">100.00", ">0.00");
    text = changed(text, "150.50", "50.50");
    text = changed(text, "160.75", "60.75");
    EXPECT_THAT(brief(faults_of(text)), ElementsAre("AM01 " IN_LINE "Amt/InstdAmt"));
}

TEST(Pain001, IdsThatReadTheSameTogetherAreOneLineTwice) {
    auto text = changed(valid(), "NOMINA-2026-11-1<", "A/B<");
    text = changed(text, "NOMINA-0001", "C");
    text = changed(text, "NOMINA-2026-11-2<", "A<");
    text = changed(text, "NOMINA-0003", "B/C");
    EXPECT_THAT(brief(faults_of(text)),
                ElementsAre("DU04 CstmrCdtTrfInitn/PmtInf[2]/CdtTrfTxInf[1]/PmtId/EndToEndId"));
}

TEST(Pain001, EveryFaultOfAStepIsListed) {
    auto text = changed(valid(), ">100.00", ">100.001");
    text = changed(text, "<PmtMtd>TRF</PmtMtd>", "");
    text = changed(text, "<NbOfTxs>3", "<NbOfTxs>7");
    EXPECT_THAT(brief(faults_of(text)), ElementsAre("FF01 CstmrCdtTrfInitn/PmtInf[1]/PmtMtd",
                                                    "AM12 " IN_LINE "Amt/InstdAmt",
                                                    "AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"));
}

TEST(Pain001, CurrencyIsJudgedOnlyInAFileThatAddsUp) {
    const auto text = changed(text_of(data / "wrong_currency.xml"), "<NbOfTxs>3", "<NbOfTxs>7");
    EXPECT_THAT(brief(faults_of(text)), ElementsAre("AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs"));
}

TEST(Pain001, CheckDigitsAreASetting) {
    const auto file = read_pain001(text_of(data / "bad_cci.xml"), {.check_cci_digits = false});
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->instructions[0].payee_account, "92157459308691230601");
}

TEST(Pain001, LargerThanTheLimitIsRefused) {
    const auto read = read_pain001(valid(), {.max_bytes = 100});
    ASSERT_FALSE(read.has_value());
    EXPECT_THAT(read.error().listed[0].message, HasSubstr("at most 100"));
}

TEST(Pain001, EmptyOrOtherTextIsRefused) {
    EXPECT_THAT(brief(faults_of("")), ElementsAre("FF01"));
    EXPECT_THAT(brief(faults_of("{\"json\": true}")), ElementsAre("FF01"));
    EXPECT_THAT(brief(faults_of("<?xml version='1.0'?>")), ElementsAre("FF01"));
}

TEST(Pain001, DeepNestingIsRefusedWithoutRecursion) {
    std::string text = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\">";
    for (int i = 0; i < 200'000; ++i) text += "<a>";
    for (int i = 0; i < 200'000; ++i) text += "</a>";
    EXPECT_THAT(faults_of(text + "</Document>").listed[0].message, HasSubstr("nested too deeply"));
}

TEST(Pain001, FaultsBeyondAReadableNumberAreCounted) {
    std::string text = valid();
    const std::string stray = "<Stray/>";
    std::string many;
    for (int i = 0; i < 1'500; ++i) many += stray;
    const auto faults = faults_of(changed(text, "<PmtMtd>", many + "<PmtMtd>"));
    EXPECT_EQ(faults.listed.size(), disbursement::Faults::max_listed);
    EXPECT_EQ(faults.count(), 1'500U);
}

/// Any cut of the file is refused, without a crash.
TEST(Pain001, CutAnywhereIsRefused) {
    const std::string text = valid();
    const std::size_t end = text.rfind("</Document>") + std::string("</Document>").size();
    for (std::size_t size = 0; size < end; size += 7) {
        EXPECT_FALSE(read_pain001(text.substr(0, size), {}).has_value()) << size;
    }
}

}  // namespace
}  // namespace ayni::test
