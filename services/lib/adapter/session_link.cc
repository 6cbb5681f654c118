#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include "adapter/frame_link.h"
#include "base/assert.h"
#include "base/mark.h"

namespace ayni::adapter {
namespace {

/// A link that calls: the institution serves WalletAdapterService.Session.
class SessionLink final : public FrameLink {
public:
    explicit SessionLink(const LinkContext& context) : FrameLink(context), stub_(context.channel) {}

    std::chrono::nanoseconds run(std::chrono::nanoseconds now) override;
    void shut_down() override;
    bool is_unimplemented() const override { return unimplemented_; }

private:
    using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>;

    /// One attempt at a session. Deleted in `call_done`.
    class Call final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
    public:
        explicit Call(SessionLink& link) : link_(link) { link_.prepare(context); }
        void OnReadDone(bool ok) override { link_.take(ok, reading); }
        void OnWriteDone(bool ok) override { link_.written(ok); }
        void OnDone(const grpc::Status& status) override { link_.call_done(status); }

        grpc::ClientContext context;
        grpc::ByteBuffer writing;
        grpc::ByteBuffer reading;

    private:
        SessionLink& link_;
    };

    void start_read() override { call_->StartRead(&call_->reading); }
    void start_write(grpc::ByteBuffer message) override {
        call_->writing = std::move(message);
        call_->StartWrite(&call_->writing);
    }
    void hang_up() override {
        call_->context.TryCancel();
        call_->RemoveHold();
    }

    void connect();
    void call_done(const grpc::Status& status);

    std::condition_variable idle_;
    Stub stub_;
    Call* call_ = nullptr;
    bool stopping_ = false;
    std::atomic<bool> unimplemented_{false};
    std::chrono::nanoseconds connect_at_{0};
};

void SessionLink::connect() {
    ASSERT(call_ == nullptr);
    call_ = new Call(*this);
    stub_.PrepareBidiStreamingCall(&call_->context, "/ayni.adapter.v1.WalletAdapterService/Session",
                                   {}, call_);
    // Writes start outside of reactions: the hold keeps the call alive for them.
    call_->AddHold();
    open();
    call_->StartCall();
}

std::chrono::nanoseconds SessionLink::run(std::chrono::nanoseconds now) {
    offer_again();
    const std::lock_guard lock(mutex_);
    judge_health(now);
    if (stopping_ || unimplemented_) return never;
    if (call_ != nullptr) return is_open() ? tend(now) : never;
    if (is_undelivered()) return now + options().reply_retry;
    if (now < connect_at_) return connect_at_;
    connect();
    return now + options().connect_timeout;
}

void SessionLink::call_done(const grpc::Status& status) {
    // All under the mutex: shut_down lets this be destroyed as soon as it sees that the call is
    // gone. The call's context goes first: were it the last to hold the channel, gRPC would end its
    // threads on one of them.
    const std::lock_guard lock(mutex_);
    ASSERT(call_ != nullptr && !is_open());
    if (!was_connected()) ++statistics().failed_attempts;
    unimplemented_ = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
    if (unimplemented_) MARK("adapter.session_unimplemented");
    delete call_;
    call_ = nullptr;
    forget();
    connect_at_ = now() + back_off();
    context_.bell.ring();
    idle_.notify_all();
}

void SessionLink::shut_down() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    close();
    idle_.wait(lock, [this] { return call_ == nullptr; });
}

}  // namespace

std::unique_ptr<Link> make_session_link(const LinkContext& context) {
    return std::make_unique<SessionLink>(context);
}

}  // namespace ayni::adapter
