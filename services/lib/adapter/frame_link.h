#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>

#include <deque>

#include "adapter/link.h"

/// Private to this library.
namespace ayni::adapter {

/// A link whose messages are frames on one stream at a time, whoever opened it. Frames wait,
/// already serialised, until the write before them is done, and then go together.
class FrameLink : public Link {
public:
    explicit FrameLink(const LinkContext& context) : Link(context) {}

    [[nodiscard]] bool send_accept(const AcceptRequest& request) final;
    [[nodiscard]] bool send_outcome(const OutcomeNotice& notice) final;

protected:
    // The stream, by whoever has it. Under the mutex, between `open` and `close` only.
    virtual void start_read() = 0;
    virtual void start_write(grpc::ByteBuffer message) = 0;
    /// Nothing more is started on it; what was started still reports.
    virtual void hang_up() = 0;

    // Under the mutex. `open` on the timer thread, and only when nothing is undelivered, so that
    // one thread at a time delivers.

    [[nodiscard]] bool is_open() const { return is_open_; }
    /// Whether an echo was answered on the stream, now or before it was closed.
    [[nodiscard]] bool was_connected() const { return was_connected_; }
    [[nodiscard]] bool is_undelivered() const { return undelivered_ != nullptr; }
    /// There is a stream: asks whether anybody is there, and reads.
    void open();
    /// Idempotent.
    void close();
    /// The stream is gone: what waited for it is lost.
    void forget();
    /// Heartbeats, and the end of patience; returns when it wants to be called again. Not while
    /// closed.
    [[nodiscard]] std::chrono::nanoseconds tend(std::chrono::nanoseconds now);

    // Without the mutex.

    /// What the switch could not take before. Timer thread.
    void offer_again();
    /// A serialised message of the institution's frames, or the end.
    void take(bool ok, grpc::ByteBuffer& message);
    void written(bool ok);

    mutable std::mutex mutex_;

private:
    /// Frames that go in one message.
    struct Chunk {
        std::string wire;
        std::size_t frames = 0;
    };
    /// A received message and how far it was handed to the switch.
    struct Inbox {
        google::protobuf::Arena arena;
        v1::SessionResponse* message = nullptr;
        int next = 0;

        [[nodiscard]] bool parse(grpc::ByteBuffer& bytes);
    };

    bool may_send();
    template <typename Message>
    void enqueue(const Message& message);
    void write_next();
    void beat(std::chrono::nanoseconds now);
    /// Hands the rest of `inbox` to the switch, without the mutex. False when it can not take more.
    bool deliver(Inbox& inbox);
    bool deliver_echo();
    /// Either reads on, or keeps what could not be delivered for the timer. Without the mutex.
    void read_on(std::unique_ptr<Inbox> inbox, bool delivered);

    bool is_open_ = false;
    bool was_connected_ = false;
    bool is_writing_ = false;
    std::deque<Chunk> outbox_;
    std::size_t outbox_frames_ = 0;
    std::unique_ptr<Inbox> inbox_;  ///< Between two messages.
    std::unique_ptr<Inbox> undelivered_;
    std::chrono::nanoseconds give_up_at_{0};
    std::chrono::nanoseconds beat_at_{0};
    int missed_ = 0;
    std::uint64_t nonce_ = 0;

    /// Something arrived since the last heartbeat.
    std::atomic<bool> heard_{false};
    /// The switch knows that this stream is connected. Whoever delivers, one thread at a time.
    bool announced_ = false;

    v1::AcceptTransferRequest accept_;
    v1::NotifyOutcomeRequest outcome_;
    v1::EchoRequest echo_;
};

}  // namespace ayni::adapter
