#include <grpcpp/support/client_callback.h>

#include <deque>
#include <vector>

#include "adapter/link.h"
#include "ayni/adapter/v1/wallet_adapter_service.grpc.pb.h"
#include "base/assert.h"
#include "base/mark.h"

namespace ayni::adapter {
namespace {

class UnaryLink final : public Link {
public:
    explicit UnaryLink(const LinkContext& context)
        : Link(context), stub_(v1::WalletAdapterService::NewStub(context.channel)) {}
    ~UnaryLink() override = default;

    bool send_accept(const AcceptRequest& request) override;
    bool send_outcome(const OutcomeNotice& notice) override;
    std::chrono::nanoseconds run(std::chrono::nanoseconds now) override;
    void shut_down() override;

private:
    /// One call, from its place in the queue until the switch took its answer.
    class Call : public grpc::ClientUnaryReactor {
    public:
        explicit Call(UnaryLink& link) : link_(link) { link_.prepare(context); }
        virtual void start() = 0;
        /// The institution's answer, malformed when it is about another transfer.
        [[nodiscard]] virtual Reply reply() const = 0;
        void OnDone(const grpc::Status& status) override { link_.call_done(*this, status); }

        grpc::ClientContext context;
        /// How long it may take, from its start.
        std::chrono::nanoseconds patience{0};

    protected:
        UnaryLink& link_;
    };

    class AcceptCall final : public Call {
    public:
        using Call::Call;
        void start() override {
            link_.stub_->async()->AcceptTransfer(&context, &request, &response, this);
            StartCall();
        }
        Reply reply() const override {
            if (response.transfer_id() != request.transfer_id()) return {};
            return reply_of(response);
        }
        v1::AcceptTransferRequest request;
        v1::AcceptTransferResponse response;
    };

    class OutcomeCall final : public Call {
    public:
        using Call::Call;
        void start() override {
            link_.stub_->async()->NotifyOutcome(&context, &request, &response, this);
            StartCall();
        }
        Reply reply() const override {
            if (response.transfer_id() != request.transfer_id()) return {};
            return reply_of(response);
        }
        v1::NotifyOutcomeRequest request;
        v1::NotifyOutcomeResponse response;
    };

    class EchoCall final : public grpc::ClientUnaryReactor {
    public:
        explicit EchoCall(UnaryLink& link) : link_(link) { link_.prepare(context); }
        void OnDone(const grpc::Status& status) override { link_.echo_done(status); }

        grpc::ClientContext context;
        v1::EchoRequest request;
        v1::EchoResponse response;

    private:
        UnaryLink& link_;
    };

    /// An answer that the switch could not take yet; its call keeps its place among those in
    /// flight.
    struct Undelivered {
        std::unique_ptr<Call> call;
        Reply reply;
    };

    // All of these under the mutex, unless they say otherwise.
    bool may_send();
    void enqueue(std::unique_ptr<Call> call);
    void start_next();
    void start_echo(std::chrono::nanoseconds now);
    void give_up_connection();
    void release_place();

    /// Without the mutex; the timer thread.
    void deliver_again();

    void call_done(Call& call, const grpc::Status& status);
    void echo_done(grpc::Status status);

    mutable std::mutex mutex_;
    std::condition_variable idle_;
    const std::unique_ptr<v1::WalletAdapterService::Stub> stub_;
    std::deque<std::unique_ptr<Call>> waiting_;
    std::vector<Undelivered> undelivered_;
    std::size_t in_flight_ = 0;
    /// Started and not yet done; each has a context that can be cancelled.
    std::vector<Call*> started_;
    EchoCall* echo_ = nullptr;
    std::chrono::nanoseconds echo_at_{0};
    int missed_ = 0;
    std::uint64_t nonce_ = 0;
    bool stopping_ = false;
    /// The switch has to be told that the link is up.
    bool owes_connected_ = false;
};

bool UnaryLink::may_send() {
    if (!is_connected() || stopping_) return false;
    if (waiting_.size() < options().outbox_frames) return true;
    ++statistics().outbox_refusals;
    return false;
}

bool UnaryLink::send_accept(const AcceptRequest& request) {
    const std::lock_guard lock(mutex_);
    if (!may_send()) return false;
    auto call = std::make_unique<AcceptCall>(*this);
    to_message(request, call->request);
    call->patience = std::min<std::chrono::nanoseconds>(request.remaining + std::chrono::seconds(1),
                                                        std::chrono::minutes(2));
    enqueue(std::move(call));
    return true;
}

bool UnaryLink::send_outcome(const OutcomeNotice& notice) {
    const std::lock_guard lock(mutex_);
    if (!may_send()) return false;
    auto call = std::make_unique<OutcomeCall>(*this);
    to_message(notice, call->request);
    call->patience = options().unary_timeout;
    enqueue(std::move(call));
    return true;
}

void UnaryLink::enqueue(std::unique_ptr<Call> call) {
    waiting_.push_back(std::move(call));
    start_next();
}

void UnaryLink::start_next() {
    while (!waiting_.empty() && in_flight_ < options().unary_calls_in_flight) {
        Call* call = waiting_.front().release();
        waiting_.pop_front();
        ++in_flight_;
        started_.push_back(call);
        ++statistics().writes;
        ++statistics().frames_sent;
        const auto patience = std::chrono::duration_cast<std::chrono::microseconds>(call->patience);
        call->context.set_deadline(std::chrono::system_clock::now() + patience);
        call->start();
    }
    statistics().outbox_frames = waiting_.size();
}

void UnaryLink::release_place() {
    ASSERT(in_flight_ > 0);
    --in_flight_;
    if (!stopping_ && is_connected()) start_next();
    if (in_flight_ == 0) idle_.notify_all();
}

void UnaryLink::give_up_connection() {
    if (!note_disconnected()) return;
    MARK("adapter.unary_link_lost");
    waiting_.clear();
    statistics().outbox_frames = 0;
    owes_connected_ = false;
}

void UnaryLink::call_done(Call& call, const grpc::Status& status) {
    std::unique_ptr<Call> owned(&call);
    Reply reply;
    bool taken = true;
    if (status.ok()) {
        ++statistics().frames_received;
        reply = call.reply();
        taken = offer(reply);
    } else {
        ++statistics().failed_calls;
    }
    const std::lock_guard lock(mutex_);
    started_.erase(std::find(started_.begin(), started_.end(), &call));
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE && is_connected()) {
        give_up_connection();
        echo_at_ = now() + back_off();
        context_.bell.ring();
    }
    if (taken || stopping_) {
        owned.reset();
        release_place();
        return;
    }
    ++statistics().reads_paused;
    undelivered_.push_back({std::move(owned), std::move(reply)});
    context_.bell.ring();
}

void UnaryLink::deliver_again() {
    std::vector<Undelivered> again;
    {
        const std::lock_guard lock(mutex_);
        again.swap(undelivered_);
    }
    for (Undelivered& item : again) {
        const bool taken = offer(item.reply);
        const std::lock_guard lock(mutex_);
        if (taken) {
            release_place();
        } else {
            undelivered_.push_back(std::move(item));
        }
    }
    bool owes = false;
    {
        const std::lock_guard lock(mutex_);
        owes = owes_connected_;
    }
    if (!owes || !offer_connected()) return;
    const std::lock_guard lock(mutex_);
    owes_connected_ = false;
}

void UnaryLink::start_echo(std::chrono::nanoseconds now) {
    echo_ = new EchoCall(*this);
    echo_->request.set_nonce(++nonce_);
    const auto patience =
        std::min(options().connect_timeout, std::max(options().heartbeat, options().reply_retry));
    echo_->context.set_deadline(std::chrono::system_clock::now() + patience);
    echo_at_ = now + options().heartbeat;
    stub_->async()->Echo(&echo_->context, &echo_->request, &echo_->response, echo_);
    echo_->StartCall();
}

void UnaryLink::echo_done(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    ASSERT(echo_ != nullptr);
    const bool answered = status.ok() && echo_->response.nonce() == echo_->request.nonce();
    // Before shut_down may see that it is gone: a context must not be the last to hold the channel.
    delete echo_;
    echo_ = nullptr;
    if (answered) {
        missed_ = 0;
        if (!is_connected()) {
            note_connected();
            owes_connected_ = true;
        }
        echo_at_ = now() + options().heartbeat;
    } else if (is_connected() && ++missed_ < options().heartbeats_missed &&
               status.error_code() != grpc::StatusCode::UNAVAILABLE) {
        echo_at_ = now() + options().heartbeat;
    } else {
        ++statistics().failed_attempts;
        give_up_connection();
        echo_at_ = now() + back_off();
    }
    context_.bell.ring();
    idle_.notify_all();
}

std::chrono::nanoseconds UnaryLink::run(std::chrono::nanoseconds now) {
    deliver_again();
    const std::lock_guard lock(mutex_);
    judge_health(now);
    if (stopping_) return never;
    if (echo_ == nullptr && now >= echo_at_) start_echo(now);
    const bool retry = owes_connected_ || !undelivered_.empty();
    if (retry) return now + options().reply_retry;
    return echo_ == nullptr ? echo_at_ : never;
}

void UnaryLink::shut_down() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    note_disconnected();
    waiting_.clear();
    ASSERT(in_flight_ >= undelivered_.size());
    in_flight_ -= undelivered_.size();
    undelivered_.clear();
    for (Call* call : started_) call->context.TryCancel();
    if (echo_ != nullptr) echo_->context.TryCancel();
    idle_.wait(lock, [this] { return in_flight_ == 0 && echo_ == nullptr; });
}

}  // namespace

std::unique_ptr<Link> make_unary_link(const LinkContext& context) {
    return std::make_unique<UnaryLink>(context);
}

}  // namespace ayni::adapter
