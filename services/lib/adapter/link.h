#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>

#include "adapter/grpc_wallet_network.h"
#include "adapter/mapping.h"

/// What the two kinds of link have in common. Private to this library.
namespace ayni::adapter {

/// Wakes the timer thread before its time.
class Bell {
public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            rung_ = true;
        }
        rings_.notify_one();
    }
    void wait_for(std::chrono::nanoseconds duration) {
        std::unique_lock lock(mutex_);
        rings_.wait_for(lock, duration, [this] { return rung_; });
        rung_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable rings_;
    bool rung_ = false;
};

/// What a link is made of and whom it works for; all outlive it.
struct LinkContext {
    const WalletNetworkOptions& options;
    const LinkConfiguration& configuration;
    std::shared_ptr<grpc::Channel> channel;
    const base::Clock& clock;
    Bell& bell;
    LinkStatistics& statistics;
    WalletReplies& replies;
    std::uint64_t seed;
};

/// One institution's link. send_* and is_connected on any thread; `run` on the timer thread only.
class Link {
public:
    explicit Link(const LinkContext& context)
        : context_(context), random_(context.seed), down_since_(context.clock.steady()) {}
    virtual ~Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool is_connected() const {
        return context_.statistics.connected.load(std::memory_order_acquire);
    }
    [[nodiscard]] virtual bool send_accept(const AcceptRequest& request) = 0;
    [[nodiscard]] virtual bool send_outcome(const OutcomeNotice& notice) = 0;

    /// Does what is due at `now`; returns when it wants to be called again.
    virtual std::chrono::nanoseconds run(std::chrono::nanoseconds now) = 0;
    /// Ends everything and waits for the end. Not on a gRPC thread.
    virtual void shut_down() = 0;
    /// The institution does not have what this kind of link needs.
    [[nodiscard]] virtual bool is_unimplemented() const { return false; }

protected:
    static constexpr auto never = std::chrono::nanoseconds::max();

    [[nodiscard]] const WalletNetworkOptions& options() const { return context_.options; }
    [[nodiscard]] LinkStatistics& statistics() const { return context_.statistics; }
    [[nodiscard]] std::chrono::nanoseconds now() const { return context_.clock.steady(); }

    void prepare(grpc::ClientContext& context) const {
        if (!options().insecure_identity.empty()) {
            context.AddMetadata("x-ayni-identity", options().insecure_identity);
        }
    }

    // The following four under the link's own mutex.

    void note_connected() {
        failures_ = 0;
        statistics().connected.store(true, std::memory_order_release);
        statistics().up = true;
        ++statistics().connections;
    }
    /// Whether it was connected until now.
    bool note_disconnected() {
        if (!statistics().connected.exchange(false)) return false;
        down_since_ = now();
        ++statistics().disconnections;
        return true;
    }
    /// How long to wait after one more failure: doubles, give or take a half.
    std::chrono::nanoseconds back_off() {
        const int doublings = std::min(failures_++, 16);
        const std::chrono::nanoseconds most = options().backoff_at_most;
        const auto exact = std::min(options().backoff_at_first * (std::int64_t{1} << doublings),
                                    options().backoff_at_most);
        const std::chrono::nanoseconds wait = exact;
        const auto jitter = random_.below(static_cast<std::uint64_t>(wait.count()));
        return std::min(most, wait / 2 + std::chrono::nanoseconds(jitter));
    }
    void judge_health(std::chrono::nanoseconds at) {
        if (is_connected()) return;
        if (failures_ >= options().failures_until_down ||
            at - down_since_ >= options().down_after) {
            statistics().up = false;
        }
    }

    /// Offers an answer to the switch; false when it can not take it now. Without the mutex.
    [[nodiscard]] bool offer(const Reply& reply) const {
        WalletReplies& replies = context_.replies;
        const base::ParticipantId by = context_.configuration.participant;
        switch (reply.kind) {
            case Reply::Kind::accepted: return replies.accepted(by, reply.id);
            case Reply::Kind::refused: return replies.refused(by, reply.id, reply.reason);
            case Reply::Kind::acknowledged: return replies.acknowledged(by, reply.id);
            case Reply::Kind::refused_after_commit:
                return replies.refused_after_commit(by, reply.id, reply.reason);
            case Reply::Kind::malformed: ++statistics().malformed_frames; return true;
            case Reply::Kind::echo: return true;
        }
        return true;
    }
    [[nodiscard]] bool offer_connected() const {
        return context_.replies.connected(context_.configuration.participant);
    }

    const LinkContext context_;

private:
    base::SeededRandom random_;
    int failures_ = 0;
    std::chrono::nanoseconds down_since_;
};

[[nodiscard]] std::unique_ptr<Link> make_session_link(const LinkContext& context);
[[nodiscard]] std::unique_ptr<Link> make_unary_link(const LinkContext& context);

}  // namespace ayni::adapter
