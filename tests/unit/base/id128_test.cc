#include "base/id128.h"

#include <gtest/gtest.h>

namespace ayni::base {
namespace {

constexpr std::string_view uuid = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";  // RFC 9562, A.6

TEST(TransferId, ReadsAUuid) {
    const auto id = parse_transfer_id(uuid);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->high, 0x017F'22E2'79B0'7CC3U);
    EXPECT_EQ(id->low, 0x98C4'DC0C'0C07'398FU);
    EXPECT_EQ(id->time_ms(), 1'645'557'742'000U);
    EXPECT_EQ(to_string(*id), uuid);
    EXPECT_EQ(parse_transfer_id("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), id);
}

TEST(TransferId, ReadsAUlid) {
    // The ULID specification's example, and its largest value.
    const auto id = parse_transfer_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->time_ms(), 1'469'922'850'259U);
    EXPECT_EQ(parse_transfer_id("01arz3ndektsv4rrffq69g5fav"), id);
    const auto largest = parse_transfer_id("7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    ASSERT_TRUE(largest);
    EXPECT_EQ(largest->high, ~0ULL);
    EXPECT_EQ(largest->low, ~0ULL);
}

TEST(TransferId, RefusesEverythingElse) {
    for (const char* text :
         {"", "1", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FAU",
          "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
          "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
          "017f22e2x79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
          "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}", "017f22e279b07cc398c4dc0c0c07398f"}) {
        EXPECT_FALSE(parse_transfer_id(text)) << '"' << text << '"';
    }
}

TEST(TransferId, BytesAreInTimeOrder) {
    SeededRandom random(4);
    for (int i = 0; i < 1000; ++i) {
        const TransferId a{.high = random.next(), .low = random.next()};
        const TransferId b{.high = random.next(), .low = random.next()};
        EXPECT_EQ(a < b, to_bytes(a) < to_bytes(b));
        EXPECT_EQ(transfer_id_of_bytes(to_bytes(a).data()), a);
        EXPECT_EQ(parse_transfer_id(to_string(a)), a);
    }
    EXPECT_EQ(to_bytes({.high = 0x0102'0304'0506'0708, .low = 9})[1], 2);
}

TEST(TransferId, MadeOnesAreUuidVersion7) {
    SeededRandom random(5);
    for (int i = 0; i < 1000; ++i) {
        const TransferId id = make_uuid_v7(1'645'557'742'000, random);
        EXPECT_EQ(id.time_ms(), 1'645'557'742'000U);
        const std::string text = to_string(id);
        EXPECT_EQ(text[14], '7');
        EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
    }
    EXPECT_NE(make_uuid_v7(1, random), make_uuid_v7(1, random));
}

}  // namespace
}  // namespace ayni::base
