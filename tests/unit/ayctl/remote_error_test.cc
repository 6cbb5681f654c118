#include "ayctl/remote_error.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ayni::test {
namespace {

TEST(RemoteError, ReadsTheDetails) {
    google::rpc::ErrorInfo info;
    info.set_reason("MALFORMED_REQUEST");
    (*info.mutable_metadata())["iso_reason"] = "FF01";
    google::rpc::BadRequest bad;
    bad.add_field_violations()->set_field("transfer.amount");
    bad.mutable_field_violations(0)->set_description("must be positive");
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(1);
    retry.mutable_retry_delay()->set_nanos(500'000'000);
    google::rpc::Status status;
    status.add_details()->PackFrom(info);
    status.add_details()->PackFrom(bad);
    status.add_details()->PackFrom(retry);
    const auto error = ayctl::remote_error_of(grpc::Status(
        grpc::StatusCode::INVALID_ARGUMENT, "it is wrong", status.SerializeAsString()));
    EXPECT_EQ(error.retry_after->count(), 1'500);
    EXPECT_TRUE(error.is_worth_repeating());
    EXPECT_EQ(error.to_string(),
              "INVALID_ARGUMENT, MALFORMED_REQUEST (FF01): it is wrong\n"
              "  transfer.amount: must be positive\n"
              "  try again in 1500 ms");
}

TEST(RemoteError, WithoutDetailsIsStillAnError) {
    const auto error = ayctl::remote_error_of(
        grpc::Status(grpc::StatusCode::NOT_FOUND, "none", "no protobuf at all"));
    EXPECT_EQ(error.to_string(), "NOT_FOUND: none");
    EXPECT_FALSE(error.is_worth_repeating());
}

}  // namespace
}  // namespace ayni::test
