#include "iso8583/codec.h"

#include <gtest/gtest.h>

#include "unit/iso8583/messages.h"

namespace ayni::test {
namespace {

using namespace iso8583;

constexpr Profile binary{};
constexpr Profile binary_always{.second_bitmap = SecondBitmap::always};
constexpr Profile hex{.bitmap = BitmapEncoding::hex};
constexpr Profile hex_always{BitmapEncoding::hex, SecondBitmap::always};

Message sign_on() {
    Message message(network_request);
    EXPECT_TRUE(message.set(Field::transmission_time, "1128053000"));
    EXPECT_TRUE(message.set(Field::trace_number, "1"));
    EXPECT_TRUE(message.set(Field::network_management_code, "1"));
    return message;
}

Message payment() {
    Message message(financial_request);
    EXPECT_TRUE(message.set(Field::processing_code, "400000"));
    EXPECT_TRUE(message.set(Field::transaction_amount, "12550"));
    EXPECT_TRUE(message.set(Field::transmission_time, "1128053000"));
    EXPECT_TRUE(message.set(Field::trace_number, "123"));
    EXPECT_TRUE(message.set(Field::currency, "604"));
    return message;
}

// Made by a short script from the standard, not by this codec.
struct Vector {
    const char* name;
    Message (*message)();
    Profile profile;
    const char* hexadecimal;
};

class Vectors : public ::testing::TestWithParam<Vector> {};

TEST_P(Vectors, AreWhatIsEncodedAndDecoded) {
    const std::string bytes = bytes_of(GetParam().hexadecimal);
    const Message message = GetParam().message();
    EXPECT_EQ(encode(message, GetParam().profile), bytes);
    const auto decoded = decode(bytes, GetParam().profile);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().to_string();
    EXPECT_EQ(*decoded, message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Vectors,
    ::testing::Values(
        Vector{"every_field_binary", full_message, binary,
               "30323030f23844010ec1801e04000040060000003136343736313733393030313031303131393430"
               "30303030303030303030303132353530313132383035333030303030303132333030333030303131"
               "3238343831343031323033393231363333333035303030313233413142324333303043414a413031"
               "2020424f44454741204c494d41202020203031337061676f20233132204062696d36303430303236"
               "3030303973697874792d6f6e653030317e303033615c623330313032303030303031323231313238"
               "30353239353930303030303030303932313030303030303030303030313135313938373635343332"
               "3132303030323139333130303030303030303030313137"},
        Vector{"every_field_hex", full_message, hex,
               "30323030463233383434303130454331383031453034303030303430303630303030303031363437"
               "36313733393030313031303131393430303030303030303030303031323535303131323830353330"
               "30303030303132333030333030303131323834383134303132303339323136333333303530303031"
               "3233413142324333303043414a4130312020424f44454741204c494d41202020203031337061676f"
               "20233132204062696d363034303032363030303973697874792d6f6e653030317e303033615c6233"
               "30313032303030303031323231313238303532393539303030303030303039323130303030303030"
               "303030303131353139383736353433323132303030323139333130303030303030303030313137"},
        Vector{"sign_on_binary", sign_on, binary,
               "30383030822000000000000004000000000000003131323830353330303030303030303130303"
               "1"},
        Vector{"sign_on_hex", sign_on, hex,
               "30383030383232303030303030303030303030303034303030303030303030303030303031313238"
               "303533303030303030303031303031"},
        Vector{"payment_binary", payment, binary,
               "30323030322000000000800034303030303030303030303030313235353031313238303533303030"
               "303030313233363034"},
        Vector{"payment_hex", payment, hex,
               "30323030333232303030303030303030383030303430303030303030303030303031323535303131"
               "3238303533303030303030313233363034"},
        Vector{"payment_binary_always", payment, binary_always,
               "30323030b22000000000800000000000000000003430303030303030303030303031323535303131"
               "3238303533303030303030313233363034"},
        Vector{"payment_hex_always", payment, hex_always,
               "30323030423232303030303030303030383030303030303030303030303030303030303034303030"
               "303030303030303030313235353031313238303533303030303030313233363034"}),
    [](const auto& test) { return std::string(test.param.name); });

struct Refusal {
    const char* name;
    const char* text;  // under the profile `hex`, where all of it can be read
    const char* error;
};

class Refusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refusals, SayWhichFieldAndWhere) {
    const auto decoded = decode(GetParam().text, hex);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().to_string(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    ::testing::Values(
        Refusal{"nothing", "", "mti: needs 4 bytes at byte 0, 0 are there"},
        Refusal{"short_type", "020", "mti: needs 4 bytes at byte 0, 3 are there"},
        Refusal{"type_with_letter", "02x00000000000000000",
                "mti: bytes 0 to 3 are not four digits of which the first is 0, the version of "
                "1987"},
        Refusal{"type_of_1993", "12000000000000000000",
                "mti: bytes 0 to 3 are not four digits of which the first is 0, the version of "
                "1987"},
        Refusal{"no_bitmap", "0200", "bitmap: needs 16 bytes at byte 4, 0 are there"},
        Refusal{"short_bitmap", "0200000000000000000",
                "bitmap: needs 16 bytes at byte 4, 15 are there"},
        Refusal{"bitmap_no_hex", "0200000000000000000g",
                "bitmap: byte 19 is not a hexadecimal digit of 0 to 9 and A to F"},
        Refusal{"bitmap_small_letter", "0200a000000000000000",
                "bitmap: byte 4 is not a hexadecimal digit of 0 to 9 and A to F"},
        Refusal{"no_second_bitmap", "02008000000000000000",
                "bitmap: needs 16 bytes at byte 20, 0 are there"},
        Refusal{"short_second_bitmap", "02008000000000000000000000000000000",
                "bitmap: needs 16 bytes at byte 20, 15 are there"},
        Refusal{"second_bitmap_no_hex", "02008000000000000000000000000000000/",
                "bitmap: byte 35 is not a hexadecimal digit of 0 to 9 and A to F"},
        Refusal{"empty_second_bitmap", "020080000000000000000000000000000000",
                "bitmap: the second one, at byte 20, is empty"},
        Refusal{"unknown_field", "02002800000000000000400000000000000001",
                "field 5: is not used here, so what stands from byte 26 on can not be read"},
        Refusal{"third_bitmap", "020080000000000000008000000000000000",
                "field 65: is not used here, so what stands from byte 36 on can not be read"},
        Refusal{"last_field", "020080000000000000000000000000000001",
                "field 128: is not used here, so what stands from byte 36 on can not be read"},
        Refusal{"fixed_short", "0200200000000000000040000",
                "field 3: needs 6 bytes at byte 20, 5 are there"},
        Refusal{"fixed_absent", "02000000000000008000",
                "field 49: needs 3 bytes at byte 20, 0 are there"},
        Refusal{"no_digit", "020020000000000000004000 0", "field 3: byte 24 is not a digit"},
        Refusal{"no_letter_or_digit", "020000000000020000000-",
                "field 39: byte 21 is not a letter or a digit"},
        Refusal{"response_code_with_space", "020000000000020000000 ",
                "field 39: byte 21 is not a letter or a digit"},
        Refusal{"space_inside", "02000000000008000000123456 89012",
                "field 37: byte 26 is not a letter or a digit"},
        Refusal{"not_printable", "02000000000000800000CAJA\x7f   ",
                "field 41: byte 24 is not printable ASCII"},
        Refusal{"not_ascii", "02000000000000800000CAJA\xc3\xb1  ",
                "field 41: byte 24 is not printable ASCII"},
        Refusal{"no_length", "02004000000000000000",
                "field 2: needs 2 bytes at byte 20, 0 are there"},
        Refusal{"short_length", "020040000000000000001",
                "field 2: needs 2 bytes at byte 20, 1 are there"},
        Refusal{"length_no_number", "02004000000000000000+512345",
                "field 2: its length at byte 20 is not 2 digits"},
        Refusal{"length_of_zero", "0200400000000000000000", "field 2: is empty, at byte 20"},
        Refusal{"length_beyond",
                "0200400000000000000020"
                "12345678901234567890",
                "field 2: its length at byte 20 is 20, at most 19 is allowed"},
        Refusal{"length_beyond_what_is_there", "020040000000000000000512",
                "field 2: needs 5 bytes at byte 22, 2 are there"},
        Refusal{"long_length_no_number", "020000000000000100001a2x",
                "field 48: its length at byte 20 is not 3 digits"},
        Refusal{"long_length_of_zero", "02000000000000010000000", "field 48: is empty, at byte 20"},
        Refusal{"account_beyond", "0200800000000000000000000000040000002912345",
                "field 102: its length at byte 36 is 29, at most 28 is allowed"},
        Refusal{"left_over", "020000000000000080006049",
                "message: 1 bytes are left behind its last field, from byte 23 on"},
        Refusal{"left_over_without_fields", "02000000000000000000604",
                "message: 3 bytes are left behind its last field, from byte 20 on"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Codec, RefusesAMissingSecondBitmapWhenThereMustBeOne) {
    for (const Profile& profile : {binary_always, hex_always}) {
        const Profile needed{profile.bitmap, SecondBitmap::when_needed};
        const auto decoded = decode(encode(payment(), needed), profile);
        ASSERT_FALSE(decoded.has_value());
        EXPECT_EQ(decoded.error().to_string(), "bitmap: has no second one behind it, at byte 4");
    }
}

TEST(Codec, ReadsBinaryBitmapsByTheirBits) {
    const auto decoded = decode(bytes_of("30323030"
                                         "0800000000000000"),
                                binary);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().field, "field 5");
    const auto short_one = decode(bytes_of("30323030"
                                           "08000000000000"),
                                  binary);
    ASSERT_FALSE(short_one.has_value());
    EXPECT_EQ(short_one.error().to_string(), "bitmap: needs 8 bytes at byte 4, 7 are there");
}

TEST(Codec, TakesAMessageWithoutFields) {
    for (const Profile& profile : profiles) {
        const Message empty(network_response);
        const auto decoded = decode(encode(empty, profile), profile);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().to_string();
        EXPECT_EQ(*decoded, empty);
    }
}

TEST(Codec, LongestMessageFitsTheBound) {
    Message message(financial_request);
    for (const FieldFormat& format : field_formats) {
        EXPECT_TRUE(message.set(format.field, std::string(format.size, '1')));
    }
    EXPECT_EQ(encode(message, hex).size(), max_message_bytes);
    const auto decoded = decode(encode(message, hex), hex);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, message);
}

TEST(Codec, GivesBackAnyMessage) {
    base::SeededRandom random(8583);
    for (int round = 0; round < 2'000; ++round) {
        const Message message = random_message(random);
        for (const Profile& profile : profiles) {
            const std::string bytes = encode(message, profile);
            const auto decoded = decode(bytes, profile);
            ASSERT_TRUE(decoded.has_value()) << decoded.error().to_string();
            ASSERT_EQ(*decoded, message);
            ASSERT_EQ(encode(*decoded, profile), bytes);
        }
    }
}

TEST(Codec, DoesNotDependOnTheOrderInWhichFieldsAreSet) {
    Message backwards(financial_request);
    const Message full = full_message();
    for (auto format = field_formats.rbegin(); format != field_formats.rend(); ++format) {
        EXPECT_TRUE(backwards.set(format->field, *full.get(format->field)));
    }
    EXPECT_EQ(encode(backwards, binary), encode(full, binary));
}

}  // namespace
}  // namespace ayni::test
