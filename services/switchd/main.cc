// switchd: the payments switch. See deploy/README.md for how to run it.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <new>

#include "adapter/grpc_process.h"
#include "base/assert.h"
#include "config/keys.h"
#include "config/switch_config.h"
#include "switchd/metric_table.h"
#include "switchd/switch.h"
#include "telemetry/log.h"

namespace {

using namespace ayni;

int stop_pipe[2] = {-1, -1};

void asked_to_stop(int) {
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(stop_pipe[1], &byte, 1);
}

/// From here on SIGTERM and SIGINT end the process in order; a second one ends it at once. Before
/// that they end it at once, which is safe: it has acknowledged nothing.
void catch_stop_signals() {
    struct sigaction action{};
    action.sa_handler = asked_to_stop;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    const bool are_caught =
        ::sigaction(SIGTERM, &action, nullptr) == 0 && ::sigaction(SIGINT, &action, nullptr) == 0;
    ASSERT(are_caught);
}

void wait_for_stop_signal() {
    pollfd poll{.fd = stop_pipe[0], .events = POLLIN, .revents = 0};
    while (::poll(&poll, 1, -1) < 0) {
        // interrupted by the very signal that wrote, or by another one
    }
}

int failed(std::string_view event, const base::Error& error) {
    telemetry::log(telemetry::Severity::error, event, {{"why", error.to_string()}});
    return 1;
}

base::Result<std::unique_ptr<switchd::Switch>> start(const config::SwitchConfig& config) {
    try {
        return switchd::Switch::start(config, [] { asked_to_stop(0); });
    } catch (const std::bad_alloc&) {
        return base::failure("memory", "the system gives no more of it");
    }
}

int run(const config::SwitchConfig& config) {
    if (::pipe(stop_pipe) != 0) return failed("start_refused", {"pipe", "can not be made"});
    auto started = start(config);
    if (!started) return failed("start_refused", started.error());
    catch_stop_signals();
    fmt::print("switchd listening on {}\n", (*started)->address());
    std::fflush(stdout);
    wait_for_stop_signal();
    const bool has_ended = (*started)->has_ended();
    (*started)->stop();
    return has_ended ? 1 : 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
    const adapter::GrpcProcess grpc;
    CLI::App app("switchd: the Ayni payments switch");
    std::string config_file = "/etc/ayni/switchd.toml";
    bool is_check = false;
    bool describes_config = false;
    bool describes_metrics = false;
    app.add_option("--config", config_file, "Configuration, TOML")->capture_default_str();
    app.add_flag("--check", is_check, "Check the configuration and exit");
    app.add_flag("--describe-config", describes_config, "Print the table of keys and exit");
    app.add_flag("--describe-metrics", describes_metrics, "Print the table of metrics and exit");
    CLI11_PARSE(app, argument_count, arguments);

    if (describes_config) {
        fmt::print("{}", config::describe_switch_config());
        return 0;
    }
    if (describes_metrics) {
        fmt::print("{}", telemetry::markdown_of(switchd::metric_table()));
        return 0;
    }
    const auto config = config::read_switch_config(config_file);
    if (!config) return failed("config_refused", config.error());
    if (is_check) {
        fmt::print("{}: good\n", config_file);
        return 0;
    }
    return run(*config);
}
