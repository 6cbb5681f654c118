#include "walletsim/sim_service.h"

#include <fmt/format.h>

#include "adapter/mapping.h"
#include "walletsim/caller.h"

namespace ayni::walletsim {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Code = grpc::StatusCode;

constexpr std::uint32_t most_customers_per_call = 5'000'000;
/// Before the caller's deadline that a payment without an end is answered as PENDING.
constexpr std::chrono::milliseconds answer_margin{200};
/// Beyond a payment's own timeout that callers without a deadline wait.
constexpr std::chrono::milliseconds patience{15'000};

const grpc::Status overloaded(Code::RESOURCE_EXHAUSTED, "too many requests wait");

/// Does `work(books, response)` and answers with its response, or with the status it returns.
template <typename Response, typename Work>
class CallJob final : public Job {
public:
    using Call = UnaryCall<Response>;

    CallJob(typename Call::Pointer call, Work work)
        : call_(std::move(call)), work_(std::move(work)) {}
    void apply(Books& books) override { status_ = work_(books, response_); }
    void committed() override {
        if (status_.ok()) {
            call_->answer(std::move(response_));
        } else {
            call_->fail(status_);
        }
    }

private:
    typename Call::Pointer call_;
    Work work_;
    Response response_;
    grpc::Status status_;
};

SteadyClock::time_point answer_by(const Payment& payment) {
    return SteadyClock::now() + std::chrono::milliseconds(payment.timeout_ms) + patience;
}

class PayJob final : public Job {
public:
    using Call = UnaryCall<v1::PayResponse>;

    PayJob(Call::Pointer call, const v1::PayRequest& request, PaymentDesk& desk,
           std::chrono::system_clock::time_point deadline)
        : call_(std::move(call)), request_(request), desk_(desk), deadline_(deadline) {}

    void apply(Books& books) override { begun_ = desk_.begin(books, request_); }
    void committed() override {
        if (begun_.is_refused()) return call_->answer(std::move(begun_.response));
        const auto left = deadline_ - std::chrono::system_clock::now() - answer_margin;
        const auto latest = answer_by(begun_.payment);
        // A caller without a deadline has one in the far future.
        const auto by =
            left > std::chrono::hours(1)
                ? latest
                : std::min(latest, SteadyClock::now() +
                                       std::chrono::duration_cast<SteadyClock::duration>(left));
        desk_.expect(begun_, by, [call = call_](v1::PayResponse&& response) {
            call->answer(std::move(response));
        });
        std::vector<Payment> payments;
        payments.push_back(std::move(begun_.payment));
        desk_.send(std::move(payments));
    }

private:
    Call::Pointer call_;
    v1::PayRequest request_;
    PaymentDesk& desk_;
    std::chrono::system_clock::time_point deadline_;
    PaymentDesk::Begun begun_;
};

using PayStreamBase = JobStream<v1::StreamPayRequest, v1::StreamPayResponse>;

class PayStream final : public PayStreamBase {
public:
    PayStream(StreamStatistics& statistics, Bookkeeper& bookkeeper, PaymentDesk& desk)
        : PayStreamBase(statistics), bookkeeper_(bookkeeper), desk_(desk) {}

    [[nodiscard]] PaymentDesk& desk() const { return desk_; }

    /// The bookkeeper's thread: the end of one payment. Sent with all others of the same round.
    void answer(v1::PayResponse&& response);

    void flush_answers() {
        is_flushing_ = false;
        flush();
        expect(-answers_);
        answers_ = 0;
    }

protected:
    void received(std::unique_ptr<v1::StreamPayRequest> request) override;

private:
    Bookkeeper& bookkeeper_;
    PaymentDesk& desk_;
    bool is_flushing_ = false;
    int answers_ = 0;
};

using PayStreamPointer = std::shared_ptr<PayStream>;

class FlushAnswers final : public Job {
public:
    explicit FlushAnswers(PayStreamPointer stream) : stream_(std::move(stream)) {}
    void apply(Books&) override {}
    void committed() override { stream_->flush_answers(); }

private:
    PayStreamPointer stream_;
};

class StreamPayJob final : public Job {
public:
    StreamPayJob(PayStreamPointer stream, std::unique_ptr<v1::StreamPayRequest> request)
        : stream_(std::move(stream)), request_(std::move(request)) {}

    void apply(Books& books) override {
        for (const v1::PayRequest& payment : request_->payments()) {
            begun_.push_back(stream_->desk().begin(books, payment));
        }
    }
    void committed() override {
        std::vector<Payment> payments;
        for (PaymentDesk::Begun& begun : begun_) {
            if (begun.is_refused()) {
                stream_->stage() = std::move(begun.response);
                continue;
            }
            stream_->desk().expect(begun, answer_by(begun.payment),
                                   [stream = stream_](v1::PayResponse&& response) {
                                       stream->answer(std::move(response));
                                   });
            payments.push_back(std::move(begun.payment));
        }
        stream_->expect(static_cast<int>(payments.size()));
        stream_->flush();
        stream_->done_with_message();
        stream_->desk().send(std::move(payments));
    }

private:
    PayStreamPointer stream_;
    std::unique_ptr<v1::StreamPayRequest> request_;
    std::vector<PaymentDesk::Begun> begun_;
};

void PayStream::answer(v1::PayResponse&& response) {
    stage() = std::move(response);
    ++answers_;
    if (is_flushing_) return;
    is_flushing_ = true;
    auto self = std::static_pointer_cast<PayStream>(shared_from_this());
    bookkeeper_.post_at(SteadyClock::now(), std::make_unique<FlushAnswers>(std::move(self)));
}

void PayStream::received(std::unique_ptr<v1::StreamPayRequest> request) {
    auto self = std::static_pointer_cast<PayStream>(shared_from_this());
    if (!bookkeeper_.post(std::make_unique<StreamPayJob>(std::move(self), std::move(request)))) {
        refuse(overloaded);
    }
}

class RefusedStream final
    : public grpc::ServerBidiReactor<v1::StreamPayRequest, v1::StreamPayResponse> {
public:
    explicit RefusedStream(const grpc::Status& status) { Finish(status); }
    void OnDone() override { delete this; }
};

grpc::Status invalid(const std::string& what) { return {Code::INVALID_ARGUMENT, what}; }

grpc::Status open_customers(Books& books, const v1::OpenCustomersRequest& request,
                            v1::OpenCustomersResponse& response) {
    const std::int64_t balance = request.initial_balance().minor_units();
    std::uint32_t opened = 0;
    for (const std::string& account : request.accounts()) opened += books.open(account, balance);
    for (std::uint32_t i = 0; i < request.count(); ++i) {
        opened += books.open(fmt::format("{}{:06}", request.prefix(), i), balance);
    }
    response.set_opened(opened);
    return grpc::Status::OK;
}

grpc::Status check(const v1::OpenCustomersRequest& request, base::Currency currency) {
    const ayni::v1::Money& balance = request.initial_balance();
    if (request.has_initial_balance() && balance.currency_code() != base::to_string(currency)) {
        return invalid(fmt::format("initial_balance.currency_code: must be \"{}\"",
                                   base::to_string(currency)));
    }
    if (balance.minor_units() < 0 || balance.minor_units() > Books::largest_amount) {
        return invalid("initial_balance.minor_units: must be from 0 to 10^15");
    }
    if (request.count() > most_customers_per_call) {
        return invalid(fmt::format("count: at most {}", most_customers_per_call));
    }
    for (const std::string& account : request.accounts()) {
        if (account.empty() || account.size() > 64) return invalid("accounts: 1 to 64 characters");
    }
    if (request.prefix().size() > 56) return invalid("prefix: at most 56 characters");
    return grpc::Status::OK;
}

void fill(std::int64_t minor_units, base::Currency currency, ayni::v1::Money& money) {
    const std::string_view code = base::to_string(currency);
    money.set_currency_code(code.data(), code.size());
    money.set_minor_units(minor_units);
}

grpc::Status get_books(const Books& books, const std::string& participant,
                       v1::GetBooksResponse& response) {
    const Totals& totals = books.totals();
    response.set_participant(participant);
    response.set_currency_code(std::string(base::to_string(books.options().currency)));
    response.set_customers(totals.customers);
    response.set_initial(totals.initial);
    response.set_balances(totals.balances);
    response.set_held(totals.held);
    response.set_sent(totals.sent);
    response.set_received(totals.received);
    response.set_promised(totals.promised);
    response.set_payments_sent(totals.payments_sent);
    response.set_payments_received(totals.payments_received);
    response.set_promises(totals.promises);
    response.set_holds(totals.holds);
    return grpc::Status::OK;
}

}  // namespace

SimService::SimService(Options options, Bookkeeper& bookkeeper, PaymentDesk& desk,
                       Behaviour& behaviour)
    : options_(std::move(options)), bookkeeper_(bookkeeper), desk_(desk), behaviour_(behaviour) {}

template <typename Response, typename Work>
grpc::ServerUnaryReactor* SimService::run(grpc::CallbackServerContext* context, Response* response,
                                          Work work) {
    const grpc::Status allowed = check_customer_side(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    const auto call = UnaryCall<Response>::make(response);
    if (!bookkeeper_.post(std::make_unique<CallJob<Response, Work>>(call, std::move(work)))) {
        call->fail(overloaded);
    }
    return call.get();
}

grpc::ServerUnaryReactor* SimService::OpenCustomers(grpc::CallbackServerContext* context,
                                                    const v1::OpenCustomersRequest* request,
                                                    v1::OpenCustomersResponse* response) {
    return run(context, response,
               [request = *request](Books& books, v1::OpenCustomersResponse& answer) {
                   const grpc::Status sound = check(request, books.options().currency);
                   return sound.ok() ? open_customers(books, request, answer) : sound;
               });
}

grpc::ServerUnaryReactor* SimService::Pay(grpc::CallbackServerContext* context,
                                          const v1::PayRequest* request,
                                          v1::PayResponse* response) {
    const grpc::Status allowed = check_customer_side(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    const auto call = PayJob::Call::make(response);
    if (!bookkeeper_.post(std::make_unique<PayJob>(call, *request, desk_, context->deadline()))) {
        call->fail(overloaded);
    }
    return call.get();
}

grpc::ServerBidiReactor<v1::StreamPayRequest, v1::StreamPayResponse>* SimService::StreamPay(
    grpc::CallbackServerContext* context) {
    const grpc::Status allowed = check_customer_side(*context, options_.insecure);
    if (!allowed.ok()) return new RefusedStream(allowed);
    auto stream = std::make_shared<PayStream>(statistics_, bookkeeper_, desk_);
    stream->start();
    return stream.get();
}

grpc::ServerUnaryReactor* SimService::GetCustomer(grpc::CallbackServerContext* context,
                                                  const v1::GetCustomerRequest* request,
                                                  v1::GetCustomerResponse* response) {
    return run(context, response,
               [account = request->account()](Books& books, v1::GetCustomerResponse& answer) {
                   const Books::Customer* customer = books.find(account);
                   if (customer == nullptr) {
                       return grpc::Status(Code::NOT_FOUND,
                                           "account: \"" + account + "\" is not a customer");
                   }
                   const base::Currency currency = books.options().currency;
                   answer.set_account(account);
                   fill(customer->balance, currency, *answer.mutable_balance());
                   fill(customer->held, currency, *answer.mutable_held());
                   return grpc::Status::OK;
               });
}

grpc::ServerUnaryReactor* SimService::GetBooks(grpc::CallbackServerContext* context,
                                               const v1::GetBooksRequest*,
                                               v1::GetBooksResponse* response) {
    return run(context, response, [this](Books& books, v1::GetBooksResponse& answer) {
        return get_books(books, options_.participant, answer);
    });
}

grpc::ServerUnaryReactor* SimService::SetBehaviour(grpc::CallbackServerContext* context,
                                                   const v1::SetBehaviourRequest* request,
                                                   v1::SetBehaviourResponse* response) {
    const grpc::Status allowed = check_customer_side(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    if (request->mode() == v1::MODE_UNSPECIFIED || !v1::Mode_IsValid(request->mode())) {
        return refuse(response, invalid("mode: must be one of the modes"));
    }
    if (!request->reason().empty() && !adapter::is_reason_code(request->reason())) {
        return refuse(response, invalid("reason: must be an ISO 20022 code, \"AC04\""));
    }
    const std::int64_t seconds = request->delay().seconds();
    if (seconds < 0 || seconds > 3'600 || request->delay().nanos() < 0) {
        return refuse(response, invalid("delay: must be from 0 to 1 h"));
    }
    return run(context, response, [this, request = *request](Books&, v1::SetBehaviourResponse&) {
        behaviour_.mode = request.mode();
        if (request.has_delay()) {
            behaviour_.delay = std::chrono::milliseconds(request.delay().seconds() * 1'000 +
                                                         request.delay().nanos() / 1'000'000);
        }
        if (!request.reason().empty()) behaviour_.reason = request.reason();
        return grpc::Status::OK;
    });
}

}  // namespace ayni::walletsim
