// projectord: keeps the books in PostgreSQL up with the journal. See deploy/README.md.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "config/projector_config.h"
#include "projectord/metrics.h"
#include "projectord/run.h"
#include "telemetry/http_server.h"
#include "telemetry/log.h"

namespace {

using namespace ayni;
using projectord::Run;

int stop_pipe[2] = {-1, -1};

void asked_to_stop(int) {
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(stop_pipe[1], &byte, 1);
}

/// From here on SIGTERM and SIGINT end the process behind the transaction in work; a second one
/// ends it at once, which loses nothing either.
bool catch_stop_signals() {
    if (::pipe(stop_pipe) != 0) return false;
    struct sigaction action{};
    action.sa_handler = asked_to_stop;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    return ::sigaction(SIGTERM, &action, nullptr) == 0 &&
           ::sigaction(SIGINT, &action, nullptr) == 0;
}

bool stops_within(std::chrono::milliseconds time) {
    // The byte stays in the pipe: whoever asks later gets the same answer.
    pollfd poll{.fd = stop_pipe[0], .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, static_cast<int>(time.count())) != 0;
}

int failed(std::string_view event, const base::Error& error) {
    telemetry::log(telemetry::Severity::error, event, {{"why", error.to_string()}});
    return 1;
}

base::Result<std::unique_ptr<telemetry::HttpServer>> serve(const config::ProjectorConfig& config,
                                                           const projectord::Figures& figures,
                                                           projectord::Watch& watch) {
    const auto flag = [](const std::atomic<bool>& is_good, const char* good, const char* bad) {
        return [&is_good, good, bad] {
            return telemetry::Health{.is_good = is_good, .message = is_good ? good : bad};
        };
    };
    return telemetry::HttpServer::open({
        .listen = config.metrics.listen,
        .table = projectord::metric_table(),
        .metrics = [&](telemetry::Scrape& scrape) { projectord::put(scrape, figures, watch); },
        .live = [] { return telemetry::Health{.is_good = true, .message = "running"}; },
        .ready = flag(figures.is_connected, "connected", "without the books or the journal"),
        .started = flag(figures.has_caught_up, "has caught up", "is catching up"),
    });
}

int run(const config::ProjectorConfig& config, Run::Mode mode) {
    if (!catch_stop_signals()) return failed("start_refused", {"signals", "can not be caught"});
    const base::SystemClock clock;
    projectord::Figures figures;
    projectord::Watch watch(config);
    const auto http = serve(config, figures, watch);
    if (!http) return failed("start_refused", http.error());
    fmt::print("projectord listening on {}\n", (*http)->address());
    std::fflush(stdout);
    Run work(config, clock, stops_within, figures);
    if (const auto done = work.run(mode); !done) return failed("projection_ended", done.error());
    telemetry::log(telemetry::Severity::info, "stopped",
                   {{"books_sequence", fmt::format("{}", figures.books_sequence.load())}});
    return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
    CLI::App app("projectord: keeps the books in PostgreSQL up with the journal");
    std::string config_file = "/etc/ayni/projectord.toml";
    bool is_check = false;
    bool describes_config = false;
    bool describes_metrics = false;
    bool is_once = false;
    bool is_rebuild = false;
    app.add_option("--config", config_file, "Configuration, TOML")->capture_default_str();
    app.add_flag("--check", is_check, "Check the configuration and exit");
    app.add_flag("--describe-config", describes_config, "Print the table of keys and exit");
    app.add_flag("--describe-metrics", describes_metrics, "Print the table of metrics and exit");
    app.add_flag("--once", is_once, "Exit when the books are where the journal ends");
    app.add_flag("--rebuild", is_rebuild, "Empty the books, build them again, and exit");
    CLI11_PARSE(app, argument_count, arguments);

    if (describes_config) {
        fmt::print("{}", config::describe_projector_config());
        return 0;
    }
    if (describes_metrics) {
        fmt::print("{}", telemetry::markdown_of(projectord::metric_table()));
        return 0;
    }
    const auto config = config::read_projector_config(config_file);
    if (!config) return failed("config_refused", config.error());
    if (is_check) {
        fmt::print("{}: good\n", config_file);
        return 0;
    }
    Run::Mode mode = is_once ? Run::Mode::once : Run::Mode::follow;
    if (is_rebuild) mode = Run::Mode::rebuild;
    return run(*config, mode);
}
