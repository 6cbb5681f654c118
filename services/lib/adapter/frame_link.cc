#include "adapter/frame_link.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::adapter {
namespace {

grpc::ByteBuffer to_buffer(std::string&& wire) {
    auto owned = std::make_unique<std::string>(std::move(wire));
    std::string* text = owned.release();
    const grpc::Slice slice(
        text->data(), text->size(), [](void* data) { delete static_cast<std::string*>(data); },
        text);
    return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

bool FrameLink::Inbox::parse(grpc::ByteBuffer& bytes) {
    arena.Reset();
    next = 0;
    message = google::protobuf::Arena::CreateMessage<v1::SessionResponse>(&arena);
    return grpc::GenericDeserialize<grpc::ProtoBufferReader, v1::SessionResponse>(&bytes, message)
        .ok();
}

bool FrameLink::send_accept(const AcceptRequest& request) {
    const std::lock_guard lock(mutex_);
    if (!may_send()) return false;
    to_message(request, accept_);
    enqueue(accept_);
    return true;
}

bool FrameLink::send_outcome(const OutcomeNotice& notice) {
    const std::lock_guard lock(mutex_);
    if (!may_send()) return false;
    to_message(notice, outcome_);
    enqueue(outcome_);
    return true;
}

bool FrameLink::may_send() {
    if (!is_connected() || !is_open_) return false;
    if (outbox_frames_ < options().outbox_frames) return true;
    ++statistics().outbox_refusals;
    return false;
}

template <typename Message>
void FrameLink::enqueue(const Message& message) {
    if (outbox_.empty() || outbox_.back().frames >= options().frames_per_message ||
        outbox_.back().wire.size() >= options().bytes_per_message) {
        outbox_.emplace_back();
    }
    append_frame(message, outbox_.back().wire);
    ++outbox_.back().frames;
    statistics().outbox_frames.store(++outbox_frames_, std::memory_order_relaxed);
    if (!is_writing_) write_next();
}

void FrameLink::write_next() {
    if (outbox_.empty() || !is_open_) return;
    Chunk chunk = std::move(outbox_.front());
    outbox_.pop_front();
    outbox_frames_ -= chunk.frames;
    statistics().outbox_frames.store(outbox_frames_, std::memory_order_relaxed);
    statistics().frames_sent += chunk.frames;
    ++statistics().writes;
    is_writing_ = true;
    start_write(to_buffer(std::move(chunk.wire)));
}

void FrameLink::open() {
    ASSERT(!is_open_ && outbox_.empty() && undelivered_ == nullptr);
    is_open_ = true;
    was_connected_ = false;
    is_writing_ = false;
    announced_ = false;
    missed_ = 0;
    give_up_at_ = now() + options().connect_timeout;
    if (!inbox_) inbox_ = std::make_unique<Inbox>();
    start_read();
    echo_.set_nonce(++nonce_);
    enqueue(echo_);
}

void FrameLink::close() {
    if (!is_open_) return;
    is_open_ = false;
    if (note_disconnected()) MARK("adapter.session_lost");
    hang_up();
}

void FrameLink::forget() {
    ASSERT(!is_open_);
    is_writing_ = false;
    outbox_.clear();
    outbox_frames_ = 0;
    statistics().outbox_frames = 0;
}

void FrameLink::beat(std::chrono::nanoseconds now) {
    if (now < beat_at_) return;
    beat_at_ = now + options().heartbeat;
    // What the switch could not take yet also keeps us from hearing: no fault of the institution.
    const bool heard = heard_.exchange(false) || undelivered_ != nullptr;
    missed_ = heard ? 0 : missed_ + 1;
    if (missed_ >= options().heartbeats_missed) {
        MARK("adapter.heartbeats_missed");
        close();
        return;
    }
    echo_.set_nonce(++nonce_);
    enqueue(echo_);
}

std::chrono::nanoseconds FrameLink::tend(std::chrono::nanoseconds now) {
    if (is_connected()) {
        beat(now);
    } else if (now >= give_up_at_) {
        close();
    }
    if (undelivered_) return now + options().reply_retry;
    return is_connected() ? beat_at_ : give_up_at_;
}

void FrameLink::offer_again() {
    std::unique_ptr<Inbox> again;
    {
        const std::lock_guard lock(mutex_);
        again = std::move(undelivered_);
    }
    if (!again) return;
    const bool delivered = deliver(*again);
    read_on(std::move(again), delivered);
}

bool FrameLink::deliver_echo() {
    if (announced_) return true;
    {
        const std::lock_guard lock(mutex_);
        if (!is_open_) return true;
        if (!is_connected()) {
            heard_ = true;
            beat_at_ = now() + options().heartbeat;
            was_connected_ = true;
            note_connected();
            context_.bell.ring();
        }
    }
    if (!offer_connected()) return false;
    announced_ = true;
    return true;
}

bool FrameLink::deliver(Inbox& inbox) {
    const int count = inbox.message->frames_size();
    for (; inbox.next < count; ++inbox.next) {
        const Reply reply = reply_of(inbox.message->frames(inbox.next));
        const bool taken = reply.kind == Reply::Kind::echo ? deliver_echo() : offer(reply);
        if (!taken) return false;
        statistics().frames_received.fetch_add(1, std::memory_order_relaxed);
    }
    return true;
}

void FrameLink::read_on(std::unique_ptr<Inbox> inbox, bool delivered) {
    const std::lock_guard lock(mutex_);
    if (!delivered) {
        MARK("adapter.reading_paused");
        ++statistics().reads_paused;
        undelivered_ = std::move(inbox);
        return;
    }
    inbox_ = std::move(inbox);
    if (is_open_) start_read();
}

void FrameLink::take(bool ok, grpc::ByteBuffer& message) {
    std::unique_ptr<Inbox> inbox;
    if (ok) {
        const std::lock_guard lock(mutex_);
        inbox = std::move(inbox_);
    }
    if (!ok || !inbox->parse(message)) {
        const std::lock_guard lock(mutex_);
        if (inbox) inbox_ = std::move(inbox);
        close();
        return;
    }
    heard_.store(true, std::memory_order_relaxed);
    const bool delivered = deliver(*inbox);
    read_on(std::move(inbox), delivered);
    if (!delivered) context_.bell.ring();
}

void FrameLink::written(bool ok) {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    if (ok) {
        write_next();
    } else {
        close();
    }
}

}  // namespace ayni::adapter
