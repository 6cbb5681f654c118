#pragma once

#include <optional>
#include <string>

#include "adapter/wallet_adapter.h"
#include "ayni/adapter/v1/wallet_adapter_service.pb.h"

/// Between wallet_adapter.h's terms and the wire. Pure functions.
namespace ayni::adapter {

/// Overwrites every field of `message`; keeps the memory of its strings.
void to_message(const AcceptRequest& request, v1::AcceptTransferRequest& message);
void to_message(const OutcomeNotice& notice, v1::NotifyOutcomeRequest& message);

/// Append one frame of a SessionRequest to `wire`, which stays a valid serialised SessionRequest:
/// an outbox is bytes from the start, so that a write copies nothing and walks no message.
void append_frame(const v1::AcceptTransferRequest& message, std::string& wire);
void append_frame(const v1::NotifyOutcomeRequest& message, std::string& wire);
void append_frame(const v1::EchoRequest& message, std::string& wire);

/// Why an institution's answer was not understood.
enum class ReplyFault : std::uint8_t { none, no_frame, bad_id };

/// An institution's answer in our terms.
struct Reply {
    enum class Kind : std::uint8_t {
        malformed,
        accepted,
        refused,
        acknowledged,
        refused_after_commit,
        echo,
    };
    Kind kind = Kind::malformed;
    ReplyFault fault = ReplyFault::none;
    base::TransferId id;
    Reason reason;  ///< Four characters when refused.
    std::uint64_t nonce = 0;
};

/// Never fails: what can not be understood is `malformed` with its fault. A refusal without a
/// well-formed reason is a refusal all the same: its reason becomes MS03 ("not specified").
[[nodiscard]] Reply reply_of(const v1::WalletFrame& frame);
[[nodiscard]] Reply reply_of(const v1::AcceptTransferResponse& response);
[[nodiscard]] Reply reply_of(const v1::NotifyOutcomeResponse& response);

/// Four characters of A-Z and 0-9, as the ISO 20022 external code lists have them.
[[nodiscard]] bool is_reason_code(std::string_view text);

}  // namespace ayni::adapter
