#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ayctl/pay_routes.h"
#include "ayni/v1/transfer_service.pb.h"
#include "disbursement/pain001.h"

namespace ayni::ayctl {

/// What is known of a line.
enum class LineState : std::uint8_t {
    unknown,   ///< Not answered yet.
    pending,   ///< Recorded, and not final: to be asked for.
    paid,      ///< Committed.
    aborted,   ///< Held and freed.
    rejected,  ///< Recorded as refused.
    returned,  ///< Committed, and given back.
    refused,   ///< Not recorded: the request itself was wrong.
    expired,   ///< Not recorded, and too old to be ever.
};
[[nodiscard]] std::string_view to_string(LineState state);
[[nodiscard]] bool is_final(LineState state);

/// One instruction on its way.
struct PayLine {
    const disbursement::Instruction* instruction = nullptr;
    v1::NewTransfer transfer;
    LineState state = LineState::unknown;
    std::string reason;  ///< ISO 20022 code, where there is one.
    std::string detail;  ///< The switch's own reason or sentence.
    bool replayed = false;
    std::string decided_at;  ///< RFC 3339 or empty.
};

/// The lines of a claimed file. `file` must outlive them.
[[nodiscard]] std::vector<PayLine> make_lines(const disbursement::PaymentFile& file,
                                              const Routes& routes, const std::string& initiator,
                                              std::uint64_t release_time_ms);

/// What to do with a line after an answer.
struct Next {
    enum class Step : std::uint8_t { done, ask, repeat };
    Step step = Step::done;
    std::chrono::milliseconds after{0};  ///< For `repeat`.
};

/// Takes the answer to a line over into it.
[[nodiscard]] Next take_reply(const v1::TransferReply& reply, PayLine& line);

/// Takes over what GetTransfer says.
void take_transfer(const v1::Transfer& transfer, PayLine& line);

}  // namespace ayni::ayctl
