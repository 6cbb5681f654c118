#include <gtest/gtest.h>

#include "iso8583/codec.h"
#include "unit/iso8583/messages.h"

/// What arrives may be cut off or damaged anywhere: then it is refused, or it is another message
/// that is as it should be. Nothing is accepted that would be encoded otherwise.
namespace ayni::test {
namespace {

using namespace iso8583;

std::vector<Message> samples() {
    std::vector<Message> all{full_message(), Message(network_request)};
    base::SeededRandom random(1987);
    while (all.size() < 20) {
        // Long ones have nothing that short ones lack, and take quadratic time.
        const Message message = random_message(random);
        if (encode(message, profiles[0]).size() < 400) all.push_back(message);
    }
    return all;
}

void expect_same_bytes_or_an_error(const std::string& bytes, const Profile& profile) {
    const auto decoded = decode(bytes, profile);
    if (decoded) {
        ASSERT_EQ(encode(*decoded, profile), bytes);
    } else {
        ASSERT_FALSE(decoded.error().field.empty());
        ASSERT_FALSE(decoded.error().message.empty());
    }
}

TEST(Damage, CutOffAtAnyByteIsRefused) {
    for (const Message& message : samples()) {
        for (const Profile& profile : profiles) {
            const std::string bytes = encode(message, profile);
            for (std::size_t size = 0; size < bytes.size(); ++size) {
                // A string of its own, so that a sanitizer sees each byte too many.
                const std::string cut(bytes, 0, size);
                ASSERT_FALSE(decode(cut, profile).has_value()) << size;
            }
            ASSERT_FALSE(decode(bytes + "0", profile).has_value());
            ASSERT_FALSE(decode(bytes + std::string(1, '\0'), profile).has_value());
        }
    }
}

TEST(Damage, OfAnyByteNeverMakesASecondEncoding) {
    for (const Profile& profile : profiles) {
        const std::string bytes = encode(full_message(), profile);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            std::string damaged = bytes;
            for (int value = 0; value < 256; ++value) {
                damaged[at] = static_cast<char>(value);
                expect_same_bytes_or_an_error(damaged, profile);
            }
        }
    }
}

TEST(Damage, OfAnyBitNeverMakesASecondEncoding) {
    for (const Message& message : samples()) {
        for (const Profile& profile : profiles) {
            std::string bytes = encode(message, profile);
            for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
                const auto flip = static_cast<char>(1U << bit % 8);
                bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ flip);
                expect_same_bytes_or_an_error(bytes, profile);
                bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ flip);
            }
        }
    }
}

TEST(Damage, OfEverythingNeverMakesASecondEncoding) {
    base::SeededRandom random(2'003);
    for (int round = 0; round < 5'000; ++round) {
        std::string bytes(random.below(80), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random.next());
        // Mostly behind a type that is right, or hardly any would get further.
        if (!random.one_in(8)) bytes.insert(0, "0200");
        for (const Profile& profile : profiles) expect_same_bytes_or_an_error(bytes, profile);
    }
}

/// One profile's message may be another's by accident, but then of the same bytes, too.
TEST(Damage, ByAnotherProfileNeverMakesASecondEncoding) {
    for (const Message& message : samples()) {
        for (const Profile& ours : profiles) {
            for (const Profile& theirs : profiles) {
                expect_same_bytes_or_an_error(encode(message, ours), theirs);
            }
        }
    }
}

}  // namespace
}  // namespace ayni::test
