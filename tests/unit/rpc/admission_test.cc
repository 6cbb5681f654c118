#include "rpc/admission.h"

#include <gtest/gtest.h>

#include "rpc/metrics.h"

namespace ayni::rpc {
namespace {

using std::chrono::milliseconds;

TEST(TokenBucket, RefillsWithTimeUpToItsSize) {
    TokenBucket bucket(10, 5);
    EXPECT_TRUE(bucket.try_take(5, milliseconds(1)));
    EXPECT_FALSE(bucket.try_take(1, milliseconds(2)));
    EXPECT_TRUE(bucket.try_take(1, milliseconds(150)));
    EXPECT_FALSE(bucket.try_take(1, milliseconds(151)));
    EXPECT_FALSE(bucket.try_take(6, milliseconds(60'000)));
    EXPECT_TRUE(bucket.try_take(5, milliseconds(60'000)));
}

TEST(InFlight, RefusesWhatIsOverTheLimitAndForgetsIt) {
    InFlight in_flight(10);
    EXPECT_TRUE(in_flight.try_enter(7));
    EXPECT_FALSE(in_flight.try_enter(4));
    EXPECT_EQ(in_flight.count(), 7U);
    EXPECT_TRUE(in_flight.try_enter(3));
    EXPECT_TRUE(in_flight.is_busy());
    in_flight.leave(10);
    EXPECT_EQ(in_flight.count(), 0U);
    EXPECT_FALSE(in_flight.is_busy());
}

TEST(Metrics, DurationsFallIntoTheirBuckets) {
    DurationHistogram histogram;
    histogram.add(milliseconds(1));
    histogram.add(milliseconds(2));
    histogram.add(std::chrono::seconds(21));
    EXPECT_EQ(histogram.count(0), 1U);
    EXPECT_EQ(histogram.count(1), 1U);
    EXPECT_EQ(histogram.count(DurationHistogram::bucket_count - 1), 1U);
    EXPECT_DOUBLE_EQ(histogram.sum_seconds(), 21.003);
}

TEST(Metrics, OurFaultsAreApartFromTheirs) {
    EXPECT_EQ(outcome_class_of(grpc::StatusCode::OK), OutcomeClass::succeeded);
    EXPECT_EQ(outcome_class_of(grpc::StatusCode::FAILED_PRECONDITION), OutcomeClass::rejected);
    EXPECT_EQ(outcome_class_of(grpc::StatusCode::INVALID_ARGUMENT), OutcomeClass::refused);
    EXPECT_EQ(outcome_class_of(grpc::StatusCode::RESOURCE_EXHAUSTED), OutcomeClass::shed);
    EXPECT_EQ(outcome_class_of(grpc::StatusCode::UNAVAILABLE), OutcomeClass::unavailable);
    EXPECT_EQ(outcome_class_of(grpc::StatusCode::INTERNAL), OutcomeClass::failed);
}

}  // namespace
}  // namespace ayni::rpc
