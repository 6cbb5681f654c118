#include "rpc/page_token.h"

#include <gtest/gtest.h>

namespace ayni::rpc {
namespace {

TEST(PageToken, ComesBack) {
    for (const std::uint64_t position : {0ULL, 1ULL, 123'456'789ULL, ~0ULL}) {
        const std::string token = make_page_token(Listing::transfers, 7, position);
        EXPECT_EQ(read_page_token(token, Listing::transfers, 7), position);
    }
}

TEST(PageToken, HoldsSeveralNumbers) {
    const std::array<std::uint64_t, 7> position{1, ~0ULL, 3, 4, 5, 6, 7};
    const std::string token = make_page_token(Listing::statement, 7, position);
    EXPECT_EQ(read_page_position<7>(token, Listing::statement, 7), position);
    EXPECT_FALSE(read_page_position<4>(token, Listing::statement, 7));
    EXPECT_FALSE(read_page_token(token, Listing::statement, 7));
    EXPECT_FALSE(
        read_page_position<7>(make_page_token(Listing::statement, 7, 1), Listing::statement, 7));
}

TEST(PageToken, IsOfItsListingAndOwnerOnly) {
    const std::string token = make_page_token(Listing::transfers, 7, 99);
    EXPECT_FALSE(read_page_token(token, Listing::participants, 7).has_value());
    EXPECT_FALSE(read_page_token(token, Listing::transfers, 8).has_value());
}

TEST(PageToken, RefusesAnyChange) {
    const std::string token = make_page_token(Listing::transfers, 7, 99);
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const char c : {'A', 'z', '!', '='}) {
            std::string changed = token;
            if (changed[i] == c) continue;
            changed[i] = c;
            EXPECT_FALSE(read_page_token(changed, Listing::transfers, 7).has_value()) << changed;
        }
    }
    EXPECT_FALSE(read_page_token("", Listing::transfers, 7).has_value());
    EXPECT_FALSE(read_page_token(token + "A", Listing::transfers, 7).has_value());
}

}  // namespace
}  // namespace ayni::rpc
