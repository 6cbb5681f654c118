#include "rpc/identity.h"

#include <gtest/gtest.h>

namespace ayni::rpc {
namespace {

TEST(Identity, ReadsTheUriOfEachRole) {
    const auto yape = parse_identity_uri("spiffe://ayni/participant/yape");
    ASSERT_TRUE(yape.has_value());
    EXPECT_EQ(yape->role, Role::participant);
    EXPECT_EQ(yape->name, "yape");
    EXPECT_EQ(parse_identity_uri("spiffe://ayni/operator/ana")->role, Role::operator_);
    EXPECT_EQ(parse_identity_uri("spiffe://ayni/auditor/rosa")->role, Role::auditor);
    EXPECT_EQ(parse_identity_uri("spiffe://ayni/switch/ayni")->role, Role::switch_);
}

TEST(Identity, RefusesEverythingElse) {
    const std::string long_name(65, 'a');
    for (const std::string& uri :
         {std::string(""), std::string("spiffe://ayni/"), std::string("spiffe://ayni/participant"),
          std::string("spiffe://ayni/participant/"), std::string("spiffe://ayni/root/yape"),
          std::string("spiffe://ayni/participant/yape/x"),
          std::string("spiffe://ayni/participant/YAPE"), std::string("spiffe://other/operator/ana"),
          std::string("https://ayni/operator/ana"), std::string("spiffe://ayni/operator/a b"),
          "spiffe://ayni/operator/" + long_name, std::string("operator/ana")}) {
        EXPECT_FALSE(parse_identity_uri(uri).has_value()) << uri;
    }
}

}  // namespace
}  // namespace ayni::rpc
