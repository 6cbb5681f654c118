#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loadtest/lane.h"

namespace ayni::loadtest {

/// The gRPC code by the name that its documentation uses: "RESOURCE_EXHAUSTED".
[[nodiscard]] const char* code_name(int code);

struct CallOptions {
    /// Metadata "x-ayni-identity" of connections without TLS; empty with TLS.
    std::string identity;
    std::chrono::milliseconds deadline{30'000};

    void apply(grpc::ClientContext& context) const {
        if (!identity.empty()) context.AddMetadata("x-ayni-identity", identity);
        context.set_deadline(std::chrono::system_clock::now() + deadline);
    }
};

/// Unary calls, up to `in_flight` at a time. `Method` names the request and response types and the
/// stub, makes a request once, refills it in place, and reads a response:
///
///     Request, Response, Stub, static call(Stub&, context, request, response, callback),
///     refill(Request&), tally(const Response&, std::int64_t due, std::int64_t now, Tally&)
///
/// Each slot owns a Method, its messages (on one arena) and its context, so that slots share
/// nothing but the list of free ones.
template <typename Method>
class UnaryLane final : public Lane {
public:
    using Stub = typename Method::Stub;

    /// `make_method(slot)` is called once for each slot.
    template <typename MakeMethod>
    UnaryLane(std::unique_ptr<Stub> stub, std::size_t in_flight, CallOptions call_options,
              MakeMethod&& make_method)
        : stub_(std::move(stub)), call_options_(std::move(call_options)) {
        for (std::size_t i = 0; i < in_flight; ++i) {
            slots_.push_back(std::make_unique<Slot>(make_method(i)));
            free_.push_back(slots_.back().get());
        }
    }

    void start(Work& work, const Window& window) override {
        work_ = &work;
        tally_.window = window;
    }

    bool offer() override {
        Slot* slot = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (free_.empty() || is_closed_) return false;
            slot = free_.back();
            free_.pop_back();
        }
        if (!work_->take(steady_nanoseconds(), slot->due)) {
            release(*slot);
            return false;
        }
        send(*slot);
        return true;
    }

    [[nodiscard]] std::uint64_t in_flight() const override {
        const std::lock_guard lock(mutex_);
        return slots_.size() - free_.size();
    }

    void close() override {
        std::unique_lock lock(mutex_);
        is_closed_ = true;
        for (const auto& slot : slots_) {
            if (slot->is_sent) slot->context->TryCancel();
        }
        all_free_.wait(lock, [this] { return free_.size() == slots_.size(); });
    }

    [[nodiscard]] const Tally& tally() const override { return tally_; }

private:
    struct Slot {
        explicit Slot(Method made)
            : method(std::move(made)),
              request(google::protobuf::Arena::CreateMessage<typename Method::Request>(&arena)),
              response(google::protobuf::Arena::CreateMessage<typename Method::Response>(&arena)) {}

        Method method;
        google::protobuf::Arena arena;
        typename Method::Request* request;
        typename Method::Response* response;
        std::optional<grpc::ClientContext> context;
        std::int64_t due = 0;
        bool is_sent = false;  // under mutex_
    };

    void send(Slot& slot) {
        slot.method.refill(*slot.request);
        {
            // close() must not cancel a context that is being made.
            const std::lock_guard lock(mutex_);
            slot.context.emplace();
            slot.is_sent = true;
        }
        call_options_.apply(*slot.context);
        Method::call(*stub_, &*slot.context, slot.request, slot.response,
                     [this, &slot](const grpc::Status& status) { answered(slot, status); });
    }

    void answered(Slot& slot, const grpc::Status& status) {
        const std::int64_t now = steady_nanoseconds();
        if (status.ok()) {
            slot.method.tally(*slot.response, slot.due, now, tally_);
        } else {
            tally_.failed(slot.due, slot.method.items(), code_name(status.error_code()),
                          status.error_message());
        }
        bool again = false;
        {
            const std::lock_guard lock(mutex_);
            slot.is_sent = false;
            again = !is_closed_;
        }
        if (again && work_->take(now, slot.due)) {
            send(slot);
        } else {
            release(slot);
        }
    }

    void release(Slot& slot) {
        const std::lock_guard lock(mutex_);
        free_.push_back(&slot);
        all_free_.notify_all();
    }

    const std::unique_ptr<Stub> stub_;
    const CallOptions call_options_;
    Work* work_ = nullptr;
    Tally tally_;
    mutable std::mutex mutex_;
    std::condition_variable all_free_;
    bool is_closed_ = false;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<Slot*> free_;
};

}  // namespace ayni::loadtest
