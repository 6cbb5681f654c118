#include "signing/key_ring.h"

#include <gtest/gtest.h>

#include "unit/signing/test_keys.h"

namespace ayni::test {
namespace {

using signing::KeyRing;

std::string error_of(const base::Result<void>& result) {
    return result ? "none" : result.error().to_string();
}

struct Question {
    const char* key_id;
    std::int64_t now;
    const char* answer;
};

/// The old key ends at 200, the new one begins at 100: between the two both count.
TEST(KeyRings, AnswerByIdAndTime) {
    const auto old_key = make_signing_key().public_half();
    const auto new_key = make_signing_key().public_half();
    KeyRing ring;
    ASSERT_TRUE(ring.add(old_key, {.from_seconds = 50, .to_seconds = 200}, "old"));
    ASSERT_TRUE(ring.add(new_key, {.from_seconds = 100, .to_seconds = 300}, "new"));
    EXPECT_EQ(ring.size(), 2U);
    const Question questions[] = {
        {"old", 49, "kid: the key old is not valid yet"},
        {"old", 50, "found"},
        {"new", 99, "kid: the key new is not valid yet"},
        {"new", 100, "found"},
        {"old", 150, "found"},
        {"old", 199, "found"},
        {"old", 200, "kid: the key old is no longer valid"},
        {"new", 299, "found"},
        {"new", 300, "kid: the key new is no longer valid"},
        {"other", 150, "kid: the key \"other\" is unknown"},
        {"bad\n", 150, "kid: the key another text is unknown"},
        {"", 150, "kid: the key another text is unknown"},
    };
    for (const auto& [key_id, now, answer] : questions) {
        const auto found = ring.find(key_id, now);
        EXPECT_EQ(found ? "found" : found.error().to_string(), answer) << key_id << " at " << now;
        if (!found) continue;
        EXPECT_EQ(found->id(), key_id[0] == 'o' ? old_key.id() : new_key.id());
    }
}

TEST(KeyRings, NameAKeyByItsThumbprintUnlessToldOtherwise) {
    const auto key = make_signing_key().public_half();
    KeyRing ring;
    ASSERT_TRUE(ring.add(key, {.from_seconds = 0, .to_seconds = 1}));
    EXPECT_TRUE(ring.find(key.id(), 0));
    EXPECT_EQ(error_of(ring.add(key, {.from_seconds = 1, .to_seconds = 2})),
              "kid: the key " + key.id() + " is in the ring already");
}

TEST(KeyRings, RefuseWhatNoKeyCouldBeFoundBy) {
    const auto key = make_signing_key().public_half();
    KeyRing ring;
    EXPECT_EQ(error_of(ring.add(key, {.from_seconds = 5, .to_seconds = 5})),
              "validity: the key's period ends before it begins");
    EXPECT_EQ(error_of(ring.add(key, {.from_seconds = 5, .to_seconds = 4})),
              "validity: the key's period ends before it begins");
    for (const auto& key_id : {std::string(), std::string("clé"), std::string(129, 'k')}) {
        EXPECT_EQ(error_of(ring.add(key, {.from_seconds = 0, .to_seconds = 1}, key_id)),
                  "kid: must be a text of 1 to 128 printable ASCII characters");
    }
    EXPECT_EQ(ring.size(), 0U);
}

TEST(KeyRings, AreBounded) {
    const auto key = make_signing_key().public_half();
    KeyRing ring;
    for (std::size_t i = 0; i < KeyRing::max_keys; ++i) {
        ASSERT_TRUE(ring.add(key, {.from_seconds = 0, .to_seconds = 1}, std::to_string(i)));
    }
    EXPECT_EQ(error_of(ring.add(key, {.from_seconds = 0, .to_seconds = 1})),
              "kid: the ring holds 64 keys already");
}

}  // namespace
}  // namespace ayni::test
