#include "rpc/payments.h"

#include <grpcpp/server_context.h>

#include "rpc/mapping_transfer.h"

namespace ayni::rpc {
namespace {

using std::chrono::nanoseconds;

/// The answer must still travel to the caller.
constexpr std::chrono::milliseconds deadline_margin{20};
/// After a payment's own time-out, for a caller without a deadline.
constexpr std::chrono::seconds patience{5};

class PaymentGroup;

struct PaymentItem final : Completable {
    PaymentGroup* group = nullptr;
    std::size_t index = 0;
    std::string requested_id;
    std::unique_ptr<router::Payment> payment;
    std::string payee_code;
    Participants::Entry* payee = nullptr;
    bool is_known = false;  ///< The ledger has its id, so a repeat gets the first outcome.
    PaymentAnswer answer;

    void complete() override;
};

/// The payments of one request. Destroys itself after the last answer.
class PaymentGroup final : public sequencer::Query, public Completable {
public:
    PaymentGroup(Core& core, const Caller& caller, std::size_t size, PaymentSink& sink)
        : core_(core), caller_(caller), sink_(sink), items_(size), unanswered_(size + 1) {}

    void add(std::size_t index, const v1::NewTransfer& request, std::string_view prefix,
             const AnswerBy& answer_by);
    void start();
    void answer(PaymentItem& item);

private:
    [[nodiscard]] bool needs_look() const;
    void refuse(PaymentItem& item, ErrorDetail error);
    void pay();
    void pay_all(std::vector<std::unique_ptr<router::Payment>>& payments,
                 const std::vector<PaymentItem*>& owners);
    void hook(PaymentItem& item);
    void release();

    void run(const ledger::Ledger& ledger) override;
    void abandoned() override;
    void complete() override;

    Core& core_;
    const Caller& caller_;
    PaymentSink& sink_;
    std::vector<PaymentItem> items_;
    std::atomic<std::size_t> unanswered_;  // and one for whoever is still handing payments over
    bool was_abandoned_ = false;
};

void PaymentItem::complete() { group->answer(*this); }

void PaymentGroup::add(std::size_t index, const v1::NewTransfer& request, std::string_view prefix,
                       const AnswerBy& answer_by) {
    PaymentItem& item = items_[index];
    item.group = this;
    item.index = index;
    item.requested_id = request.transfer_id();
    item.answer.started = answer_by.now;
    Violations wrong;
    item.payment = payment_of(request, core_.parts.tokeniser, prefix, wrong);
    if (item.payment == nullptr) {
        item.answer.error = malformed_request(std::move(wrong));
        return;
    }
    item.answer.id = item.payment->id;
    item.payment->payer = caller_.id();
    item.payment->payer_code = caller_.name;
    item.payment->answer_by = answer_by.of(item.payment->timeout);
    item.payee_code = request.payee_participant();
    item.payee = core_.participants.find(item.payee_code);
}

void PaymentGroup::start() {
    if (!needs_look()) return pay();
    if (!core_.parts.sequencer.query(this)) abandoned();
}

/// Only a payee that was never met or is not connected costs a look at the ledger.
bool PaymentGroup::needs_look() const {
    for (const PaymentItem& item : items_) {
        if (item.payment == nullptr) continue;
        if (item.payee == nullptr || !core_.parts.network.is_connected(item.payee->id)) return true;
    }
    return false;
}

void PaymentGroup::run(const ledger::Ledger& ledger) {
    for (PaymentItem& item : items_) {
        if (item.payment == nullptr) continue;
        item.payee = core_.participants.find_or_remember(ledger, item.payee_code);
        item.is_known = ledger.find_transfer(item.payment->id).has_value();
        item.answer.as_of = ledger.last_sequence();
    }
    core_.completion.push(this);
}

void PaymentGroup::abandoned() {
    was_abandoned_ = true;
    core_.completion.push(this);
}

void PaymentGroup::complete() { pay(); }

void PaymentGroup::pay() {
    std::vector<std::unique_ptr<router::Payment>> payments;
    std::vector<PaymentItem*> owners;
    const bool is_leading = core_.parts.sequencer.statistics().is_leading.load();
    for (PaymentItem& item : items_) {
        if (item.answer.error) {
            answer(item);
        } else if (was_abandoned_ || !is_leading) {
            refuse(item, refusal(core_));
        } else if (item.payee == nullptr) {
            refuse(item, error_of(ledger::Status::payee_unknown, item.answer.as_of));
        } else if (!item.is_known && !core_.parts.network.is_connected(item.payee->id)) {
            refuse(item, payee_unreachable(item.payee_code));
        } else {
            hook(item);
            payments.push_back(std::move(item.payment));
            owners.push_back(&item);
        }
    }
    if (!payments.empty()) pay_all(payments, owners);
    release();
}

/// From `Router::pay` on the answer may come at any time, on the sequencer's thread.
void PaymentGroup::hook(PaymentItem& item) {
    router::Payment& payment = *item.payment;
    payment.payee = item.payee->id;
    payment.answer = [target = &item](const ledger::Outcome& outcome, base::Sequence as_of) {
        target->answer.outcome = outcome;
        target->answer.as_of = as_of;
        target->group->core_.completion.push(target);
    };
    payment.abandoned = [target = &item] {
        target->answer.error = stopping();
        target->group->core_.completion.push(target);
    };
}

void PaymentGroup::pay_all(std::vector<std::unique_ptr<router::Payment>>& payments,
                           const std::vector<PaymentItem*>& owners) {
    const bool is_taken = payments.size() == 1 ? core_.parts.router.pay(payments.front())
                                               : core_.parts.router.pay(payments);
    if (is_taken) return;
    for (PaymentItem* item : owners) refuse(*item, refusal(core_));
}

void PaymentGroup::refuse(PaymentItem& item, ErrorDetail error) {
    item.answer.error = std::move(error);
    answer(item);
}

void PaymentGroup::answer(PaymentItem& item) {
    item.answer.requested_id = item.requested_id;
    if (!item.answer.error && item.answer.outcome.status != ledger::Status::ok) {
        item.answer.error = error_of(item.answer.outcome, item.answer.as_of);
    }
    sink_.answered(item.index, item.answer);
    release();
}

void PaymentGroup::release() {
    if (unanswered_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace

nanoseconds AnswerBy::of(std::chrono::milliseconds timeout) const {
    const nanoseconds patient = timeout + patience;
    const nanoseconds left = std::max<nanoseconds>(remaining - deadline_margin, nanoseconds(0));
    return now + std::min(patient, left);
}

AnswerBy answer_by(const Core& core, const grpc::ServerContextBase& context) {
    const auto deadline = context.deadline();
    AnswerBy by{core.now(), nanoseconds::max()};
    if (deadline == std::chrono::system_clock::time_point::max()) return by;
    by.remaining = deadline - std::chrono::system_clock::now();  // as gRPC itself compares it
    return by;
}

void start_payments(Core& core, const Caller& caller,
                    const google::protobuf::RepeatedPtrField<v1::NewTransfer>& requests,
                    const AnswerBy& by, PaymentSink& sink) {
    auto* group = new PaymentGroup(core, caller, static_cast<std::size_t>(requests.size()), sink);
    for (int i = 0; i < requests.size(); ++i) {
        group->add(static_cast<std::size_t>(i), requests[i], "", by);
    }
    group->start();  // destroys itself
}

void start_payment(Core& core, const Caller& caller, const v1::NewTransfer& request,
                   std::string_view prefix, const AnswerBy& by, PaymentSink& sink) {
    auto* group = new PaymentGroup(core, caller, 1, sink);
    group->add(0, request, prefix, by);
    group->start();  // destroys itself
}

void to_message(const PaymentAnswer& answer, v1::TransferReply& reply) {
    reply.set_transfer_id(answer.requested_id.data(), answer.requested_id.size());
    if (answer.error) {
        to_message(*answer.error, *reply.mutable_error());
    } else {
        to_message(answer.id, answer.outcome, *reply.mutable_result());
    }
}

}  // namespace ayni::rpc
