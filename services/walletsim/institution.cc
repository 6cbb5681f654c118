#include "walletsim/institution.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "adapter/gateway_tunnel.h"
#include "telemetry/http_server.h"
#include "walletsim/metrics.h"
#include "walletsim/sim_service.h"
#include "walletsim/wallet_service.h"

namespace ayni::walletsim {
namespace {

constexpr std::chrono::milliseconds drain_time{500};

bool is_loopback(const std::string& address) {
    return address.starts_with("127.0.0.1:") || address.starts_with("localhost:") ||
           address.starts_with("[::1]:");
}

struct Credentials {
    std::shared_ptr<grpc::ChannelCredentials> channel;
    std::shared_ptr<grpc::ServerCredentials> server;
};

base::Result<Credentials> make_credentials(const InstitutionOptions& options) {
    if (options.insecure) {
        if (!is_loopback(options.listen)) {
            return base::failure("--listen", "must be a loopback address without TLS, is \"" +
                                                 options.listen + "\"");
        }
        return Credentials{grpc::InsecureChannelCredentials(), grpc::InsecureServerCredentials()};
    }
    auto channel = adapter::tls_channel_credentials(options.tls);
    if (!channel) return tl::unexpected(channel.error());
    auto server = adapter::tls_server_credentials(options.tls);
    if (!server) return tl::unexpected(server.error());
    return Credentials{std::move(*channel), std::move(*server)};
}

SwitchClient::Options client_options(const InstitutionOptions& options) {
    return {.endpoints = options.switch_endpoints,
            .style = options.payer_style,
            .insecure_identity =
                options.insecure ? "participant/" + options.participant : std::string()};
}

/// Of a server without a port, which is reached from within the process only.
constexpr std::string_view identity_within = "switch/ayni";

adapter::GatewayTunnel::Options tunnel_options(const InstitutionOptions& options) {
    return {.switches = options.switch_endpoints,
            .insecure_identity =
                options.insecure ? "participant/" + options.participant : std::string(),
            .identity_of_switch = std::string(identity_within)};
}

}  // namespace

struct Institution::State {
    State(const InstitutionOptions& options, std::unique_ptr<Store> opened,
          const Credentials& credentials)
        : behaviour(options.behaviour),
          books({.currency = options.currency, .open_on_credit = options.open_on_credit}),
          store(std::move(opened)),
          bookkeeper(books, *store),
          client(client_options(options), options.currency, credentials.channel),
          desk(bookkeeper, client),
          wallet({.insecure = options.insecure, .session = options.session}, bookkeeper, behaviour),
          wallet_within({.insecure = true, .session = true}, bookkeeper, behaviour),
          sim({.participant = options.participant, .insecure = options.insecure}, bookkeeper, desk,
              behaviour),
          metrics(bookkeeper, client, desk,
                  options.calls_switch ? wallet_within.statistics() : wallet.statistics()) {}

    base::Result<void> serve(const InstitutionOptions& options, const Credentials& credentials);
    base::Result<void> call_switch(const InstitutionOptions& options,
                                   const Credentials& credentials);

    Behaviour behaviour;
    Books books;
    std::unique_ptr<Store> store;
    Bookkeeper bookkeeper;
    SwitchClient client;
    PaymentDesk desk;
    WalletService wallet;
    WalletService wallet_within;
    SimService sim;
    Metrics metrics;
    std::unique_ptr<telemetry::HttpServer> http;
    std::unique_ptr<grpc::Server> server;
    std::unique_ptr<grpc::Server> server_within;
    std::unique_ptr<adapter::GatewayTunnel> tunnel;
    std::string address;
};

base::Result<void> Institution::State::call_switch(const InstitutionOptions& options,
                                                   const Credentials& credentials) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&wallet_within);
    server_within = builder.BuildAndStart();
    if (!server_within) return base::failure("--gateway", "can not serve the switch");
    tunnel = std::make_unique<adapter::GatewayTunnel>(
        tunnel_options(options), credentials.channel,
        server_within->InProcessChannel(grpc::ChannelArguments()));
    return {};
}

base::Result<void> Institution::State::serve(const InstitutionOptions& options,
                                             const Credentials& credentials) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(options.listen, credentials.server, &port);
    // Two programs on one port would share its connections.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(&wallet);
    builder.RegisterService(&sim);
    server = builder.BuildAndStart();
    if (!server || port == 0) {
        return base::failure("--listen", "can not listen on \"" + options.listen + "\"");
    }
    address = options.listen.substr(0, options.listen.rfind(':') + 1) + std::to_string(port);
    if (options.metrics_listen.empty()) return {};
    const telemetry::Health good{.is_good = true, .message = "serving"};
    auto opened = telemetry::HttpServer::open({
        .listen = options.metrics_listen,
        .table = metric_table(),
        .metrics = [this](telemetry::Scrape& scrape) { metrics.put(scrape); },
        .live = [good] { return good; },
        .ready = [good] { return good; },
        .started = [good] { return good; },
    });
    if (!opened) return tl::unexpected(opened.error());
    http = std::move(*opened);
    return {};
}

base::Result<std::unique_ptr<Institution>> Institution::start(const InstitutionOptions& options) {
    auto credentials = make_credentials(options);
    if (!credentials) return tl::unexpected(credentials.error());
    auto store = Store::open(
        {.directory = options.directory, .participant = options.participant, .sync = options.sync});
    if (!store) return tl::unexpected(store.error());
    auto state = std::make_unique<State>(options, std::move(*store), *credentials);
    if (auto loaded = state->store->load(state->books); !loaded) {
        return tl::unexpected(loaded.error());
    }
    State* raw = state.get();
    raw->metrics.take_note(raw->books);
    raw->bookkeeper.after_each_round([raw](const Books& books) { raw->metrics.take_note(books); });
    raw->client.start(raw->desk);
    raw->desk.resume(raw->books);
    raw->bookkeeper.start();
    std::unique_ptr<Institution> institution(new Institution(std::move(state)));
    if (auto served = raw->serve(options, *credentials); !served) {
        return tl::unexpected(served.error());
    }
    if (!options.calls_switch) return institution;
    if (auto called = raw->call_switch(options, *credentials); !called) {
        return tl::unexpected(called.error());
    }
    return institution;
}

Institution::Institution(std::unique_ptr<State> state) : state_(std::move(state)) {}

Institution::~Institution() {
    state_->http.reset();
    state_->tunnel.reset();
    if (state_->server_within) {
        state_->server_within->Shutdown(std::chrono::system_clock::now() + drain_time);
    }
    if (state_->server) {
        state_->server->Shutdown(std::chrono::system_clock::now() + drain_time);
    }
    state_->client.stop();
    state_->bookkeeper.stop();
    state_->server.reset();
    state_->server_within.reset();
}

const std::string& Institution::address() const { return state_->address; }

}  // namespace ayni::walletsim
