#include <google/protobuf/arena.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/client_callback.h>

#include <deque>

#include "adapter/link.h"
#include "base/assert.h"
#include "base/mark.h"

namespace ayni::adapter {
namespace {

/// A received message and how far it was handed to the switch.
struct Inbox {
    google::protobuf::Arena arena;
    v1::SessionResponse* message = nullptr;
    int next = 0;

    v1::SessionResponse* clear() {
        arena.Reset();
        next = 0;
        message = google::protobuf::Arena::CreateMessage<v1::SessionResponse>(&arena);
        return message;
    }
};

/// Frames that go in one message, serialised already.
struct Chunk {
    std::string wire;
    std::size_t frames = 0;
};

grpc::ByteBuffer to_buffer(std::string&& wire) {
    auto owned = std::make_unique<std::string>(std::move(wire));
    std::string* text = owned.release();
    const grpc::Slice slice(
        text->data(), text->size(), [](void* data) { delete static_cast<std::string*>(data); },
        text);
    return grpc::ByteBuffer(&slice, 1);
}

class SessionLink final : public Link {
public:
    explicit SessionLink(const LinkContext& context) : Link(context), stub_(context.channel) {}

    bool send_accept(const AcceptRequest& request) override {
        const std::lock_guard lock(mutex_);
        if (!may_send()) return false;
        to_message(request, accept_);
        enqueue(accept_);
        return true;
    }

    bool send_outcome(const OutcomeNotice& notice) override {
        const std::lock_guard lock(mutex_);
        if (!may_send()) return false;
        to_message(notice, outcome_);
        enqueue(outcome_);
        return true;
    }

    std::chrono::nanoseconds run(std::chrono::nanoseconds now) override;
    void shut_down() override;
    bool is_unimplemented() const override { return unimplemented_; }

private:
    using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, v1::SessionResponse>;

    /// One attempt at a session. Deleted in `call_done`.
    class Call final : public grpc::ClientBidiReactor<grpc::ByteBuffer, v1::SessionResponse> {
    public:
        explicit Call(SessionLink& link) : inbox(std::make_unique<Inbox>()), link_(link) {
            link_.prepare(context);
        }
        void OnReadDone(bool ok) override { link_.read_done(*this, ok); }
        void OnWriteDone(bool ok) override { link_.write_done(*this, ok); }
        void OnDone(const grpc::Status& status) override { link_.call_done(status); }

        grpc::ClientContext context;
        grpc::ByteBuffer writing;
        std::unique_ptr<Inbox> inbox;
        /// Nothing may be started on it any more.
        bool ended = false;
        bool was_connected = false;

    private:
        SessionLink& link_;
    };

    // All of these under the mutex, unless they say otherwise.
    bool may_send();
    template <typename Message>
    void enqueue(const Message& message);
    void write_next();
    void connect();
    void end_call();
    void beat(std::chrono::nanoseconds now);

    /// Hands the rest of `inbox` to the switch, without the mutex. False when it can not take more.
    bool deliver(Inbox& inbox);
    bool deliver_echo();
    /// Either reads on, or keeps what could not be delivered for the timer. Without the mutex.
    void read_on(std::unique_ptr<Inbox> inbox, bool delivered);

    void read_done(Call& call, bool ok);
    void write_done(Call& call, bool ok);
    void call_done(grpc::Status status);

    mutable std::mutex mutex_;
    std::condition_variable idle_;
    Stub stub_;
    Call* call_ = nullptr;
    bool writing_ = false;
    bool stopping_ = false;
    std::atomic<bool> unimplemented_{false};
    std::deque<Chunk> outbox_;
    std::size_t outbox_frames_ = 0;
    std::unique_ptr<Inbox> undelivered_;
    std::chrono::nanoseconds connect_at_{0};
    std::chrono::nanoseconds give_up_at_{0};
    std::chrono::nanoseconds beat_at_{0};
    int missed_ = 0;
    std::uint64_t nonce_ = 0;

    /// Something arrived since the last heartbeat.
    std::atomic<bool> heard_{false};
    /// The switch knows that this call is connected. Whoever delivers, one thread at a time.
    bool announced_ = false;

    v1::AcceptTransferRequest accept_;
    v1::NotifyOutcomeRequest outcome_;
    v1::EchoRequest echo_;
};

bool SessionLink::may_send() {
    if (!is_connected() || call_ == nullptr || call_->ended) return false;
    if (outbox_frames_ < options().outbox_frames) return true;
    ++statistics().outbox_refusals;
    return false;
}

template <typename Message>
void SessionLink::enqueue(const Message& message) {
    if (outbox_.empty() || outbox_.back().frames >= options().frames_per_message ||
        outbox_.back().wire.size() >= options().bytes_per_message) {
        outbox_.emplace_back();
    }
    append_frame(message, outbox_.back().wire);
    ++outbox_.back().frames;
    statistics().outbox_frames.store(++outbox_frames_, std::memory_order_relaxed);
    if (!writing_) write_next();
}

void SessionLink::write_next() {
    if (outbox_.empty() || call_ == nullptr || call_->ended) return;
    Chunk chunk = std::move(outbox_.front());
    outbox_.pop_front();
    outbox_frames_ -= chunk.frames;
    statistics().outbox_frames.store(outbox_frames_, std::memory_order_relaxed);
    statistics().frames_sent += chunk.frames;
    ++statistics().writes;
    writing_ = true;
    call_->writing = to_buffer(std::move(chunk.wire));
    call_->StartWrite(&call_->writing);
}

void SessionLink::connect() {
    ASSERT(call_ == nullptr && outbox_.empty());
    call_ = new Call(*this);
    announced_ = false;
    writing_ = false;
    missed_ = 0;
    give_up_at_ = now() + options().connect_timeout;
    stub_.PrepareBidiStreamingCall(&call_->context, "/ayni.adapter.v1.WalletAdapterService/Session",
                                   {}, call_);
    // Writes start outside of reactions: the hold keeps the call alive for them.
    call_->AddHold();
    call_->StartRead(call_->inbox->clear());
    echo_.set_nonce(++nonce_);
    enqueue(echo_);
    call_->StartCall();
}

void SessionLink::end_call() {
    if (call_ == nullptr || call_->ended) return;
    call_->ended = true;
    if (note_disconnected()) MARK("adapter.session_lost");
    call_->context.TryCancel();
    call_->RemoveHold();
}

void SessionLink::beat(std::chrono::nanoseconds now) {
    if (now < beat_at_) return;
    beat_at_ = now + options().heartbeat;
    // What the switch could not take yet also keeps us from hearing: no fault of the institution.
    const bool heard = heard_.exchange(false) || undelivered_ != nullptr;
    missed_ = heard ? 0 : missed_ + 1;
    if (missed_ >= options().heartbeats_missed) {
        MARK("adapter.heartbeats_missed");
        end_call();
        return;
    }
    echo_.set_nonce(++nonce_);
    enqueue(echo_);
}

std::chrono::nanoseconds SessionLink::run(std::chrono::nanoseconds now) {
    std::unique_ptr<Inbox> again;
    {
        const std::lock_guard lock(mutex_);
        again = std::move(undelivered_);
    }
    if (again) {
        const bool delivered = deliver(*again);
        read_on(std::move(again), delivered);
    }
    const std::lock_guard lock(mutex_);
    judge_health(now);
    if (stopping_ || unimplemented_) return never;
    if (call_ == nullptr) {
        if (undelivered_) return now + options().reply_retry;
        if (now < connect_at_) return connect_at_;
        connect();
        return give_up_at_;
    }
    if (call_->ended) return never;
    if (is_connected()) {
        beat(now);
    } else if (now >= give_up_at_) {
        end_call();
    }
    if (undelivered_) return now + options().reply_retry;
    return is_connected() ? beat_at_ : give_up_at_;
}

bool SessionLink::deliver_echo() {
    if (announced_) return true;
    {
        const std::lock_guard lock(mutex_);
        if (call_ == nullptr || call_->ended) return true;
        if (!is_connected()) {
            heard_ = true;
            beat_at_ = now() + options().heartbeat;
            call_->was_connected = true;
            note_connected();
            context_.bell.ring();
        }
    }
    if (!offer_connected()) return false;
    announced_ = true;
    return true;
}

bool SessionLink::deliver(Inbox& inbox) {
    const int count = inbox.message->frames_size();
    for (; inbox.next < count; ++inbox.next) {
        const Reply reply = reply_of(inbox.message->frames(inbox.next));
        const bool taken = reply.kind == Reply::Kind::echo ? deliver_echo() : offer(reply);
        if (!taken) return false;
        statistics().frames_received.fetch_add(1, std::memory_order_relaxed);
    }
    return true;
}

void SessionLink::read_on(std::unique_ptr<Inbox> inbox, bool delivered) {
    const std::lock_guard lock(mutex_);
    if (!delivered) {
        MARK("adapter.reading_paused");
        ++statistics().reads_paused;
        undelivered_ = std::move(inbox);
        return;
    }
    if (call_ == nullptr || call_->ended) return;
    call_->inbox = std::move(inbox);
    call_->StartRead(call_->inbox->clear());
}

void SessionLink::read_done(Call& call, bool ok) {
    if (!ok) {
        const std::lock_guard lock(mutex_);
        end_call();
        return;
    }
    heard_.store(true, std::memory_order_relaxed);
    auto inbox = std::move(call.inbox);
    const bool delivered = deliver(*inbox);
    read_on(std::move(inbox), delivered);
    if (!delivered) context_.bell.ring();
}

void SessionLink::write_done(Call&, bool ok) {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) {
        write_next();
    } else {
        end_call();
    }
}

void SessionLink::call_done(grpc::Status status) {
    // All under the mutex: shut_down lets this be destroyed as soon as it sees that the call is
    // gone. The call's context goes first: were it the last to hold the channel, gRPC would end its
    // threads on one of them.
    const std::lock_guard lock(mutex_);
    ASSERT(call_ != nullptr && call_->ended);
    if (!call_->was_connected) ++statistics().failed_attempts;
    delete call_;
    call_ = nullptr;
    writing_ = false;
    outbox_.clear();
    outbox_frames_ = 0;
    statistics().outbox_frames = 0;
    unimplemented_ = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
    if (unimplemented_) MARK("adapter.session_unimplemented");
    connect_at_ = now() + back_off();
    context_.bell.ring();
    idle_.notify_all();
}

void SessionLink::shut_down() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    end_call();
    idle_.wait(lock, [this] { return call_ == nullptr; });
}

}  // namespace

std::unique_ptr<Link> make_session_link(const LinkContext& context) {
    return std::make_unique<SessionLink>(context);
}

}  // namespace ayni::adapter
