#include "ayctl/pay_lines.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "disbursement/line_id.h"
#include "unit/ayctl/payment_file.h"

namespace ayni::test {
namespace {

using ayctl::LineState;
using ayctl::Next;

TEST(PayLines, CarryTheFileAndTheIdOfTheLine) {
    const auto file = payment_file(2);
    const auto lines = ayctl::make_lines(file, two_routes, "midis", released_ms);
    ASSERT_EQ(lines.size(), 2U);
    const v1::NewTransfer& transfer = lines[1].transfer;
    EXPECT_EQ(transfer.transfer_id(),
              base::to_string(disbursement::line_transfer_id(
                  released_ms, {.initiator = "midis", .message_id = "M1", .line_id = "P1/E2"})));
    EXPECT_EQ(transfer.payee_participant(), "bim");
    EXPECT_EQ(transfer.payee_account(), "00219310000000000117");
    EXPECT_EQ(transfer.payer_account(), "018");
    EXPECT_EQ(transfer.amount().minor_units(), 200);
    EXPECT_EQ(transfer.amount().currency_code(), "PEN");
    EXPECT_EQ(transfer.end_to_end_id(), "E2");
}

TEST(PayLines, AnEntityWithoutARouteIsNamedOnce) {
    const auto missing = ayctl::missing_routes(payment_file(5), {{2, "yape"}});
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0], "line 20: AGNT: no participant has the entity code 921 (2 payments)");
}

struct ResultCase {
    v1::TransferState state;
    LineState expected;
    Next::Step step;
};

TEST(PayLines, ResultsAreTakenOver) {
    const ResultCase cases[] = {
        {v1::TRANSFER_STATE_COMMITTED, LineState::paid, Next::Step::done},
        {v1::TRANSFER_STATE_ABORTED, LineState::aborted, Next::Step::done},
        {v1::TRANSFER_STATE_REJECTED, LineState::rejected, Next::Step::done},
        {v1::TRANSFER_STATE_RETURNED, LineState::returned, Next::Step::done},
        {v1::TRANSFER_STATE_RESERVED, LineState::pending, Next::Step::ask}};
    for (const auto& one : cases) {
        ayctl::PayLine line;
        v1::TransferReply reply;
        reply.mutable_result()->set_state(one.state);
        reply.mutable_result()->set_reason("AC01");
        reply.mutable_result()->set_replayed(true);
        EXPECT_EQ(ayctl::take_reply(reply, line).step, one.step);
        EXPECT_EQ(line.state, one.expected);
        EXPECT_EQ(line.reason, "AC01");
        EXPECT_TRUE(line.replayed);
    }
}

struct ErrorCase {
    grpc::StatusCode code;
    const char* reason;
    std::uint32_t retry_after_ms;
    Next::Step step;
    LineState expected;
};

TEST(PayLines, ErrorsAreRepeatedAskedForOrFinal) {
    using enum grpc::StatusCode;
    const ErrorCase cases[] = {
        {RESOURCE_EXHAUSTED, "OVERLOADED", 70, Next::Step::repeat, LineState::unknown},
        {UNAVAILABLE, "PAYEE_UNREACHABLE", 0, Next::Step::repeat, LineState::unknown},
        {FAILED_PRECONDITION, "ID_TOO_OLD", 0, Next::Step::ask, LineState::unknown},
        {ALREADY_EXISTS, "MODIFIED_REQUEST", 0, Next::Step::ask, LineState::unknown},
        {INVALID_ARGUMENT, "MALFORMED_REQUEST", 0, Next::Step::done, LineState::refused}};
    for (const auto& one : cases) {
        ayctl::PayLine line;
        v1::TransferReply reply;
        reply.mutable_error()->set_code(one.code);
        reply.mutable_error()->set_reason(one.reason);
        reply.mutable_error()->set_retry_after_ms(one.retry_after_ms);
        const Next next = ayctl::take_reply(reply, line);
        EXPECT_EQ(next.step, one.step) << one.reason;
        EXPECT_EQ(line.state, one.expected) << one.reason;
        if (one.retry_after_ms > 0) {
            EXPECT_EQ(next.after.count(), one.retry_after_ms);
        }
    }
}

}  // namespace
}  // namespace ayni::test
