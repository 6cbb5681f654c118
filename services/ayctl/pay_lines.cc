#include "ayctl/pay_lines.h"

#include <grpcpp/support/status.h>

#include "ayctl/format.h"
#include "base/assert.h"
#include "disbursement/line_id.h"

namespace ayni::ayctl {
namespace {

constexpr std::chrono::milliseconds repeat_after{200};

LineState line_state_of(v1::TransferState state) {
    switch (state) {
        case v1::TRANSFER_STATE_COMMITTED: return LineState::paid;
        case v1::TRANSFER_STATE_ABORTED: return LineState::aborted;
        case v1::TRANSFER_STATE_REJECTED: return LineState::rejected;
        case v1::TRANSFER_STATE_RETURNED: return LineState::returned;
        default: return LineState::pending;
    }
}

std::string detail_of(v1::Status status) {
    if (status == v1::STATUS_UNSPECIFIED) return {};
    return short_name(v1::Status_Name(status), "STATUS_");
}

Next take_error(const v1::TransferError& error, PayLine& line) {
    line.reason = error.iso_reason();
    line.detail = error.field().empty() ? error.message() : error.field() + ": " + error.message();
    if (line.detail.empty()) line.detail = error.reason();
    // It may have happened, here or at another officer's desk: only the record can tell.
    if (error.reason() == "ID_TOO_OLD" || error.reason() == "MODIFIED_REQUEST") {
        return {.step = Next::Step::ask};
    }
    const bool is_passing = error.retry_after_ms() > 0 ||
                            error.code() == grpc::StatusCode::UNAVAILABLE ||
                            error.code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    if (is_passing) {
        return {.step = Next::Step::repeat,
                .after = error.retry_after_ms() > 0
                             ? std::chrono::milliseconds(error.retry_after_ms())
                             : repeat_after};
    }
    line.state = LineState::refused;
    return {.step = Next::Step::done};
}

}  // namespace

std::string_view to_string(LineState state) {
    switch (state) {
        case LineState::unknown: return "unknown";
        case LineState::pending: return "pending";
        case LineState::paid: return "paid";
        case LineState::aborted: return "aborted";
        case LineState::rejected: return "rejected";
        case LineState::returned: return "returned";
        case LineState::refused: return "refused";
        case LineState::expired: return "expired";
    }
    UNREACHABLE("LineState");
}

bool is_final(LineState state) {
    return state != LineState::unknown && state != LineState::pending;
}

std::vector<PayLine> make_lines(const disbursement::PaymentFile& file, const Routes& routes,
                                const std::string& initiator, std::uint64_t release_time_ms) {
    std::vector<PayLine> lines;
    lines.reserve(file.instructions.size());
    for (const auto& instruction : file.instructions) {
        PayLine& line = lines.emplace_back();
        line.instruction = &instruction;
        v1::NewTransfer& transfer = line.transfer;
        transfer.set_transfer_id(base::to_string(
            disbursement::line_transfer_id(release_time_ms, {.initiator = initiator,
                                                             .message_id = file.message_id,
                                                             .line_id = instruction.line_id})));
        transfer.set_payee_participant(routes.at(instruction.entity_code));
        transfer.set_payee_account(instruction.payee_account);
        transfer.set_payer_account(instruction.payer_account);
        transfer.mutable_amount()->set_currency_code("PEN");
        transfer.mutable_amount()->set_minor_units(instruction.amount.minor_units());
        transfer.set_end_to_end_id(instruction.end_to_end_id);
        transfer.set_purpose(instruction.purpose);
        transfer.set_remittance_text(instruction.remittance_text);
    }
    return lines;
}

Next take_reply(const v1::TransferReply& reply, PayLine& line) {
    if (reply.has_error()) return take_error(reply.error(), line);
    const v1::TransferResult& result = reply.result();
    line.state = line_state_of(result.state());
    line.reason = result.reason();
    line.detail = detail_of(result.status());
    line.replayed = line.replayed || result.replayed();
    if (result.has_decide_time()) line.decided_at = format_time(result.decide_time());
    return {.step = is_final(line.state) ? Next::Step::done : Next::Step::ask};
}

void take_transfer(const v1::Transfer& transfer, PayLine& line) {
    line.state = line_state_of(transfer.state());
    line.reason = transfer.reason();
    line.detail = detail_of(transfer.status());
    if (transfer.has_decide_time()) line.decided_at = format_time(transfer.decide_time());
}

}  // namespace ayni::ayctl
