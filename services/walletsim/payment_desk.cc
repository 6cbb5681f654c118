#include "walletsim/payment_desk.h"

#include <algorithm>
#include <cstring>

namespace ayni::walletsim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds sweep_interval{50};
constexpr std::uint32_t default_timeout_ms = 10'000;
constexpr std::int64_t most_timeout_ms = 60'000;
constexpr std::string_view malformed = "FF01";

std::uint64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::uint32_t timeout_of(const v1::PayRequest& request) {
    if (!request.has_timeout()) return default_timeout_ms;
    const std::int64_t seconds = std::clamp<std::int64_t>(request.timeout().seconds(), 0, 3'600);
    const std::int64_t ms = seconds * 1'000 + request.timeout().nanos() / 1'000'000;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 10, most_timeout_ms));
}

}  // namespace

/// Results of the switch, on their way into the books.
class PaymentDesk::Settlement final : public Job {
public:
    Settlement(PaymentDesk& desk, std::vector<Decided> results)
        : desk_(desk), results_(std::move(results)) {}

    void apply(Books& books) override {
        std::erase_if(results_, [&books](const Decided& result) {
            const Books::Transfer* known = books.find(result.id);
            return known == nullptr || !is_outgoing(known->state);
        });
        for (Decided& result : results_) {
            if (books.find(result.id)->state == TransferState::held) count(result);
            books.settle(result.id, result.ending, result.reason);
            const Books::Transfer& transfer = *books.find(result.id);
            states_.push_back(result.was_rejected && transfer.state == TransferState::freed
                                  ? std::string_view("REJECTED")
                                  : to_string(transfer.state));
            result.reason.assign(transfer.reason, strnlen(transfer.reason, sizeof transfer.reason));
        }
    }
    void committed() override {
        for (std::size_t i = 0; i < results_.size(); ++i) {
            desk_.answer(results_[i].id, states_[i], results_[i].reason);
        }
    }

private:
    void count(const Decided& result) {
        Statistics& statistics = desk_.statistics_;
        switch (result.ending) {
            case Ending::committed: ++statistics.committed; return;
            case Ending::aborted:
                ++(result.was_rejected ? statistics.rejected : statistics.aborted);
                return;
            case Ending::returned: ++statistics.returned; return;
        }
    }

    PaymentDesk& desk_;
    std::vector<Decided> results_;
    std::vector<std::string_view> states_;
};

class PaymentDesk::Sweep final : public Job {
public:
    explicit Sweep(PaymentDesk& desk) : desk_(desk) {}
    void apply(Books&) override {}
    void committed() override { desk_.sweep(); }

private:
    PaymentDesk& desk_;
};

PaymentDesk::PaymentDesk(Bookkeeper& bookkeeper, SwitchClient& client)
    : bookkeeper_(bookkeeper), client_(client) {}

void PaymentDesk::resume(const Books& books) {
    std::vector<Payment> payments;
    payments.reserve(books.pending().size());
    for (const auto& [id, payment] : books.pending()) payments.push_back(payment);
    client_.submit(std::move(payments));
}

PaymentDesk::Begun PaymentDesk::begin(Books& books, const v1::PayRequest& request) {
    Begun begun;
    begun.response.set_tag(request.tag());
    Answer answer;
    if (request.amount().currency_code() != base::to_string(books.options().currency)) {
        answer.reason = "AM03";
    } else if (request.payee_participant().empty() || request.payee_account().empty()) {
        answer.reason = malformed;
    } else {
        begun.payment = {.id = base::make_uuid_v7(now_ms(), random_),
                         .payer_account = request.payer_account(),
                         .payee_participant = request.payee_participant(),
                         .payee_account = request.payee_account(),
                         .remittance_text = request.remittance_text(),
                         .amount = request.amount().minor_units(),
                         .timeout_ms = timeout_of(request)};
        answer = books.hold(begun.payment);
    }
    if (answer.yes) {
        begun.response.set_transfer_id(base::to_string(begun.payment.id));
    } else {
        ++statistics_.refused;
        begun.response.set_state("REFUSED");
        begun.response.set_reason(answer.reason);
    }
    return begun;
}

void PaymentDesk::expect(const Begun& begun, SteadyClock::time_point answer_by, Answered answered) {
    waiters_.emplace(begun.payment.id, Waiter{begun.response, answer_by, std::move(answered)});
    if (is_sweeping_) return;
    is_sweeping_ = true;
    bookkeeper_.post_at(SteadyClock::now() + sweep_interval, std::make_unique<Sweep>(*this));
}

void PaymentDesk::send(std::vector<Payment> payments) {
    if (!payments.empty()) client_.submit(std::move(payments));
}

bool PaymentDesk::decided(std::vector<Decided> results) {
    return bookkeeper_.post(std::make_unique<Settlement>(*this, std::move(results)));
}

void PaymentDesk::answer(const base::TransferId& id, std::string_view state,
                         const std::string& reason) {
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) return;
    Waiter waiter = std::move(found->second);
    waiters_.erase(found);
    waiter.response.set_state(state.data(), state.size());
    waiter.response.set_reason(reason);
    waiter.answered(std::move(waiter.response));
}

void PaymentDesk::sweep() {
    const auto now = SteadyClock::now();
    std::vector<base::TransferId> late;
    for (const auto& [id, waiter] : waiters_) {
        if (waiter.answer_by <= now) late.push_back(id);
    }
    for (const base::TransferId& id : late) answer(id, to_string(TransferState::held), {});
    is_sweeping_ = !waiters_.empty();
    if (!is_sweeping_) return;
    bookkeeper_.post_at(now + sweep_interval, std::make_unique<Sweep>(*this));
}

}  // namespace ayni::walletsim
