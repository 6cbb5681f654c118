#include "rpc/ledger_stream.h"

#include <deque>

#include "rpc/call.h"
#include "rpc/mapping_ledger.h"

namespace ayni::rpc {
namespace {

class LedgerStream;

/// One request of the stream and its response; used again for later ones, with all its memory.
struct Slot final : sequencer::Submission, Completable {
    explicit Slot(LedgerStream& owner) : stream(owner) {}

    void applied(base::Sequence as_of) override;
    void abandoned() override;
    void complete() override;

    LedgerStream& stream;
    v1::StreamCreateTransfersRequest request;
    v1::StreamCreateTransfersResponse response;
    std::chrono::nanoseconds started{0};
    base::Sequence applied_as_of;  ///< Zero unless the request was applied.
    std::uint32_t items = 0;       ///< Room that it holds in the limits.
    bool is_ready = false;
};

/// Reads ahead while earlier requests are in work, and writes responses in the order of requests.
class LedgerStream final : public LedgerStreamReactor, public Drainable, private Completable {
public:
    LedgerStream(Core& core, const grpc::CallbackServerContext& context)
        : core_(core), context_(context) {
        core_.open_calls.fetch_add(1, std::memory_order_relaxed);
        core_.metrics.open_streams.fetch_add(1, std::memory_order_relaxed);
        core_.streams.add(this);
    }

    void begin();
    void drain() override;
    void hand_over(Slot& slot) { core_.completion.push(&slot); }
    void settle(Slot& slot);

private:
    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnDone() override;

    void start_reading();
    void reject(const ErrorDetail& error);
    void take(Slot& slot);
    void refuse(Slot& slot, const ErrorDetail& error);
    void complete() override;

    // With the mutex held.
    void advance();
    void write_head();
    void read_next();
    void recycle_head();
    [[nodiscard]] bool has_room() const {
        return in_order_.size() < core_.options.limits.stream_requests &&
               transfers_ < core_.options.limits.stream_transfers;
    }

    Core& core_;
    const grpc::CallbackServerContext& context_;
    Caller caller_;

    std::mutex mutex_;
    std::deque<std::unique_ptr<Slot>> in_order_;
    std::vector<std::unique_ptr<Slot>> free_;
    std::unique_ptr<Slot> reading_;
    std::size_t transfers_ = 0;
    bool is_taking_ = false;
    bool is_read_to_the_end_ = false;
    bool is_writing_ = false;
    bool has_written_ = false;
    bool is_flush_due_ = false;
    bool is_broken_ = false;
    bool is_finished_ = false;
    std::optional<ErrorDetail> end_;
};

void Slot::applied(base::Sequence as_of) {
    applied_as_of = as_of;
    stream.hand_over(*this);
}

void Slot::abandoned() { stream.hand_over(*this); }

void Slot::complete() { stream.settle(*this); }

void LedgerStream::begin() {
    auto caller = authorise(core_, context_, Rpc::stream_create_ledger_transfers);
    if (!caller) return reject(caller.error());
    caller_ = std::move(*caller);
    if (caller_.participant != nullptr) return start_reading();
    find_participant_of(core_, caller_, [this](std::optional<ErrorDetail> error) {
        error ? reject(*error) : start_reading();
    });
}

void LedgerStream::reject(const ErrorDetail& error) {
    core_.metrics.count(Rpc::stream_create_ledger_transfers, error.code, 0,
                        std::chrono::nanoseconds(0));
    const std::lock_guard lock(mutex_);
    end_ = error;
    advance();
}

void LedgerStream::start_reading() {
    const std::lock_guard lock(mutex_);
    advance();
}

void LedgerStream::drain() {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = stopping();
    advance();
}

void LedgerStream::OnReadDone(bool ok) {
    Slot* slot = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (!ok || is_finished_) {
            reading_.reset();
            is_read_to_the_end_ = true;
            return advance();
        }
        slot = reading_.get();
        slot->started = core_.now();
        transfers_ += static_cast<std::size_t>(slot->request.transfers_size());
        in_order_.push_back(std::move(reading_));
        is_taking_ = true;
    }
    take(*slot);
    const std::lock_guard lock(mutex_);
    is_taking_ = false;
    advance();
}

/// From `submit` on the slot may be answered at any time.
void LedgerStream::take(Slot& slot) {
    Violations wrong;
    encode(slot.request.transfers(), caller_.id(), slot.commands, wrong);
    if (!wrong.empty()) return refuse(slot, malformed_request(std::move(wrong)));
    const auto items = static_cast<std::uint32_t>(slot.request.transfers_size());
    if (!try_enter(core_, caller_.participant, items)) return refuse(slot, overloaded());
    slot.items = items;
    if (!core_.parts.sequencer.submit(&slot, sequencer::Lane::admission)) {
        leave(core_, caller_.participant, items);
        slot.items = 0;
        refuse(slot, refusal(core_));
    }
}

void LedgerStream::refuse(Slot& slot, const ErrorDetail& error) {
    core_.metrics.count(Rpc::stream_create_ledger_transfers, error.code, 0,
                        core_.now() - slot.started);
    const std::lock_guard lock(mutex_);
    slot.response.set_code(static_cast<int>(error.code));
    slot.response.set_message(error.message);
    slot.is_ready = true;
}

/// The completion thread.
void LedgerStream::settle(Slot& slot) {
    leave(core_, caller_.participant, slot.items);
    if (slot.applied_as_of.is_zero()) {
        refuse(slot, stopping());
    } else {
        ASSERT(slot.outcomes.size() == slot.items);
        add_statuses(slot.outcomes, *slot.response.mutable_statuses());
        slot.response.set_as_of_sequence(slot.applied_as_of.value());
        core_.metrics.count(Rpc::stream_create_ledger_transfers, grpc::StatusCode::OK, slot.items,
                            core_.now() - slot.started);
    }
    const std::lock_guard lock(mutex_);
    slot.is_ready = true;
    if (is_flush_due_) return;
    is_flush_due_ = true;
    core_.completion.after_gathered(this);
}

void LedgerStream::complete() {
    const std::lock_guard lock(mutex_);
    is_flush_due_ = false;
    advance();
}

void LedgerStream::advance() {
    if (is_finished_) return;
    while (is_broken_ && !is_writing_ && !in_order_.empty() && in_order_.front()->is_ready) {
        recycle_head();
    }
    const bool is_head_ready = !in_order_.empty() && in_order_.front()->is_ready;
    if (is_head_ready && !is_writing_) write_head();
    const bool wants_more = !end_ && !is_read_to_the_end_;
    if (wants_more && !is_taking_ && reading_ == nullptr && has_room()) read_next();
    const bool is_idle = in_order_.empty() && !is_taking_ && !is_writing_ && !is_flush_due_;
    if (wants_more || !is_idle) return;
    is_finished_ = true;
    Finish(end_ ? to_grpc_status(*end_) : grpc::Status::OK);
}

void LedgerStream::write_head() {
    is_writing_ = true;
    // What is ready behind it goes out with it, in one piece; but not the first, which carries the
    // stream's metadata: gRPC would complete it only once something else pushes it to the wire.
    const bool more_follow = has_written_ && in_order_.size() > 1 && in_order_[1]->is_ready;
    has_written_ = true;
    grpc::WriteOptions options;
    if (more_follow) options.set_buffer_hint();
    StartWrite(&in_order_.front()->response, options);
}

void LedgerStream::read_next() {
    if (free_.empty()) free_.push_back(std::make_unique<Slot>(*this));
    reading_ = std::move(free_.back());
    free_.pop_back();
    StartRead(&reading_->request);
}

void LedgerStream::recycle_head() {
    std::unique_ptr<Slot> slot = std::move(in_order_.front());
    in_order_.pop_front();
    transfers_ -= static_cast<std::size_t>(slot->request.transfers_size());
    slot->response.Clear();
    slot->commands.clear();
    slot->outcomes.clear();
    slot->applied_as_of = base::Sequence();
    slot->items = 0;
    slot->is_ready = false;
    free_.push_back(std::move(slot));
}

void LedgerStream::OnWriteDone(bool ok) {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    if (!ok) {
        is_broken_ = true;
        if (!end_) end_ = stopping();
    }
    recycle_head();
    advance();
}

void LedgerStream::OnDone() {
    core_.streams.remove(this);
    core_.metrics.open_streams.fetch_sub(1, std::memory_order_relaxed);
    core_.open_calls.fetch_sub(1, std::memory_order_release);
    delete this;
}

}  // namespace

LedgerStreamReactor* start_ledger_stream(Core& core, grpc::CallbackServerContext& context) {
    auto* stream = new LedgerStream(core, context);
    stream->begin();
    return stream;
}

}  // namespace ayni::rpc
