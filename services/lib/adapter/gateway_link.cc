#include "adapter/gateway_link.h"

#include <utility>

#include "base/mark.h"

namespace ayni::adapter {
namespace {

const grpc::Status& stopping() {
    static const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "The switch stops.");
    return status;
}
const grpc::Status& replaced() {
    static const grpc::Status status(grpc::StatusCode::ABORTED,
                                     "The institution has connected anew.");
    return status;
}
const grpc::Status& silent() {
    static const grpc::Status status(grpc::StatusCode::DEADLINE_EXCEEDED,
                                     "No echo was answered in time.");
    return status;
}

}  // namespace

bool GatewayLink::attach(GatewayStream& stream) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    ++attached_;
    stream.attached(*this);
    if (GatewayStream* waiting = std::exchange(next_, &stream); waiting != nullptr) {
        waiting->end(replaced());
    }
    if (stream_ != nullptr) {
        MARK("adapter.gateway_replaced");
        close();
    }
    context_.bell.ring();
    return true;
}

std::chrono::nanoseconds GatewayLink::run(std::chrono::nanoseconds now) {
    offer_again();
    const std::lock_guard lock(mutex_);
    judge_health(now);
    if (stopping_) return never;
    if (stream_ != nullptr) return is_open() ? tend(now) : never;
    if (is_undelivered()) return now + options().reply_retry;
    if (next_ == nullptr) return never;
    stream_ = std::exchange(next_, nullptr);
    has_said_all_ = false;
    open();
    return now + options().connect_timeout;
}

void GatewayLink::hang_up() {
    if (stopping_) return stream_->end(stopping());
    if (has_said_all_) return stream_->end(grpc::Status::OK);
    stream_->end(next_ != nullptr ? replaced() : silent());
}

void GatewayLink::read_done(bool ok, grpc::ByteBuffer message) {
    if (!ok) has_said_all_ = true;
    take(ok, message);
}

void GatewayLink::gone(GatewayStream& stream) {
    const std::lock_guard lock(mutex_);
    --attached_;
    if (next_ == &stream) next_ = nullptr;
    if (stream_ == &stream) {
        close();
        if (!was_connected()) ++statistics().failed_attempts;
        stream_ = nullptr;
        forget();
    }
    context_.bell.ring();
    idle_.notify_all();
}

void GatewayLink::shut_down() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    if (next_ != nullptr) next_->end(stopping());
    close();
    idle_.wait(lock, [this] { return attached_ == 0; });
}

}  // namespace ayni::adapter
