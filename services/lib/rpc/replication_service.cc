#include "rpc/replication_service.h"

#include <algorithm>

namespace ayni::rpc {
namespace {

using replication::v1::FollowRequest;
using replication::v1::FollowResponse;

/// How long callers wait for a follower that stands still, once.
constexpr std::chrono::seconds patience{1};

void fill(FollowResponse& response, const journal::BatchHeader& durable) {
    response.set_batch_number(durable.number.value());
    response.set_epoch(durable.epoch.value());
    response.set_hash(durable.hash.data(), durable.hash.size());
}

}  // namespace

/// One follower, from its call to its end; destroys itself. The service's mutex guards it.
class ReplicationService::Stream final : public Reactor, public Drainable {
public:
    Stream(ReplicationService& service, grpc::CallbackServerContext& context)
        : service_(service), core_(service.core_), context_(context), started_(core_.now()) {
        core_.open_calls.fetch_add(1, std::memory_order_relaxed);
    }

    void begin() {
        const auto caller = authorise(core_, context_, Rpc::follow);
        if (!caller) return end(caller.error());
        if (!core_.parts.sequencer.statistics().is_leading.load()) return end(refusal(core_));
        core_.streams.add(this);
        is_open_ = true;
        service_.add(*this);
        StartRead(&request_);
    }

    /// With the mutex held.
    void send(const journal::BatchHeader& durable) {
        if (is_ended_) return;
        if (is_writing_) {
            waiting_ = durable;
            return;
        }
        is_writing_ = true;
        fill(response_, durable);
        StartWrite(&response_);
    }

    /// With the mutex held.
    [[nodiscard]] bool remembers(base::BatchNumber number) const { return remembered_ >= number; }

    /// With the mutex held.
    void give_up() { context_.TryCancel(); }

    void drain() override {
        const std::lock_guard lock(service_.mutex_);
        if (!is_ended_) end(stopping());
    }

private:
    void OnReadDone(bool ok) override {
        const std::lock_guard lock(service_.mutex_);
        if (!ok) {
            if (!is_ended_) end(std::nullopt);
            return;
        }
        remembered_ = base::BatchNumber(request_.batch_number());
        service_.remembered_.notify_all();
        if (!is_ended_) StartRead(&request_);
    }

    void OnWriteDone(bool ok) override {
        const std::lock_guard lock(service_.mutex_);
        is_writing_ = false;
        if (!ok || !waiting_) return;
        const journal::BatchHeader next = *waiting_;
        waiting_.reset();
        send(next);
    }

    void OnDone() override {
        if (is_open_) {
            service_.remove(*this);
            core_.streams.remove(this);
        }
        core_.metrics.count(Rpc::follow, code_, 0, core_.now() - started_);
        core_.open_calls.fetch_sub(1, std::memory_order_release);
        delete this;
    }

    void end(const std::optional<ErrorDetail>& error) {
        is_ended_ = true;
        if (error) code_ = error->code;
        Finish(error ? to_grpc_status(*error) : grpc::Status::OK);
    }

    ReplicationService& service_;
    Core& core_;
    grpc::CallbackServerContext& context_;
    const std::chrono::nanoseconds started_;
    FollowRequest request_;
    FollowResponse response_;
    std::optional<journal::BatchHeader> waiting_;
    base::BatchNumber remembered_;
    grpc::StatusCode code_ = grpc::StatusCode::OK;
    bool is_open_ = false;
    bool is_writing_ = false;
    bool is_ended_ = false;
};

ReplicationService::Reactor* ReplicationService::Follow(grpc::CallbackServerContext* context) {
    auto* stream = new Stream(*this, *context);
    stream->begin();
    return stream;
}

void ReplicationService::add(Stream& stream) {
    const std::lock_guard lock(mutex_);
    streams_.insert(&stream);
    if (told_) stream.send(*told_);
}

void ReplicationService::remove(Stream& stream) {
    const std::lock_guard lock(mutex_);
    streams_.erase(&stream);
    remembered_.notify_all();
}

void ReplicationService::tell(const journal::BatchHeader& durable) {
    std::unique_lock lock(mutex_);
    told_ = durable;
    for (Stream* stream : streams_) stream->send(durable);
    const auto remembers = [&](const Stream* stream) { return stream->remembers(durable.number); };
    const bool do_all = remembered_.wait_for(
        lock, patience, [&] { return std::all_of(streams_.begin(), streams_.end(), remembers); });
    if (do_all) return;
    for (auto at = streams_.begin(); at != streams_.end();) {
        if (remembers(*at)) {
            ++at;
            continue;
        }
        (*at)->give_up();
        at = streams_.erase(at);
        core_.metrics.followers_given_up.fetch_add(1, std::memory_order_relaxed);
    }
}

std::size_t ReplicationService::followers() const {
    const std::lock_guard lock(mutex_);
    return streams_.size();
}

}  // namespace ayni::rpc
