#include "rpc/transfer_stream.h"

#include "rpc/call.h"
#include "rpc/mapping_transfer.h"

namespace ayni::rpc {
namespace {

/// Reads while there is room for more payments in work, and writes what answers there are in one
/// message whenever the last write is over.
class TransferStream final : public TransferStreamReactor,
                             public PaymentSink,
                             public Drainable,
                             private Completable {
public:
    TransferStream(Core& core, const grpc::CallbackServerContext& context)
        : core_(core), context_(context) {
        core_.open_calls.fetch_add(1, std::memory_order_relaxed);
        core_.metrics.open_streams.fetch_add(1, std::memory_order_relaxed);
        core_.streams.add(this);
    }

    void begin();
    void drain() override;

private:
    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnDone() override;

    void start_reading();
    void reject(const ErrorDetail& error);
    void take_request();
    void refuse_request(const ErrorDetail& error);
    void answered(std::size_t index, const PaymentAnswer& answer) override;
    void complete() override;

    // With the mutex held.
    void add_reply(const PaymentAnswer& answer);
    void advance();
    /// Answers that wait for the caller to read take room, too: one that sends and never reads is
    /// not read either, instead of being remembered without bound.
    [[nodiscard]] bool has_room() const {
        const auto unwritten = static_cast<std::size_t>(gathering_.replies_size());
        return in_work_ + unwritten < core_.options.limits.stream_payments;
    }

    Core& core_;
    const grpc::CallbackServerContext& context_;
    Caller caller_;
    v1::StreamTransfersRequest request_;

    std::mutex mutex_;
    v1::StreamTransfersResponse gathering_;
    v1::StreamTransfersResponse writing_;
    std::size_t in_work_ = 0;
    bool is_reading_ = false;
    bool is_read_to_the_end_ = false;
    bool is_taking_ = false;  ///< A request is being handed over; its answers are flushed after it.
    bool is_writing_ = false;
    bool is_flush_due_ = false;
    bool is_broken_ = false;
    bool is_finished_ = false;
    std::optional<ErrorDetail> end_;
};

void TransferStream::begin() {
    auto caller = authorise(core_, context_, Rpc::stream_transfers);
    if (!caller) return reject(caller.error());
    caller_ = std::move(*caller);
    if (caller_.participant != nullptr) return start_reading();
    find_participant_of(core_, caller_, [this](std::optional<ErrorDetail> error) {
        error ? reject(*error) : start_reading();
    });
}

void TransferStream::reject(const ErrorDetail& error) {
    core_.metrics.count(Rpc::stream_transfers, error.code, 0, std::chrono::nanoseconds(0));
    const std::lock_guard lock(mutex_);
    end_ = error;
    advance();
}

void TransferStream::start_reading() {
    const std::lock_guard lock(mutex_);
    advance();
}

void TransferStream::drain() {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = stopping();
    advance();
}

void TransferStream::OnReadDone(bool ok) {
    {
        const std::lock_guard lock(mutex_);
        is_reading_ = false;
        if (!ok || is_finished_) {
            is_read_to_the_end_ = true;
            return advance();
        }
        in_work_ += static_cast<std::size_t>(request_.transfers_size());
        is_taking_ = true;
    }
    take_request();
    const std::lock_guard lock(mutex_);
    is_taking_ = false;
    advance();
}

void TransferStream::take_request() {
    const int count = request_.transfers_size();
    if (count > max_batch_payments) {
        Violations wrong;
        wrong.add("transfers", "must have at most 1000 elements");
        return refuse_request(malformed_request(std::move(wrong)));
    }
    if (count == 0) return;
    if (!try_enter(core_, caller_.participant, static_cast<std::uint32_t>(count))) {
        return refuse_request(overloaded());
    }
    start_payments(core_, caller_, request_.transfers(), answer_by(core_, context_), *this);
}

void TransferStream::refuse_request(const ErrorDetail& error) {
    const std::lock_guard lock(mutex_);
    for (const v1::NewTransfer& transfer : request_.transfers()) {
        PaymentAnswer answer;
        answer.requested_id = transfer.transfer_id();
        answer.error = error;
        answer.started = core_.now();
        add_reply(answer);
    }
}

void TransferStream::answered(std::size_t /*index*/, const PaymentAnswer& answer) {
    leave(core_, caller_.participant, 1);
    const std::lock_guard lock(mutex_);
    add_reply(answer);
    if (is_taking_ || is_flush_due_) return;
    // Answers that are not given while a request is taken come on the completion thread.
    is_flush_due_ = true;
    core_.completion.after_gathered(this);
}

void TransferStream::complete() {
    const std::lock_guard lock(mutex_);
    is_flush_due_ = false;
    advance();
}

void TransferStream::add_reply(const PaymentAnswer& answer) {
    const auto code = answer.error ? answer.error->code : grpc::StatusCode::OK;
    core_.metrics.count(Rpc::stream_transfers, code, 1, core_.now() - answer.started);
    to_message(answer, *gathering_.add_replies());
    gathering_.set_as_of_sequence(std::max(gathering_.as_of_sequence(), answer.as_of.value()));
    ASSERT(in_work_ > 0);
    --in_work_;
}

void TransferStream::advance() {
    if (is_finished_) return;
    if (!is_writing_ && !is_broken_ && gathering_.replies_size() > 0) {
        writing_.Swap(&gathering_);
        gathering_.Clear();
        is_writing_ = true;
        StartWrite(&writing_);
    }
    const bool wants_more = !end_ && !is_read_to_the_end_;
    if (wants_more && !is_reading_ && !is_taking_ && has_room()) {
        is_reading_ = true;
        StartRead(&request_);
    }
    const bool is_idle = in_work_ == 0 && !is_taking_ && !is_writing_ && !is_flush_due_ &&
                         (is_broken_ || gathering_.replies_size() == 0);
    if (wants_more || !is_idle) return;
    is_finished_ = true;
    Finish(end_ ? to_grpc_status(*end_) : grpc::Status::OK);
}

void TransferStream::OnWriteDone(bool ok) {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    if (!ok) {
        is_broken_ = true;
        if (!end_) end_ = stopping();
    }
    advance();
}

void TransferStream::OnDone() {
    core_.streams.remove(this);
    core_.metrics.open_streams.fetch_sub(1, std::memory_order_relaxed);
    core_.open_calls.fetch_sub(1, std::memory_order_release);
    delete this;
}

}  // namespace

TransferStreamReactor* start_transfer_stream(Core& core, grpc::CallbackServerContext& context) {
    auto* stream = new TransferStream(core, context);
    stream->begin();
    return stream;
}

}  // namespace ayni::rpc
