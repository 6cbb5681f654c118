#include "iso8583/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace ayni::test {
namespace {

using namespace iso8583;

/// What a reader that has no error gives.
std::optional<std::string> read(FrameReader& reader, std::string_view& received) {
    auto message = reader.read(received);
    EXPECT_TRUE(message.has_value());
    return message ? *message : std::nullopt;
}

/// All messages of `stream`, given in pieces of `piece` bytes.
std::vector<std::string> messages_of(std::string_view stream, std::size_t piece) {
    FrameReader reader(65'535);
    std::vector<std::string> messages;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        std::string_view received = stream.substr(at, piece);
        while (!received.empty()) {
            if (auto message = read(reader, received)) messages.push_back(*message);
        }
    }
    return messages;
}

TEST(Frame, HasItsLengthInFrontBigEndian) {
    EXPECT_EQ(frame("x"), std::string("\0\1x", 3));
    const std::string long_one(0x0203, 'a');
    EXPECT_EQ(frame(long_one), "\x02\x03" + long_one);
    EXPECT_EQ(frame(std::string(65'535, 'b')).substr(0, 2), "\xff\xff");
}

TEST(FrameReader, FindsMessagesHoweverTheyArePieced) {
    const std::vector<std::string> sent{"a", std::string(255, 'b'), std::string(256, 'c'),
                                        std::string(65'535, 'd'), "\1\2"};
    std::string stream;
    for (const auto& message : sent) stream += frame(message);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 255U, 256U, 4'096U, 1'000'000U}) {
        EXPECT_EQ(messages_of(stream, piece), sent) << piece;
    }
}

TEST(FrameReader, LeavesWhatIsBehindAMessage) {
    FrameReader reader(10);
    const std::string stream = frame("one") + frame("two") + std::string(1, '\0');
    std::string_view received = stream;
    EXPECT_EQ(read(reader, received), "one");
    EXPECT_EQ(received.size(), 6U);
    EXPECT_EQ(read(reader, received), "two");
    EXPECT_EQ(received.size(), 1U);
    EXPECT_EQ(read(reader, received), std::nullopt);
    EXPECT_TRUE(received.empty());
    EXPECT_EQ(read(reader, received), std::nullopt);
    received = std::string_view("\1x", 2);
    EXPECT_EQ(read(reader, received), "x");
}

struct Refusal {
    const char* name;
    std::string stream;
    const char* error;
};

class FrameRefusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(FrameRefusals, StayForEver) {
    for (const bool is_pieced : {false, true}) {
        FrameReader reader(100);
        std::string_view all = GetParam().stream;
        if (is_pieced) {
            std::string_view first = all.substr(0, 1);
            EXPECT_EQ(read(reader, first), std::nullopt);
            all.remove_prefix(1);
        }
        for (int again = 0; again < 3; ++again) {
            const auto message = reader.read(all);
            ASSERT_FALSE(message.has_value());
            EXPECT_EQ(message.error().to_string(), GetParam().error);
            EXPECT_EQ(all.size(), GetParam().stream.size() - 2);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, FrameRefusals,
    ::testing::Values(
        Refusal{"zero", std::string("\0\0", 2), "length: is 0"},
        Refusal{"zero_before_more", std::string("\0\0\0\1x", 5), "length: is 0"},
        Refusal{"one_too_many", std::string("\0\x65", 2), "length: is 101, at most 100 is allowed"},
        Refusal{"text_instead", "HTTP/1.1", "length: is 18516, at most 100 is allowed"},
        Refusal{"the_most", "\xff\xff", "length: is 65535, at most 100 is allowed"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FrameReader, TakesAMessageOfTheMaximum) {
    FrameReader reader(100);
    const std::string stream = frame(std::string(100, 'x'));
    std::string_view received = stream;
    EXPECT_EQ(read(reader, received), std::string(100, 'x'));
}

TEST(FrameReader, GivesTheSameForAnyPieces) {
    base::SeededRandom random(2);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::string> sent(1 + random.below(5));
        std::string stream;
        for (auto& message : sent) {
            message.resize(1 + random.below(600));
            for (char& byte : message) byte = static_cast<char>(random.next());
            stream += frame(message);
        }
        EXPECT_EQ(messages_of(stream, 1 + random.below(700)), sent);
    }
}

}  // namespace
}  // namespace ayni::test
