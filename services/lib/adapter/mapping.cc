#include "adapter/mapping.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>

namespace ayni::adapter {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr std::string_view reason_not_specified = "MS03";
constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

v1::Decision to_message(Decision decision) {
    switch (decision) {
        case Decision::committed: return v1::DECISION_COMMITTED;
        case Decision::aborted: return v1::DECISION_ABORTED;
        case Decision::returned: return v1::DECISION_RETURNED;
    }
    return v1::DECISION_UNSPECIFIED;
}

void set_money(base::Amount amount, base::Currency currency, ayni::v1::Money& money) {
    const std::string_view code = base::to_string(currency);
    money.set_currency_code(code.data(), code.size());
    money.set_minor_units(amount.minor_units());
}

/// SessionRequest.frames { SwitchFrame.<field> { message } }.
template <typename Message>
void append(int field, const Message& message, std::string& wire) {
    constexpr auto length_delimited = WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    const auto inner_tag = WireFormatLite::MakeTag(field, length_delimited);
    const auto outer_tag =
        WireFormatLite::MakeTag(v1::SessionRequest::kFramesFieldNumber, length_delimited);
    const auto message_size = static_cast<std::uint32_t>(message.ByteSizeLong());
    const auto frame_size =
        static_cast<std::uint32_t>(CodedOutputStream::VarintSize32(inner_tag) +
                                   CodedOutputStream::VarintSize32(message_size)) +
        message_size;
    const auto total = CodedOutputStream::VarintSize32(outer_tag) +
                       CodedOutputStream::VarintSize32(frame_size) + frame_size;
    const std::size_t at = wire.size();
    wire.resize(at + total);
    auto* out = reinterpret_cast<std::uint8_t*>(wire.data() + at);
    out = CodedOutputStream::WriteVarint32ToArray(outer_tag, out);
    out = CodedOutputStream::WriteVarint32ToArray(frame_size, out);
    out = CodedOutputStream::WriteVarint32ToArray(inner_tag, out);
    out = CodedOutputStream::WriteVarint32ToArray(message_size, out);
    message.SerializeWithCachedSizesToArray(out);
}

Reply malformed(ReplyFault fault) {
    Reply reply;
    reply.fault = fault;
    return reply;
}

Reply with_id(const std::string& id, Reply::Kind kind) {
    const auto parsed = base::parse_transfer_id(id);
    if (!parsed) return malformed(ReplyFault::bad_id);
    Reply reply;
    reply.kind = kind;
    reply.id = *parsed;
    return reply;
}

Reply refusal(const std::string& id, Reply::Kind kind, const std::string& reason) {
    Reply reply = with_id(id, kind);
    reply.reason = is_reason_code(reason) ? reason : reason_not_specified;
    return reply;
}

}  // namespace

void to_message(const AcceptRequest& request, v1::AcceptTransferRequest& message) {
    message.set_transfer_id(base::to_string(request.id));
    message.set_payer_participant(request.payer_participant);
    message.set_payer_account(request.payer_account);
    message.set_payee_account(request.payee_account);
    set_money(request.amount, request.currency, *message.mutable_amount());
    message.set_end_to_end_id(request.end_to_end_id);
    message.set_purpose(request.purpose);
    message.set_remittance_text(request.remittance_text);
    const std::int64_t remaining = std::max<std::int64_t>(request.remaining.count(), 0);
    message.mutable_remaining()->set_seconds(remaining / 1'000);
    message.mutable_remaining()->set_nanos(
        static_cast<std::int32_t>(remaining % 1'000 * 1'000'000));
}

void to_message(const OutcomeNotice& notice, v1::NotifyOutcomeRequest& message) {
    message.set_transfer_id(base::to_string(notice.id));
    message.set_decision(to_message(notice.decision));
    message.set_reason(notice.reason);
    set_money(notice.amount, notice.currency, *message.mutable_amount());
    const std::int64_t decided = notice.decided_at.nanoseconds;
    message.mutable_decide_time()->set_seconds(decided / nanoseconds_per_second);
    message.mutable_decide_time()->set_nanos(
        static_cast<std::int32_t>(decided % nanoseconds_per_second));
    message.set_decided_sequence(notice.decided_sequence.value());
}

void append_frame(const v1::AcceptTransferRequest& message, std::string& wire) {
    append(v1::SwitchFrame::kAcceptFieldNumber, message, wire);
}

void append_frame(const v1::NotifyOutcomeRequest& message, std::string& wire) {
    append(v1::SwitchFrame::kOutcomeFieldNumber, message, wire);
}

void append_frame(const v1::EchoRequest& message, std::string& wire) {
    append(v1::SwitchFrame::kEchoFieldNumber, message, wire);
}

Reply reply_of(const v1::WalletFrame& frame) {
    switch (frame.frame_case()) {
        case v1::WalletFrame::kAccept: return reply_of(frame.accept());
        case v1::WalletFrame::kOutcome: return reply_of(frame.outcome());
        case v1::WalletFrame::kEcho: {
            Reply reply;
            reply.kind = Reply::Kind::echo;
            reply.nonce = frame.echo().nonce();
            return reply;
        }
        case v1::WalletFrame::FRAME_NOT_SET: return malformed(ReplyFault::no_frame);
    }
    return malformed(ReplyFault::no_frame);
}

Reply reply_of(const v1::AcceptTransferResponse& response) {
    if (response.accepted()) return with_id(response.transfer_id(), Reply::Kind::accepted);
    return refusal(response.transfer_id(), Reply::Kind::refused, response.reason());
}

Reply reply_of(const v1::NotifyOutcomeResponse& response) {
    if (response.acknowledged()) return with_id(response.transfer_id(), Reply::Kind::acknowledged);
    return refusal(response.transfer_id(), Reply::Kind::refused_after_commit, response.reason());
}

bool is_reason_code(std::string_view text) {
    const auto is_code_character = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return text.size() == 4 && std::all_of(text.begin(), text.end(), is_code_character);
}

}  // namespace ayni::adapter
