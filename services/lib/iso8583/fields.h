#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ayni::iso8583 {

/// The data elements that are used here, by their numbers and names in ISO 8583:1987.
enum class Field : std::uint8_t {
    primary_account_number = 2,
    processing_code = 3,
    transaction_amount = 4,
    transmission_time = 7,
    trace_number = 11,
    local_time = 12,
    local_date = 13,
    merchant_type = 18,
    entry_mode = 22,
    acquiring_institution = 32,
    retrieval_reference = 37,
    authorization_response = 38,
    response_code = 39,
    terminal = 41,
    card_acceptor = 42,
    additional_data = 48,
    currency = 49,
    reserved_60 = 60,
    reserved_61 = 61,
    reserved_62 = 62,
    reserved_63 = 63,
    network_management_code = 70,
    original_data_elements = 90,
    account_1 = 102,
    account_2 = 103,
};

enum class Content : std::uint8_t {
    digits,        ///< n
    alphanumeric,  ///< an: letters of ASCII and digits
    printable,     ///< ans: ASCII 0x20 to 0x7E
};

/// How a field says its length: not at all, or by two or three digits in front of it.
enum class Length : std::uint8_t { fixed, llvar, lllvar };

/// How a value that is shorter than its fixed field fills it. Numbers are justified to the right,
/// texts to the left. Dates, times and composed values have no shorter form.
enum class Padding : std::uint8_t { none, zeros_left, spaces_right };

struct FieldFormat {
    Field field;
    Content content;
    Length length;
    std::uint16_t size;  ///< Characters: exactly so many when fixed, otherwise at most.
    Padding padding = Padding::none;

    /// Characters that say the length of a value.
    [[nodiscard]] constexpr std::size_t prefix_size() const {
        switch (length) {
            case Length::fixed: return 0;
            case Length::llvar: return 2;
            case Length::lllvar: return 3;
        }
        return 0;
    }
};

/// All fields, in the order in which they stand in a message.
inline constexpr std::array field_formats{
    FieldFormat{Field::primary_account_number, Content::digits, Length::llvar, 19},
    FieldFormat{Field::processing_code, Content::digits, Length::fixed, 6},
    FieldFormat{Field::transaction_amount, Content::digits, Length::fixed, 12, Padding::zeros_left},
    FieldFormat{Field::transmission_time, Content::digits, Length::fixed, 10},
    FieldFormat{Field::trace_number, Content::digits, Length::fixed, 6, Padding::zeros_left},
    FieldFormat{Field::local_time, Content::digits, Length::fixed, 6},
    FieldFormat{Field::local_date, Content::digits, Length::fixed, 4},
    FieldFormat{Field::merchant_type, Content::digits, Length::fixed, 4, Padding::zeros_left},
    FieldFormat{Field::entry_mode, Content::digits, Length::fixed, 3, Padding::zeros_left},
    FieldFormat{Field::acquiring_institution, Content::digits, Length::llvar, 11},
    FieldFormat{Field::retrieval_reference, Content::alphanumeric, Length::fixed, 12,
                Padding::spaces_right},
    FieldFormat{Field::authorization_response, Content::alphanumeric, Length::fixed, 6,
                Padding::spaces_right},
    FieldFormat{Field::response_code, Content::alphanumeric, Length::fixed, 2},
    FieldFormat{Field::terminal, Content::printable, Length::fixed, 8, Padding::spaces_right},
    FieldFormat{Field::card_acceptor, Content::printable, Length::fixed, 15, Padding::spaces_right},
    FieldFormat{Field::additional_data, Content::printable, Length::lllvar, 999},
    FieldFormat{Field::currency, Content::digits, Length::fixed, 3, Padding::zeros_left},
    FieldFormat{Field::reserved_60, Content::printable, Length::lllvar, 999},
    FieldFormat{Field::reserved_61, Content::printable, Length::lllvar, 999},
    FieldFormat{Field::reserved_62, Content::printable, Length::lllvar, 999},
    FieldFormat{Field::reserved_63, Content::printable, Length::lllvar, 999},
    FieldFormat{Field::network_management_code, Content::digits, Length::fixed, 3,
                Padding::zeros_left},
    FieldFormat{Field::original_data_elements, Content::digits, Length::fixed, 42},
    FieldFormat{Field::account_1, Content::printable, Length::llvar, 28},
    FieldFormat{Field::account_2, Content::printable, Length::llvar, 28},
};

/// The field with this number, or nothing for one that is not used here.
[[nodiscard]] std::optional<Field> field_of(unsigned number);

/// Its place in `field_formats`.
[[nodiscard]] std::size_t index_of(Field field);
[[nodiscard]] const FieldFormat& format_of(Field field);

/// "field 4": how errors name it.
[[nodiscard]] std::string name_of(Field field);

/// "a digit", "a letter or a digit", "printable ASCII": what each character of a field must be.
[[nodiscard]] std::string_view to_string(Content content);

/// Offset of the first character of `value` that the field can not hold. Spaces that fill a field
/// up to its end are none; a value of nothing else is how some systems write "none".
[[nodiscard]] std::optional<std::size_t> first_wrong_character(const FieldFormat& format,
                                                               std::string_view value);

/// `value` as it stands in a message: padded where the format pads. An error for an empty value
/// (a field that has none is left out), one of a wrong length, or with a character of another type;
/// it names the field, and the character by its position from 1.
[[nodiscard]] base::Result<std::string> padded(Field field, std::string_view value);

}  // namespace ayni::iso8583
