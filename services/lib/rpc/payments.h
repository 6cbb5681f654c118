#pragma once

#include <optional>
#include <vector>

#include "ayni/v1/transfer_service.pb.h"
#include "rpc/core.h"

/// Payments on their way through the router. Private to this library.
namespace ayni::rpc {

/// What became of one payment of a request.
struct PaymentAnswer {
    std::string_view requested_id;     ///< As the request gave it.
    base::TransferId id;               ///< Zero when that was not an id.
    std::optional<ErrorDetail> error;  ///< Otherwise `outcome` holds, with status `ok`.
    ledger::Outcome outcome;
    base::Sequence as_of;
    std::chrono::nanoseconds started;
};

/// Whoever waits for the answers.
class PaymentSink {
public:
    /// Once for each payment of the request, in any order: on the thread that started the group or
    /// on the completion thread. `index` is the payment's place in the request.
    virtual void answered(std::size_t index, const PaymentAnswer& answer) = 0;

protected:
    ~PaymentSink() = default;
};

/// When to answer with the current state at the latest, in steady time.
struct AnswerBy {
    std::chrono::nanoseconds now;
    /// What is left of the caller's deadline; max() without one.
    std::chrono::nanoseconds remaining;

    [[nodiscard]] std::chrono::nanoseconds of(std::chrono::milliseconds timeout) const;
};
[[nodiscard]] AnswerBy answer_by(const Core& core, const grpc::ServerContextBase& context);

/// Starts the payments of one request, journalled together. `requests` is read before it returns;
/// `sink` outlives the last answer. `prefix` leads the names of wrong fields.
void start_payments(Core& core, const Caller& caller,
                    const google::protobuf::RepeatedPtrField<v1::NewTransfer>& requests,
                    const AnswerBy& answer_by, PaymentSink& sink);
void start_payment(Core& core, const Caller& caller, const v1::NewTransfer& request,
                   std::string_view prefix, const AnswerBy& answer_by, PaymentSink& sink);

void to_message(const PaymentAnswer& answer, v1::TransferReply& reply);

}  // namespace ayni::rpc
