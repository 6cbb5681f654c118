#include "switchd/switch.h"

#include <fmt/format.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "adapter/credentials.h"
#include "adapter/grpc_wallet_network.h"
#include "history/file_history.h"
#include "identity/tokens.h"
#include "journal/file_journal.h"
#include "journal_postgres/postgres_journal.h"
#include "ledger/ledger.h"
#include "projection/book_reader.h"
#include "projection/sql_history.h"
#include "projection/sql_statements.h"
#include "router/router.h"
#include "rpc/server.h"
#include "sequencer/sequencer.h"
#include "switchd/followers.h"
#include "switchd/history_follower.h"
#include "switchd/memory.h"
#include "switchd/metered_journal.h"
#include "switchd/metric_table.h"
#include "switchd/metrics.h"
#include "switchd/options_of.h"
#include "switchd/recovery.h"
#include "switchd/standby.h"
#include "switchd/transfer_meter.h"
#include "telemetry/http_server.h"
#include "telemetry/log.h"

namespace ayni::switchd {
namespace {

using base::Result;
using telemetry::Severity;

/// How long the sequencer may take to answer before the process counts as stuck.
constexpr std::chrono::milliseconds alive_patience{2'000};

/// What the process is doing, for /startupz and /readyz.
enum class Phase : std::uint8_t { opening_journal, replaying, serving, stopping };

std::string advertised(const config::SwitchConfig& config, const std::string& address) {
    return config.grpc.advertise.empty() ? address : config.grpc.advertise;
}

}  // namespace

/// In the order in which they are made; destroyed in the reverse order.
struct Switch::State {
    State(const config::SwitchConfig& given, std::function<void()> given_ended)
        : config(given), ended(std::move(given_ended)) {}
    ~State();

    Result<void> open_metrics();
    Result<void> open_stores();
    Result<void> open_books();
    Result<void> wire();
    Result<void> replay();
    Result<void> serve();
    void run_sequencer();
    void start_network();
    Result<bool> follow();
    void log_replayed();
    void stop_server();
    void stop();

    [[nodiscard]] const history::History& history() const;
    telemetry::Health live();
    telemetry::Health ready() const;
    telemetry::Health started() const;

    const config::SwitchConfig config;
    const std::function<void()> ended;
    std::atomic<bool> has_ended{false};
    base::SystemClock clock;
    base::SystemRandom random;
    std::atomic<Phase> phase{Phase::opening_journal};

    std::unique_ptr<identity::Tokeniser> tokeniser;
    std::unique_ptr<journal::FileJournal> journal;
    std::unique_ptr<journal_postgres::PostgresJournal> replicated;  // null: the file is the journal
    std::unique_ptr<MeteredJournal> metered_journal;
    // What is older than memory: an index of our own, or the books.
    std::unique_ptr<history::FileHistory> index;
    std::unique_ptr<projection::BookReader> books;
    std::unique_ptr<projection::SqlHistory> sql_history;
    std::unique_ptr<projection::SqlStatements> statements;
    std::unique_ptr<ledger::Ledger> ledger;
    base::BatchNumber ledger_stands_after;  // what the snapshot already holds
    RecoveryFigures recovery_figures;
    std::chrono::nanoseconds recovery_began{0};
    std::unique_ptr<adapter::GrpcWalletNetwork> network;
    std::mutex network_mutex;  // started by the sequencer's thread, stopped by another
    std::unique_ptr<router::Router> router;
    TransferMeter meter;
    std::unique_ptr<HistoryFollower> history_follower;  // with an index
    std::unique_ptr<Followers> followers;
    std::unique_ptr<sequencer::Sequencer> sequencer;
    std::unique_ptr<LeaderLink> leader_link;  // with a replicated journal, as is the next
    std::unique_ptr<Standby> standby;
    std::promise<Result<void>> replayed;
    std::promise<void> listening;  // the address is known, or never will be
    bool is_listening = false;
    std::thread sequencer_thread;
    std::unique_ptr<rpc::Server> server;
    std::unique_ptr<SwitchMetrics> metrics;
    /// Set once everything that a scrape reads is there.
    std::atomic<SwitchMetrics*> scraped{nullptr};
    std::unique_ptr<telemetry::HttpServer> http;
    std::string address;
};

Switch::State::~State() {
    stop();
    http.reset();  // a scrape in hand still reads the others
}

Result<void> Switch::State::open_metrics() {
    auto opened = telemetry::HttpServer::open({
        .listen = config.metrics.listen,
        .table = metric_table(),
        .metrics =
            [this](telemetry::Scrape& scrape) {
                if (auto* source = scraped.load()) source->collect(scrape);
            },
        .live = [this] { return live(); },
        .ready = [this] { return ready(); },
        .started = [this] { return started(); },
    });
    if (!opened) return tl::unexpected(opened.error());
    http = std::move(*opened);
    telemetry::log(Severity::info, "metrics_listening", {{"address", http->address()}});
    return {};
}

Result<void> Switch::State::open_stores() {
    if (auto fits = check_memory(ledger_options_of(config), memory_limit()); !fits) return fits;
    auto tokens = identity::Tokeniser::open(config.tokens.key_file,
                                            static_cast<std::uint32_t>(config.tokens.key_version));
    if (!tokens) return tl::unexpected(tokens.error());
    tokeniser = std::make_unique<identity::Tokeniser>(std::move(*tokens));

    recovery_began = clock.steady();
    auto recovered = recover(config, clock, random);
    if (!recovered) return tl::unexpected(recovered.error());
    note(recovered->restored, clock, recovery_figures);
    journal = std::move(recovered->journal);
    index = std::move(recovered->history);
    ledger = std::move(recovered->restored.ledger);
    ledger_stands_after = recovered->restored.stands_after();
    if (!config.journal.database.empty()) {
        replicated = std::make_unique<journal_postgres::PostgresJournal>(remote_options_of(config),
                                                                         clock, *journal);
    }
    metered_journal = std::make_unique<MeteredJournal>(
        replicated ? static_cast<journal::Journal&>(*replicated) : *journal, clock);
    return index ? Result<void>() : open_books();
}

/// They need not be there: payments do not depend on them.
Result<void> Switch::State::open_books() {
    auto opened =
        projection::BookReader::open(books_options_of(config, journal->genesis().hash), clock);
    if (!opened) return tl::unexpected(opened.error());
    books = std::move(*opened);
    sql_history = std::make_unique<projection::SqlHistory>(*books);
    statements = std::make_unique<projection::SqlStatements>(*books);
    return {};
}

const history::History& Switch::State::history() const {
    if (index) return *index;
    return *sql_history;
}

Result<void> Switch::State::wire() {
    const auto credentials = channel_credentials_of(config);
    if (!credentials) return tl::unexpected(credentials.error());
    network = std::make_unique<adapter::GrpcWalletNetwork>(
        network_options_of(config), links_of(config), *credentials, clock, random);
    router = std::make_unique<router::Router>(router_options_of(config), *network, clock);
    std::vector<sequencer::Follower*> told{&meter, router.get()};
    if (index) {
        history_follower = std::make_unique<HistoryFollower>(*index);
        told.insert(told.begin(), history_follower.get());
    }
    followers = std::make_unique<Followers>(std::move(told));
    sequencer = std::make_unique<sequencer::Sequencer>(sequencer_options_of(config), *ledger,
                                                       *metered_journal, clock, followers.get());
    router->attach(*sequencer);
    rpc::Options api = rpc_options_of(config);
    if (replicated) {
        leader_link = std::make_unique<LeaderLink>(*credentials,
                                                   network_options_of(config).insecure_identity);
        standby = std::make_unique<Standby>(*replicated, *sequencer, *leader_link, clock);
        api.leader = [this] { return standby->leader(); };
    }
    server = std::make_unique<rpc::Server>(api, rpc::Server::Parts{.router = *router,
                                                                   .sequencer = *sequencer,
                                                                   .history = history(),
                                                                   .statements = statements.get(),
                                                                   .commands = *journal,
                                                                   .network = *network,
                                                                   .gateway = network.get(),
                                                                   .tokeniser = *tokeniser,
                                                                   .clock = clock});
    if (replicated) {
        replicated->tell_followers_by(
            [this](const journal::BatchHeader& durable) { server->tell_followers(durable); });
    }
    metrics = std::make_unique<SwitchMetrics>(SwitchMetrics::Sources{
        .clock = clock,
        .sequencer = *sequencer,
        .router = *router,
        .network = *network,
        .journal = *metered_journal,
        .meter = meter,
        .history = history(),
        .books = books.get(),
        .server = *server,
        .replication = replicated ? &replicated->statistics() : nullptr,
        .recovery = recovery_figures,
        .snapshots = snapshot::Shelf(snapshot::directory_of(config.journal.directory)),
        .certificate_file = certificate_file_of(config),
    });
    scraped.store(metrics.get());
    return {};
}

Result<void> Switch::State::replay() {
    phase.store(Phase::replaying);
    sequencer_thread = std::thread([this] { run_sequencer(); });
    if (Result<void> done = replayed.get_future().get(); !done) return done;
    log_replayed();
    return {};
}

/// The sequencer's thread.
void Switch::State::run_sequencer() {
    if (history_follower) history_follower->catch_up(*ledger);
    const Result<void> done =
        standby ? sequencer->catch_up(ledger_stands_after) : sequencer->start(ledger_stands_after);
    const bool is_good = done.has_value();
    replayed.set_value(done);
    if (!is_good) return;
    const Result<bool> leads = standby ? follow() : Result<bool>(true);
    const bool is_leading = leads && *leads;
    if (is_leading) start_network();
    if (!is_leading) sequencer->stop();
    sequencer->run();
    if (phase.load() == Phase::stopping) return;
    const std::string why = leads ? "another switch leads" : leads.error().to_string();
    telemetry::log(Severity::error, "ended", {{"why", why}});
    has_ended.store(true);
    ended();
}

void Switch::State::start_network() {
    const std::lock_guard lock(network_mutex);
    if (phase.load() != Phase::stopping) network->start(*router);
}

Result<bool> Switch::State::follow() {
    listening.get_future().wait();
    return standby->until_leading(advertised(config, address));
}

void Switch::State::log_replayed() {
    const std::chrono::nanoseconds took = clock.steady() - recovery_began;
    recovery_figures.replay_nanoseconds.store(took.count());
    const auto& statistics = sequencer->statistics();
    telemetry::log(Severity::info, "replayed",
                   {{"commands", fmt::format("{}", statistics.replayed_commands.load())},
                    {"sequence", fmt::format("{}", statistics.applied_sequence.load())},
                    {"milliseconds", fmt::format("{}", took / std::chrono::milliseconds(1))},
                    {"epoch", fmt::format("{}", statistics.epoch.load())}});
}

Result<void> Switch::State::serve() {
    if (auto done = server->start(); !done) return done;
    const std::string& listen = config.grpc.listen;
    address = fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), server->port());
    phase.store(Phase::serving);
    listening.set_value();
    is_listening = true;
    telemetry::log(Severity::info, "serving",
                   {{"address", address},
                    {"security", config.tls.insecure_loopback ? "none" : "mtls"},
                    {"participants", fmt::format("{}", config.participants.size())}});
    return {};
}

/// Calls in work still need institutions and the sequencer, for as long as a polite stop may take.
/// A payment may wait for longer: what is not over by then is sent away. It is in the journal, and
/// its sender asks again.
void Switch::State::stop_server() {
    if (!server) return;
    auto stopped = std::async(std::launch::async, [this] { server->stop(); });
    const auto patience = rpc_options_of(config).drain;
    const bool is_over = stopped.wait_for(patience) == std::future_status::ready;
    if (!is_over) {
        telemetry::log(Severity::warning, "calls_sent_away",
                       {{"items", fmt::format("{}", server->items_in_flight())}});
        sequencer->stop();
    }
    stopped.get();
}

void Switch::State::stop() {
    if (phase.exchange(Phase::stopping) == Phase::stopping) return;
    telemetry::log(Severity::info, "stopping");
    stop_server();
    if (network) {
        const std::lock_guard lock(network_mutex);
        network->stop();
    }
    if (standby) standby->stop();
    if (sequencer) sequencer->stop();
    if (!is_listening) listening.set_value();
    if (sequencer_thread.joinable()) sequencer_thread.join();
    if (index) {
        if (const auto flushed = index->flush(); !flushed) {
            telemetry::log(Severity::warning, "history_not_flushed",
                           {{"why", flushed.error().to_string()}});
        }
    }
    telemetry::log(Severity::info, "stopped");
}

telemetry::Health Switch::State::live() {
    if (phase.load() != Phase::serving) return {true, "starting or stopping"};
    const auto look = look_at_ledger(*sequencer, meter, *metered_journal, alive_patience);
    if (!look) return {false, "the sequencer did not answer within 2 s"};
    return {true, "alive"};
}

telemetry::Health Switch::State::ready() const {
    if (phase.load() != Phase::serving) return {false, started().message};
    const auto& statistics = sequencer->statistics();
    if (!statistics.is_leading.load()) {
        const std::string leader = standby ? standby->leader() : std::string();
        return {false, leader.empty() ? "does not lead" : "follows " + leader};
    }
    if (statistics.is_stalled.load()) return {false, "the journal does not answer"};
    if (!statistics.has_space.load()) return {false, "the journal has no space"};
    return {true, fmt::format("epoch {}", statistics.epoch.load())};
}

telemetry::Health Switch::State::started() const {
    switch (phase.load()) {
        case Phase::opening_journal: return {false, "loading the snapshot, verifying the journal"};
        case Phase::replaying:
            return {false, fmt::format("replayed {} commands",
                                       sequencer->statistics().replayed_commands.load())};
        case Phase::serving: return {true, "serving"};
        case Phase::stopping: return {false, "stopping"};
    }
    return {false, "unknown"};
}

Result<std::unique_ptr<Switch>> Switch::start(const config::SwitchConfig& config,
                                              std::function<void()> ended) {
    auto state = std::make_unique<State>(config, std::move(ended));
    for (const auto step :
         {&State::open_metrics, &State::open_stores, &State::wire, &State::replay, &State::serve}) {
        if (auto done = (*state.*step)(); !done) return tl::unexpected(done.error());
    }
    return std::unique_ptr<Switch>(new Switch(std::move(state)));
}

Switch::Switch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Switch::~Switch() = default;
void Switch::stop() { state_->stop(); }
bool Switch::has_ended() const { return state_->has_ended.load(); }
const std::string& Switch::address() const { return state_->address; }

}  // namespace ayni::switchd
