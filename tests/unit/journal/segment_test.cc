#include "journal/segment.h"

#include <gtest/gtest.h>

namespace ayni::journal {
namespace {

TEST(Segment, NamesReadBack) {
    EXPECT_EQ(segment_name(1), "00000001.journal");
    EXPECT_EQ(segment_number("00000001.journal"), 1U);
    EXPECT_EQ(segment_number("12345678.journal"), 12'345'678U);
    EXPECT_FALSE(segment_number("1.journal"));
    EXPECT_FALSE(segment_number("0000000x.journal"));
    EXPECT_FALSE(segment_number("00000001.journal.filling"));
    EXPECT_TRUE(is_unfinished_segment(unfinished_segment_name(7)));
    EXPECT_FALSE(is_unfinished_segment(segment_name(7)));
}

TEST(Segment, HeaderReadsBackAndEveryFlippedByteIsFound) {
    std::vector<std::byte> block(block_bytes);
    encode_segment_header({.number = 5, .bytes = 1 << 20}, block);
    const auto reading = decode_segment_header(block);
    ASSERT_EQ(reading.reading, Reading::whole);
    EXPECT_EQ(reading.header.number, 5U);
    EXPECT_EQ(reading.header.bytes, 1U << 20U);
    for (std::size_t i = 0; i < 32; ++i) {
        block[i] ^= std::byte{1};
        EXPECT_EQ(decode_segment_header(block).reading, Reading::broken) << i;
        block[i] ^= std::byte{1};
    }
}

TEST(Segment, PlacesAreForPeople) {
    EXPECT_EQ((Place{3, 81920}.to_string()), "00000003.journal offset 81920");
}

}  // namespace
}  // namespace ayni::journal
