#include "rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <thread>

#include "adapter/grpc_process.h"
#include "rpc/admin_service.h"
#include "rpc/core.h"
#include "rpc/credentials.h"
#include "rpc/disbursement_service.h"
#include "rpc/gateway_service.h"
#include "rpc/ledger_service.h"
#include "rpc/replication_service.h"
#include "rpc/settlement_service.h"
#include "rpc/transfer_service.h"

namespace ayni::rpc {
namespace {

constexpr int receive_bytes = 16 << 20;  // the batch doors; field limits bound all others
constexpr int metadata_bytes = 8 << 10;
constexpr int keepalive_ms = 30'000;
constexpr int keepalive_timeout_ms = 10'000;
constexpr int least_ping_interval_ms = 500;  // an institution may ask each second whether we live

void configure(grpc::ServerBuilder& builder, const Limits& limits) {
    builder.SetMaxReceiveMessageSize(receive_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, metadata_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               limits.concurrent_streams_per_connection);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_timeout_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               least_ping_interval_ms);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    grpc::ResourceQuota quota("ayni.rpc");
    quota.Resize(limits.memory_bytes);
    builder.SetResourceQuota(quota);
}

/// Both are switches of the whole process, read when a server is built.
void enable_health_and_reflection() {
    grpc::EnableDefaultHealthCheckService(true);
    static const bool is_on = [] {
        grpc::reflection::InitProtoReflectionServerBuilderPlugin();
        return true;
    }();
    ASSERT(is_on);
}

}  // namespace

struct Server::State {
    using Time = std::chrono::steady_clock::time_point;

    State(const Options& options, const Parts& parts)
        : core(options, parts),
          transfers(core),
          ledger(core),
          admin(core),
          settlement(core),
          disbursement(core),
          replication(core),
          gateway(core) {}

    [[nodiscard]] base::Result<std::shared_ptr<grpc::ServerCredentials>> credentials() const;
    void set_health(bool is_serving);
    void wait_for_calls(Time until) const;
    void end_gateways(Time until);

    Core core;
    TransferService transfers;
    LedgerService ledger;
    AdminService admin;
    SettlementService settlement;
    DisbursementService disbursement;
    ReplicationService replication;
    GatewayService gateway;
    std::unique_ptr<grpc::Server> server;
    int port = 0;
};

base::Result<std::shared_ptr<grpc::ServerCredentials>> Server::State::credentials() const {
    if (!core.options.insecure_loopback) return server_credentials(core.options);
    if (!is_loopback(core.options.listen)) {
        return base::failure("insecure_loopback",
                             "\"" + core.options.listen + "\" is not a loopback address");
    }
    return grpc::InsecureServerCredentials();
}

void Server::State::set_health(bool is_serving) {
    grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
    ASSERT(health != nullptr);
    health->SetServingStatus(is_serving);  // all that are known, and ""
    for (const RpcRow& row : rpc_table()) {
        const std::string_view service = row.full_name.substr(0, row.full_name.rfind('.'));
        health->SetServingStatus(std::string(service), is_serving);
    }
}

void Server::State::wait_for_calls(Time until) const {
    while (core.open_calls.load(std::memory_order_acquire) != 0 &&
           std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

/// What is in work may need them, so they end behind it, or when its time is over.
void Server::State::end_gateways(Time until) {
    if (core.gateways.empty()) return;
    wait_for_calls(until);
    core.gateways.drain_all();
}

Server::Server(const Options& options, const Parts& parts)
    : state_(std::make_unique<State>(options, parts)) {}

Server::~Server() { stop(); }

base::Result<void> Server::start() {
    ASSERT(state_->server == nullptr);
    adapter::prepare_grpc_process();
    auto credentials = state_->credentials();
    if (!credentials) return tl::unexpected(credentials.error());
    enable_health_and_reflection();
    grpc::ServerBuilder builder;
    configure(builder, state_->core.options.limits);
    builder.AddListeningPort(state_->core.options.listen, *credentials, &state_->port);
    builder.RegisterService(&state_->transfers);
    builder.RegisterService(&state_->ledger);
    builder.RegisterService(&state_->admin);
    builder.RegisterService(&state_->settlement);
    builder.RegisterService(&state_->disbursement);
    builder.RegisterService(&state_->replication);
    builder.RegisterService(&state_->gateway);
    state_->server = builder.BuildAndStart();
    if (state_->server == nullptr || state_->port == 0) {
        return base::failure("listen", "can not listen on \"" + state_->core.options.listen + "\"");
    }
    state_->set_health(true);
    return {};
}

void Server::stop() {
    if (state_->server == nullptr) return;
    state_->core.is_stopping.store(true, std::memory_order_release);
    state_->set_health(false);
    state_->core.streams.drain_all();
    // One drain for both.
    const State::Time until = std::chrono::steady_clock::now() + state_->core.options.drain;
    state_->end_gateways(until);
    state_->server->Shutdown(std::chrono::system_clock::now() +
                             (until - std::chrono::steady_clock::now()));
    state_->wait_for_calls(State::Time::max());
    while (!state_->core.gateways.empty()) std::this_thread::yield();
    state_->server.reset();
}

void Server::tell_followers(const journal::BatchHeader& durable) {
    state_->replication.tell(durable);
}

std::size_t Server::followers() const { return state_->replication.followers(); }

int Server::port() const { return state_->port; }

const Metrics& Server::metrics() const { return state_->core.metrics; }

std::uint32_t Server::items_in_flight() const {
    return static_cast<std::uint32_t>(state_->core.in_flight.count());
}

const Limits& Server::limits() const { return state_->core.options.limits; }

}  // namespace ayni::rpc
