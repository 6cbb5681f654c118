#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "loadtest/lane.h"
#include "loadtest/unary_lane.h"

namespace ayni::loadtest {

/// One bidirectional stream with up to `in_flight` items unanswered. `Method` as for UnaryLane,
/// with
///
///     static open(Stub&, context, reactor)
///     static constexpr bool is_ordered      one response message for each request message, in
///     order add(Request&, std::uint32_t slot)     one more item, marked with `slot` unless ordered
///     for_each_reply(const Response&, visit(slot, failure reason or null, detail))
///
/// The next message is made before the one in hand is written, so that gRPC can be told whether
/// more follows at once; it then puts many messages into one frame of TCP.
template <typename Method>
class StreamLane final
    : public Lane,
      private grpc::ClientBidiReactor<typename Method::Request, typename Method::Response> {
public:
    using Stub = typename Method::Stub;
    using Request = typename Method::Request;
    using Response = typename Method::Response;

    /// `items_of_message`: how many items may share a message when several are due; 1 for ordered
    /// streams.
    StreamLane(std::unique_ptr<Stub> stub, std::size_t in_flight, std::size_t items_of_message,
               const CallOptions& call_options, Method method)
        : stub_(std::move(stub)),
          items_of_message_(Method::is_ordered ? 1 : items_of_message),
          method_(std::move(method)),
          due_(in_flight, idle),
          response_(google::protobuf::Arena::CreateMessage<Response>(&arena_)) {
        for (auto& message : messages_) {
            message = google::protobuf::Arena::CreateMessage<Request>(&arena_);
        }
        for (std::size_t i = in_flight; i-- > 0;) free_.push_back(static_cast<std::uint32_t>(i));
        if (!call_options.identity.empty()) {
            context_.AddMetadata("x-ayni-identity", call_options.identity);
        }
    }

    void start(Work& work, const Window& window) override {
        work_ = &work;
        tally_.window = window;
        // Named here, where the private base is known.
        grpc::ClientBidiReactor<Request, Response>* reactor = this;
        Method::open(*stub_, &context_, reactor);
        this->AddHold();
        this->StartRead(response_);
        this->StartCall();
    }

    bool offer() override { return pump(); }

    [[nodiscard]] std::uint64_t in_flight() const override {
        const std::lock_guard lock(mutex_);
        return is_broken_ ? 0 : due_.size() - free_.size();
    }

    void close() override {
        {
            const std::lock_guard lock(mutex_);
            is_closing_ = true;
        }
        context_.TryCancel();
        this->RemoveHold();
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return is_done_; });
    }

    [[nodiscard]] const Tally& tally() const override { return tally_; }

private:
    /// Fills the message to write and the one behind it, and writes the first unless a write is in
    /// hand. True when it wrote.
    bool pump() {
        grpc::WriteOptions options;
        Request* message = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (is_writing_ || is_broken_) return false;
            const std::int64_t now = steady_nanoseconds();
            if (!is_filled_) is_filled_ = fill(now);
            if (!is_filled_) return false;
            message = messages_[current_];
            current_ ^= 1U;
            is_filled_ = fill(now);
            if (is_filled_) options.set_buffer_hint();
            is_writing_ = true;
        }
        this->StartWrite(message, options);
        return true;
    }

    /// Under mutex_. Takes work into `messages_[current_]`; false when there is none.
    bool fill(std::int64_t now) {
        Request& message = *messages_[current_];
        method_.clear(message);
        std::size_t items = 0;
        std::int64_t due = 0;
        while (items < items_of_message_ && !free_.empty() && work_->take(now, due)) {
            const std::uint32_t slot = take_slot();
            due_[slot] = due;
            method_.add(message, slot);
            ++items;
        }
        return items > 0;
    }

    std::uint32_t take_slot() {
        std::uint32_t slot = free_.back();
        free_.pop_back();
        if constexpr (Method::is_ordered) {
            // Replies come in order, so slots can be used in turn; free_ only counts them.
            slot = next_slot_;
            next_slot_ = next_slot_ + 1 == due_.size() ? 0 : next_slot_ + 1;
        }
        return slot;
    }

    void OnWriteDone(bool ok) override {
        {
            const std::lock_guard lock(mutex_);
            is_writing_ = false;
            if (!ok) note_broken();
        }
        if (ok) pump();
    }

    void OnReadDone(bool ok) override {
        if (!ok) {
            const std::lock_guard lock(mutex_);
            note_broken();
            return;
        }
        const std::int64_t now = steady_nanoseconds();
        {
            const std::lock_guard lock(mutex_);
            Method::for_each_reply(
                *response_, [&](std::uint32_t slot, const char* reason, const std::string& detail) {
                    if constexpr (Method::is_ordered) {
                        slot = next_reply_;
                        next_reply_ = next_reply_ + 1 == due_.size() ? 0 : next_reply_ + 1;
                    }
                    take_reply(slot, now, reason, detail);
                });
        }
        this->StartRead(response_);
        pump();
    }

    /// Under mutex_. Whether it was close() that ended the stream decides if that is a failure.
    void note_broken() {
        is_broken_ = true;
        if (!is_closing_) broke_early_ = true;
    }

    void take_reply(std::uint32_t slot, std::int64_t now, const char* reason,
                    const std::string& detail) {
        if (slot >= due_.size() || due_[slot] == idle) {
            tally_.failed(now, 1, "UNEXPECTED_REPLY", detail);
            return;
        }
        const std::int64_t due = std::exchange(due_[slot], idle);
        free_.push_back(slot);
        if (reason == nullptr) {
            tally_.succeeded(due, now, 1);
        } else {
            tally_.failed(due, 1, reason, detail);
        }
    }

    void OnDone(const grpc::Status& status) override {
        const std::lock_guard lock(mutex_);
        is_broken_ = true;
        // Not asked for: a failure even when nothing was in flight at the time.
        if (broke_early_) {
            tally_.failed(
                tally_.window.start, 1, "STREAM_ENDED",
                std::string(code_name(status.error_code())) + " " + status.error_message());
        }
        for (const std::int64_t due : due_) {
            if (due == idle) continue;
            tally_.failed(due, 1, code_name(status.error_code()), status.error_message());
        }
        is_done_ = true;
        done_.notify_all();
    }

    static constexpr std::int64_t idle = -1;

    const std::unique_ptr<Stub> stub_;
    const std::size_t items_of_message_;
    grpc::ClientContext context_;
    Work* work_ = nullptr;
    Tally tally_;
    mutable std::mutex mutex_;  // of all below
    std::condition_variable done_;
    Method method_;
    std::vector<std::int64_t> due_;  // by slot
    std::vector<std::uint32_t> free_;
    std::uint32_t next_slot_ = 0;
    std::uint32_t next_reply_ = 0;
    google::protobuf::Arena arena_;
    std::array<Request*, 2> messages_{};
    unsigned current_ = 0;
    bool is_filled_ = false;
    bool is_writing_ = false;
    bool is_broken_ = false;
    bool broke_early_ = false;
    bool is_closing_ = false;
    bool is_done_ = false;
    Response* response_;
};

}  // namespace ayni::loadtest
