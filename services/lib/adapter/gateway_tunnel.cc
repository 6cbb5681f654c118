#include "adapter/gateway_tunnel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "ayni/adapter/v1/participant_gateway_service.grpc.pb.h"
#include "ayni/adapter/v1/wallet_adapter_service.grpc.pb.h"
#include "base/assert.h"

namespace ayni::adapter {
namespace {

/// A switch that does not answer a ping within so long is away; as often it is asked.
constexpr int keepalive_ms = 2'000;

std::shared_ptr<grpc::Channel> channel_to(
    const std::string& endpoint, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const GatewayTunnel::Options& options) {
    grpc::ChannelArguments arguments;
    const int first = static_cast<int>(options.backoff_at_first.count());
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, first);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, first);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_ms);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    return grpc::CreateCustomChannel(endpoint, credentials, arguments);
}

void say_who(grpc::ClientContext& context, const std::string& identity) {
    if (!identity.empty()) context.AddMetadata("x-ayni-identity", identity);
}

}  // namespace

struct GatewayTunnel::State {
    using Gateway = v1::ParticipantGatewayService;
    using Wallet = v1::WalletAdapterService;

    /// The two calls of one attempt. Each is cancelled when the other one ends.
    struct Attempt {
        grpc::ClientContext to_switch;
        grpc::ClientContext to_institution;

        void cancel() {
            to_switch.TryCancel();
            to_institution.TryCancel();
        }
    };

    void run();
    /// Whether a switch said something.
    bool connect(Gateway::Stub& stub, Attempt& attempt);
    bool rest(std::chrono::milliseconds pause);

    Options options;
    std::vector<std::unique_ptr<Gateway::Stub>> switches;
    std::unique_ptr<Wallet::Stub> institution;
    Statistics statistics;
    std::mutex mutex;
    std::condition_variable stops;
    bool is_stopping = false;
    Attempt* attempt = nullptr;  // while it may be cancelled
    std::thread thread;
};

bool GatewayTunnel::State::connect(Gateway::Stub& stub, Attempt& calls) {
    const auto outside = stub.Connect(&calls.to_switch);
    const auto inside = institution->Session(&calls.to_institution);
    bool was_connected = false;
    std::thread inwards([&] {
        v1::ConnectResponse heard;
        v1::SessionRequest passed;
        while (outside->Read(&heard)) {
            if (!was_connected) {
                was_connected = true;
                ++statistics.connections;
                statistics.is_connected = true;
            }
            passed.mutable_frames()->Swap(heard.mutable_frames());
            if (!inside->Write(passed)) break;
            passed.clear_frames();
        }
        calls.cancel();
    });
    v1::SessionResponse said;
    v1::ConnectRequest passed;
    while (inside->Read(&said)) {
        passed.mutable_frames()->Swap(said.mutable_frames());
        if (!outside->Write(passed)) break;
        passed.clear_frames();
    }
    calls.cancel();
    inwards.join();
    static_cast<void>(inside->Finish());
    static_cast<void>(outside->Finish());
    statistics.is_connected = false;
    return was_connected;
}

/// Whether to go on.
bool GatewayTunnel::State::rest(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex);
    return !stops.wait_for(lock, pause, [this] { return is_stopping; });
}

void GatewayTunnel::State::run() {
    std::chrono::milliseconds pause = options.backoff_at_first;
    std::size_t turn = 0;
    for (;;) {
        Attempt calls;
        say_who(calls.to_switch, options.insecure_identity);
        say_who(calls.to_institution, options.identity_of_switch);
        {
            const std::lock_guard lock(mutex);
            if (is_stopping) return;
            attempt = &calls;
        }
        const bool was_connected = connect(*switches[turn], calls);
        {
            const std::lock_guard lock(mutex);
            attempt = nullptr;
        }
        if (was_connected) {
            pause = options.backoff_at_first;
        } else {
            ++statistics.failures;
            turn = (turn + 1) % switches.size();
            // Every switch is asked before it waits for longer.
            if (turn == 0) pause = std::min(2 * pause, options.backoff_at_most);
        }
        if (!rest(pause)) return;
    }
}

GatewayTunnel::GatewayTunnel(Options options,
                             const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                             const std::shared_ptr<grpc::Channel>& institution)
    : state_(std::make_unique<State>()) {
    ASSERT(!options.switches.empty());
    for (const std::string& endpoint : options.switches) {
        state_->switches.push_back(
            State::Gateway::NewStub(channel_to(endpoint, credentials, options)));
    }
    state_->institution = State::Wallet::NewStub(institution);
    state_->options = std::move(options);
    state_->thread = std::thread([state = state_.get()] { state->run(); });
}

GatewayTunnel::~GatewayTunnel() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->is_stopping = true;
        if (state_->attempt != nullptr) state_->attempt->cancel();
    }
    state_->stops.notify_all();
    state_->thread.join();
}

const GatewayTunnel::Statistics& GatewayTunnel::statistics() const { return state_->statistics; }

}  // namespace ayni::adapter
