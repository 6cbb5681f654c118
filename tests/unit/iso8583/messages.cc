#include "unit/iso8583/messages.h"

#include <gtest/gtest.h>

namespace ayni::test {

using namespace iso8583;

namespace {

char random_character(Content content, base::Random& random) {
    static constexpr std::string_view alphanumeric =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    switch (content) {
        case Content::digits: return alphanumeric[random.below(10)];
        case Content::alphanumeric: return alphanumeric[random.below(alphanumeric.size())];
        case Content::printable: return static_cast<char>(' ' + random.below('~' - ' ' + 1));
    }
    return '?';
}

std::string random_value(const FieldFormat& format, base::Random& random) {
    std::size_t size = format.size;
    const bool may_be_short = format.length != Length::fixed || format.padding != Padding::none;
    if (may_be_short && !random.one_in(8)) size = 1 + random.below(size);
    std::string value(size, '?');
    for (char& character : value) character = random_character(format.content, random);
    return value;
}

}  // namespace

std::string bytes_of(std::string_view hexadecimal) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2) {
        const std::string pair(hexadecimal.substr(i, 2));
        bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
    }
    return bytes;
}

Message full_message() {
    struct Row {
        Field field;
        const char* value;
    };
    static constexpr Row rows[] = {
        {Field::primary_account_number, "4761739001010119"},
        {Field::processing_code, "400000"},
        {Field::transaction_amount, "12550"},
        {Field::transmission_time, "1128053000"},
        {Field::trace_number, "123"},
        {Field::local_time, "003000"},
        {Field::local_date, "1128"},
        {Field::merchant_type, "4814"},
        {Field::entry_mode, "12"},
        {Field::acquiring_institution, "921"},
        {Field::retrieval_reference, "633305000123"},
        {Field::authorization_response, "A1B2C3"},
        {Field::response_code, "00"},
        {Field::terminal, "CAJA01"},
        {Field::card_acceptor, "BODEGA LIMA"},
        {Field::additional_data, "pago #12 @bim"},
        {Field::currency, "604"},
        {Field::reserved_60, "60"},
        {Field::reserved_61, "sixty-one"},
        {Field::reserved_62, "~"},
        {Field::reserved_63, "a\\b"},
        {Field::network_management_code, "301"},
        {Field::original_data_elements, "020000012211280529590000000092100000000000"},
        {Field::account_1, "51987654321"},
        {Field::account_2, "00219310000000000117"},
    };
    Message message(financial_request);
    for (const Row& row : rows) {
        const auto set = message.set(row.field, row.value);
        EXPECT_TRUE(set.has_value()) << set.error().to_string();
    }
    for (const FieldFormat& format : field_formats) EXPECT_TRUE(message.has(format.field));
    return message;
}

Message random_message(base::Random& random) {
    Message message(Mti(static_cast<std::uint16_t>(random.below(1000))));
    const std::uint64_t denominator = 1 + random.below(6);  // some are full, some nearly empty
    for (const FieldFormat& format : field_formats) {
        if (!random.one_in(denominator)) continue;
        const auto set = message.set(format.field, random_value(format, random));
        EXPECT_TRUE(set.has_value()) << set.error().to_string();
    }
    return message;
}

}  // namespace ayni::test
