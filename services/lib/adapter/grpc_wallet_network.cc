#include "adapter/grpc_wallet_network.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <thread>
#include <unordered_map>

#include "adapter/gateway_link.h"
#include "base/assert.h"

namespace ayni::adapter {
namespace {

/// An institution and the link in use, which changes once at most: from session to unary.
struct Peer {
    LinkStatistics statistics;
    std::shared_ptr<grpc::Channel> channel;
    std::uint64_t seed = 0;
    std::unique_ptr<Link> first;
    std::unique_ptr<Link> fallback;
    std::atomic<Link*> link{nullptr};
    std::atomic<GatewayLink*> gateway{nullptr};  ///< The same, of an institution that calls.
};

std::shared_ptr<grpc::Channel> make_channel(
    const WalletNetworkOptions& options, const LinkConfiguration& link,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    // The link has its own patience; the channel's must not add to it.
    const int first = static_cast<int>(options.backoff_at_first.count());
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, first);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, first);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                     static_cast<int>(options.connect_timeout.count()));
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetMaxReceiveMessageSize(options.received_message_bytes);
    return grpc::CreateCustomChannel(link.endpoint, credentials, arguments);
}

}  // namespace

struct GrpcWalletNetwork::State {
    WalletNetworkOptions options;
    std::vector<LinkConfiguration> links;
    std::vector<std::unique_ptr<Peer>> peers;
    std::unordered_map<base::ParticipantId, std::size_t> index;
    const base::Clock& clock;
    Bell bell;
    std::atomic<bool> stopping{false};
    std::thread timer;

    LinkContext context_of(std::size_t i, WalletReplies& replies) {
        Peer& peer = *peers[i];
        return {options, links[i], peer.channel, clock, bell, peer.statistics, replies, peer.seed};
    }

    [[nodiscard]] Link* link_of(base::ParticipantId participant) const {
        const auto found = index.find(participant);
        if (found == index.end()) return nullptr;
        return peers[found->second]->link.load(std::memory_order_acquire);
    }

    [[nodiscard]] Peer* caller_of(std::string_view code) const {
        for (std::size_t i = 0; i < links.size(); ++i) {
            if (links[i].code == code && links[i].style == LinkStyle::gateway) return &*peers[i];
        }
        return nullptr;
    }

    void start(std::size_t i, WalletReplies& replies) {
        Peer& peer = *peers[i];
        const LinkContext context = context_of(i, replies);
        switch (links[i].style) {
            case LinkStyle::session: peer.first = make_session_link(context); break;
            case LinkStyle::unary: peer.first = make_unary_link(context); break;
            case LinkStyle::gateway: {
                auto link = std::make_unique<GatewayLink>(context);
                peer.gateway.store(link.get(), std::memory_order_release);
                peer.first = std::move(link);
                break;
            }
        }
        peer.statistics.speaks_unary = links[i].style == LinkStyle::unary;
        peer.link.store(peer.first.get(), std::memory_order_release);
    }

    void fall_back(std::size_t i, WalletReplies& replies) {
        Peer& peer = *peers[i];
        peer.fallback = make_unary_link(context_of(i, replies));
        peer.statistics.speaks_unary = true;
        peer.link.store(peer.fallback.get(), std::memory_order_release);
    }

    void run_timers(WalletReplies& replies) {
        while (!stopping) {
            auto due = std::chrono::nanoseconds::max();
            for (std::size_t i = 0; i < peers.size(); ++i) {
                Link* link = peers[i]->link.load(std::memory_order_relaxed);
                if (link->is_unimplemented() && !peers[i]->fallback) {
                    fall_back(i, replies);
                    link = peers[i]->fallback.get();
                }
                due = std::min(due, link->run(clock.steady()));
            }
            constexpr std::chrono::nanoseconds longest = std::chrono::seconds(1);
            const auto wait = std::min(due - clock.steady(), longest);
            if (wait.count() > 0) bell.wait_for(wait);
        }
    }
};

GrpcWalletNetwork::GrpcWalletNetwork(const WalletNetworkOptions& options,
                                     std::vector<LinkConfiguration> links,
                                     const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                     const base::Clock& clock, base::Random& random)
    : state_(new State{.options = options,
                       .links = std::move(links),
                       .peers = {},
                       .index = {},
                       .clock = clock,
                       .bell = {},
                       .stopping = false,
                       .timer = {}}) {
    for (std::size_t i = 0; i < state_->links.size(); ++i) {
        auto peer = std::make_unique<Peer>();
        if (state_->links[i].style != LinkStyle::gateway) {
            peer->channel = make_channel(state_->options, state_->links[i], credentials);
        }
        peer->seed = random.next();
        state_->peers.push_back(std::move(peer));
        state_->index.emplace(state_->links[i].participant, i);
    }
    ASSERT(state_->index.size() == state_->links.size());
}

GrpcWalletNetwork::~GrpcWalletNetwork() { stop(); }

void GrpcWalletNetwork::start(WalletReplies& replies) {
    ASSERT(!state_->timer.joinable());
    for (std::size_t i = 0; i < state_->peers.size(); ++i) {
        state_->start(i, replies);
    }
    state_->timer = std::thread([this, &replies] { state_->run_timers(replies); });
}

void GrpcWalletNetwork::stop() {
    if (!state_->timer.joinable()) return;
    state_->stopping = true;
    state_->bell.ring();
    state_->timer.join();
    for (const auto& peer : state_->peers) {
        peer->first->shut_down();
        if (peer->fallback) peer->fallback->shut_down();
    }
}

bool GrpcWalletNetwork::is_connected(base::ParticipantId participant) const {
    const Link* link = state_->link_of(participant);
    return link != nullptr && link->is_connected();
}

bool GrpcWalletNetwork::send_accept(base::ParticipantId payee, const AcceptRequest& request) {
    Link* link = state_->link_of(payee);
    return link != nullptr && link->send_accept(request);
}

bool GrpcWalletNetwork::send_outcome(base::ParticipantId to, const OutcomeNotice& notice) {
    Link* link = state_->link_of(to);
    return link != nullptr && link->send_outcome(notice);
}

bool GrpcWalletNetwork::attach(std::string_view code, GatewayStream& stream) {
    Peer* peer = state_->caller_of(code);
    GatewayLink* link = peer != nullptr ? peer->gateway.load(std::memory_order_acquire) : nullptr;
    return link != nullptr && link->attach(stream);
}

bool GrpcWalletNetwork::expects(std::string_view code) const {
    return state_->caller_of(code) != nullptr;
}

const std::vector<LinkConfiguration>& GrpcWalletNetwork::links() const { return state_->links; }

const LinkStatistics& GrpcWalletNetwork::statistics(std::size_t index) const {
    return state_->peers.at(index)->statistics;
}

}  // namespace ayni::adapter
