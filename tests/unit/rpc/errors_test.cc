#include "rpc/errors.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ayni::rpc {
namespace {

google::rpc::Status unpack(const grpc::Status& status) {
    google::rpc::Status wire;
    EXPECT_TRUE(wire.ParseFromString(status.error_details()));
    return wire;
}

TEST(Errors, MalformedRequestNamesEveryField) {
    Violations wrong;
    wrong.add("a", "must not be empty");
    wrong.add("b[3].c", "must be positive");
    const grpc::Status status = to_grpc_status(malformed_request(std::move(wrong)));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), "a: must not be empty");
    const auto wire = unpack(status);
    ASSERT_EQ(wire.details_size(), 2);
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    ASSERT_TRUE(wire.details(0).UnpackTo(&info));
    EXPECT_EQ(info.reason(), "MALFORMED_REQUEST");
    EXPECT_EQ(info.domain(), "ayni");
    EXPECT_EQ(info.metadata().at("iso_reason"), "FF01");
    ASSERT_TRUE(wire.details(1).UnpackTo(&bad));
    ASSERT_EQ(bad.field_violations_size(), 2);
    EXPECT_EQ(bad.field_violations(1).field(), "b[3].c");
    EXPECT_EQ(bad.field_violations(1).description(), "must be positive");
}

TEST(Errors, WhatMayBeTriedAgainSaysWhen) {
    for (const ErrorDetail& error :
         {overloaded(), reads_limited(), stopping(), payee_unreachable("bim"),
          error_of(ledger::Status::live_transfers_full, {}),
          error_of(ledger::Status::payee_outcomes_full, {}),
          error_of(ledger::Status::accounts_full, {})}) {
        google::rpc::RetryInfo retry;
        const auto wire = unpack(to_grpc_status(error));
        ASSERT_EQ(wire.details_size(), 2) << error.reason;
        ASSERT_TRUE(wire.details(1).UnpackTo(&retry)) << error.reason;
        EXPECT_GT(retry.retry_delay().seconds() * 1'000'000'000 + retry.retry_delay().nanos(), 0);
    }
    EXPECT_FALSE(error_of(ledger::Status::insufficient_cover, {}).retry_after.has_value());
}

TEST(Errors, RejectionCarriesItsIsoReasonAndSequence) {
    ledger::Outcome outcome;
    outcome.status = ledger::Status::net_debit_cap_exceeded;
    outcome.replayed = true;
    const auto wire = unpack(to_grpc_status(error_of(outcome, base::Sequence(42))));
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(wire.details(0).UnpackTo(&info));
    EXPECT_EQ(info.reason(), "NET_DEBIT_CAP_EXCEEDED");
    EXPECT_EQ(info.metadata().at("iso_reason"), "AM23");
    EXPECT_EQ(info.metadata().at("as_of_sequence"), "42");
    EXPECT_EQ(info.metadata().at("replayed"), "true");
}

}  // namespace
}  // namespace ayni::rpc
