#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>

#include "ayni/adapter/v1/wallet_adapter_service.pb.h"
#include "ayni/walletsim/v1/wallet_sim_service.pb.h"

/// Server ends of gRPC calls that the bookkeeper answers later, from its own thread.
namespace ayni::walletsim {

/// A unary call. Whoever answers first wins; a cancelled call needs no answer.
template <typename Response>
class UnaryCall final : public grpc::ServerUnaryReactor {
public:
    using Pointer = std::shared_ptr<UnaryCall>;

    /// Lives until gRPC is done with it and the last copy of the pointer is gone.
    static Pointer make(Response* response) {
        Pointer call(new UnaryCall(response));
        call->self_ = call;
        return call;
    }

    void answer(Response&& response) {
        if (answered_.exchange(true)) return;
        *response_ = std::move(response);
        this->Finish(grpc::Status::OK);
    }
    void fail(const grpc::Status& status) {
        if (!answered_.exchange(true)) this->Finish(status);
    }

    void OnCancel() override { fail(grpc::Status::CANCELLED); }
    void OnDone() override { self_.reset(); }

private:
    explicit UnaryCall(Response* response) : response_(response) {}

    Response* const response_;
    std::atomic<bool> answered_{false};
    Pointer self_;
};

/// Refuses a unary call at once.
template <typename Response>
grpc::ServerUnaryReactor* refuse(Response* response, const grpc::Status& status) {
    const auto call = UnaryCall<Response>::make(response);
    call->fail(status);
    return call.get();
}

inline auto& frames_of(adapter::v1::SessionResponse& message) { return *message.mutable_frames(); }
inline auto& frames_of(v1::StreamPayResponse& message) { return *message.mutable_payments(); }

/// Counts of one kind of stream, over all streams.
struct StreamStatistics {
    std::atomic<std::uint64_t> frames_written{0};
    std::atomic<std::uint64_t> writes{0};
};

/// A stream whose messages become jobs of the bookkeeper and whose answers are staged while jobs
/// are applied, and sent, all together, after the commit.
template <typename Request, typename Response>
class JobStream : public grpc::ServerBidiReactor<Request, Response>,
                  public std::enable_shared_from_this<JobStream<Request, Response>> {
public:
    static constexpr int most_frames_per_message = 512;
    static constexpr int most_messages_in_work = 64;
    static constexpr std::size_t most_unwritten_messages = 256;

    explicit JobStream(StreamStatistics& statistics) : statistics_(statistics) {}

    /// Once, after it was made by make_shared.
    void start() {
        self_ = this->shared_from_this();
        read();
    }

    /// The bookkeeper's thread: an answer for the next flush.
    auto& stage() {
        if (staged_.empty() || frames_of(*staged_.back()).size() >= most_frames_per_message) {
            staged_.push_back(std::make_unique<Response>());
        }
        return *frames_of(*staged_.back()).Add();
    }

    /// The bookkeeper's thread: sends what was staged.
    void flush() {
        if (staged_.empty()) return;
        const std::lock_guard lock(mutex_);
        while (!staged_.empty()) {
            append(std::move(staged_.front()));
            staged_.pop_front();
        }
        write_next();
    }

    /// The stream stays open for `count` more answers, also when the client has said all.
    void expect(int count) {
        const std::lock_guard lock(mutex_);
        owed_ += count;
        finish_if_done();
    }

    /// A message that `received` took was dealt with.
    void done_with_message() {
        const std::lock_guard lock(mutex_);
        --in_work_;
        read_if_room();
        finish_if_done();
    }

    void refuse(const grpc::Status& status) {
        const std::lock_guard lock(mutex_);
        finish(status);
    }

    void OnReadDone(bool ok) final {
        // Out of `request_` before anybody else may begin the next read into it.
        decltype(request_) request;
        {
            const std::lock_guard lock(mutex_);
            request = std::move(request_);
            reading_ = false;
            if (!ok) {
                client_is_done_ = true;
                finish_if_done();
                return;
            }
            ++in_work_;
        }
        received(std::move(request));
        const std::lock_guard lock(mutex_);
        read_if_room();
    }

    void OnWriteDone(bool ok) final {
        const std::lock_guard lock(mutex_);
        writing_.reset();
        if (ok) {
            write_next();
            read_if_room();
            finish_if_done();
        } else {
            finish(grpc::Status::CANCELLED);
        }
    }

    void OnCancel() final {
        const std::lock_guard lock(mutex_);
        finish(grpc::Status::CANCELLED);
    }

    void OnDone() final { self_.reset(); }

protected:
    /// One message arrived; `done_with_message` must follow.
    virtual void received(std::unique_ptr<Request> request) = 0;

private:
    // All under the mutex.

    void append(std::unique_ptr<Response> message) {
        if (finished_) return;
        auto& frames = frames_of(*message);
        if (!unwritten_.empty() &&
            frames_of(*unwritten_.back()).size() + frames.size() <= most_frames_per_message) {
            auto& waiting = frames_of(*unwritten_.back());
            for (auto& frame : frames) waiting.Add()->Swap(&frame);
        } else {
            unwritten_.push_back(std::move(message));
        }
    }

    void write_next() {
        if (finished_ || writing_ || unwritten_.empty()) return;
        writing_ = std::move(unwritten_.front());
        unwritten_.pop_front();
        ++statistics_.writes;
        statistics_.frames_written += static_cast<std::uint64_t>(frames_of(*writing_).size());
        this->StartWrite(writing_.get());
    }

    void read() {
        reading_ = true;
        request_ = std::make_unique<Request>();
        this->StartRead(request_.get());
    }

    void read_if_room() {
        if (finished_ || reading_ || client_is_done_) return;
        if (in_work_ >= most_messages_in_work || unwritten_.size() >= most_unwritten_messages) {
            return;
        }
        read();
    }

    void finish_if_done() {
        const bool is_quiet = in_work_ == 0 && owed_ == 0 && !writing_ && unwritten_.empty();
        if (client_is_done_ && is_quiet) finish(grpc::Status::OK);
    }

    void finish(const grpc::Status& status) {
        if (finished_) return;
        finished_ = true;
        unwritten_.clear();
        this->Finish(status);
    }

    std::mutex mutex_;
    StreamStatistics& statistics_;
    std::shared_ptr<JobStream> self_;
    std::unique_ptr<Request> request_;
    std::deque<std::unique_ptr<Response>> staged_;
    std::deque<std::unique_ptr<Response>> unwritten_;
    std::unique_ptr<Response> writing_;
    int in_work_ = 0;
    int owed_ = 0;
    bool reading_ = false;
    bool client_is_done_ = false;
    bool finished_ = false;
};

}  // namespace ayni::walletsim
