#include "iso8583/fields.h"

#include <gtest/gtest.h>

#include "iso8583/message.h"

namespace ayni::test {
namespace {

using namespace iso8583;

struct Case {
    const char* name;
    Field field;
    std::string value;
    const char* stored;
    const char* error;  // null: none
};

class Values : public ::testing::TestWithParam<Case> {};

TEST_P(Values, ArePaddedOrRefused) {
    const Case& row = GetParam();
    Message message(financial_request);
    const auto set = message.set(row.field, row.value);
    if (row.error == nullptr) {
        ASSERT_TRUE(set.has_value()) << set.error().to_string();
        EXPECT_EQ(message.get(row.field), row.stored);
    } else {
        ASSERT_FALSE(set.has_value());
        EXPECT_EQ(set.error().to_string(), row.error);
        EXPECT_FALSE(message.has(row.field));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Values,
    ::testing::Values(
        Case{"amount", Field::transaction_amount, "12550", "000000012550", nullptr},
        Case{"amount_full", Field::transaction_amount, "999999999999", "999999999999", nullptr},
        Case{"amount_long", Field::transaction_amount, "1000000000000", nullptr,
             "field 4: has 13 characters, of which 12 fit"},
        Case{"amount_negative", Field::transaction_amount, "-1", nullptr,
             "field 4: character 1 is not a digit"},
        Case{"amount_with_point", Field::transaction_amount, "125.50", nullptr,
             "field 4: character 4 is not a digit"},
        Case{"amount_empty", Field::transaction_amount, "", nullptr, "field 4: is empty"},
        Case{"trace_number", Field::trace_number, "7", "000007", nullptr},
        Case{"merchant_type", Field::merchant_type, "742", "0742", nullptr},
        Case{"entry_mode", Field::entry_mode, "12", "012", nullptr},
        Case{"currency", Field::currency, "8", "008", nullptr},
        Case{"network_code", Field::network_management_code, "1", "001", nullptr},
        Case{"processing_code_short", Field::processing_code, "40000", nullptr,
             "field 3: has 5 characters, it takes 6"},
        Case{"time_short", Field::transmission_time, "128053000", nullptr,
             "field 7: has 9 characters, it takes 10"},
        Case{"local_time_short", Field::local_time, "3000", nullptr,
             "field 12: has 4 characters, it takes 6"},
        Case{"local_date_short", Field::local_date, "101", nullptr,
             "field 13: has 3 characters, it takes 4"},
        Case{"original_short", Field::original_data_elements, std::string(41, '0'), nullptr,
             "field 90: has 41 characters, it takes 42"},
        Case{"pan", Field::primary_account_number, "4", "4", nullptr},
        Case{"pan_full", Field::primary_account_number, "1234567890123456789",
             "1234567890123456789", nullptr},
        Case{"pan_long", Field::primary_account_number, "12345678901234567890", nullptr,
             "field 2: has 20 characters, of which 19 fit"},
        Case{"pan_with_letter", Field::primary_account_number, "47617390010l", nullptr,
             "field 2: character 12 is not a digit"},
        Case{"institution_long", Field::acquiring_institution, "123456789012", nullptr,
             "field 32: has 12 characters, of which 11 fit"},
        Case{"reference", Field::retrieval_reference, "ab12", "ab12        ", nullptr},
        Case{"reference_padded", Field::retrieval_reference, "ab12  ", "ab12        ", nullptr},
        Case{"reference_blank", Field::retrieval_reference, " ", "            ", nullptr},
        Case{"reference_with_space", Field::retrieval_reference, " ab12", nullptr,
             "field 37: character 1 is not a letter or a digit"},
        Case{"reference_with_dash", Field::retrieval_reference, "ab-12", nullptr,
             "field 37: character 3 is not a letter or a digit"},
        Case{"authorization", Field::authorization_response, "9", "9     ", nullptr},
        Case{"response_code", Field::response_code, "N7", "N7", nullptr},
        Case{"response_code_short", Field::response_code, "5", nullptr,
             "field 39: has 1 characters, it takes 2"},
        Case{"response_code_with_space", Field::response_code, "5 ", nullptr,
             "field 39: character 2 is not a letter or a digit"},
        Case{"terminal", Field::terminal, "CAJA-01", "CAJA-01 ", nullptr},
        Case{"terminal_long", Field::terminal, "CAJA-0001", nullptr,
             "field 41: has 9 characters, of which 8 fit"},
        Case{"acceptor", Field::card_acceptor, "BODEGA", "BODEGA         ", nullptr},
        Case{"acceptor_not_ascii", Field::card_acceptor, "\xc3\x91", nullptr,
             "field 42: character 1 is not printable ASCII"},
        Case{"data_with_line_end", Field::additional_data, "a\n", nullptr,
             "field 48: character 2 is not printable ASCII"},
        Case{"data_with_zero", Field::reserved_60, std::string("a\0b", 3), nullptr,
             "field 60: character 2 is not printable ASCII"},
        Case{"data_keeps_its_spaces", Field::reserved_61, " a ", " a ", nullptr},
        Case{"data_long", Field::reserved_63, std::string(1000, 'x'), nullptr,
             "field 63: has 1000 characters, of which 999 fit"},
        Case{"account_long", Field::account_2, std::string(29, '1'), nullptr,
             "field 103: has 29 characters, of which 28 fit"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Fields, AreThoseOfTheTableAndNoOthers) {
    const unsigned used[] = {2,  3,  4,  7,  11, 12, 13, 18, 22, 32, 37,  38, 39,
                             41, 42, 48, 49, 60, 61, 62, 63, 70, 90, 102, 103};
    ASSERT_EQ(field_formats.size(), std::size(used));
    for (std::size_t i = 0; i < std::size(used); ++i) {
        EXPECT_EQ(static_cast<unsigned>(field_formats[i].field), used[i]);
        EXPECT_EQ(field_of(used[i]), field_formats[i].field);
        EXPECT_EQ(index_of(field_formats[i].field), i);
        EXPECT_EQ(name_of(field_formats[i].field), "field " + std::to_string(used[i]));
    }
    for (unsigned number = 0; number < 1'000; ++number) {
        const bool is_used = std::find(std::begin(used), std::end(used), number) != std::end(used);
        EXPECT_EQ(field_of(number).has_value(), is_used) << number;
    }
}

TEST(Message, KeepsWhatItHadWhenANewValueIsRefused) {
    Message message(financial_request);
    EXPECT_TRUE(message.set(Field::terminal, "CAJA01"));
    EXPECT_FALSE(message.set(Field::terminal, "much too long").has_value());
    EXPECT_EQ(message.get(Field::terminal), "CAJA01  ");
    EXPECT_TRUE(message.set(Field::terminal, "CAJA02"));
    EXPECT_EQ(message.get(Field::terminal), "CAJA02  ");
    message.clear(Field::terminal);
    EXPECT_EQ(message.get(Field::terminal), std::nullopt);
    EXPECT_EQ(message, Message(financial_request));
}

TEST(Message, NamesAFieldThatMustBeThere) {
    const Message message(financial_request);
    const auto value = message.require(Field::transaction_amount);
    ASSERT_FALSE(value.has_value());
    EXPECT_EQ(value.error().to_string(), "field 4: is missing");
}

TEST(Message, DiffersByItsType) {
    Message message(financial_request);
    message.set_mti(*message.mti().response());
    EXPECT_EQ(message.mti(), financial_response);
    EXPECT_NE(message, Message(financial_request));
}

}  // namespace
}  // namespace ayni::test
