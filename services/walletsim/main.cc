#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "adapter/grpc_process.h"
#include "adapter/mapping.h"
#include "walletsim/institution.h"

namespace {

using ayni::walletsim::InstitutionOptions;
using ayni::walletsim::SwitchClient;

/// What the command line says in words.
struct Words {
    std::string mode = "normal";
    std::string payer_style = "stream";
    std::string currency = "PEN";
    unsigned delay_ms = 1'000;
};

void add_options(CLI::App& app, InstitutionOptions& options, Words& words) {
    app.add_option("--participant", options.participant, "Its code at the switch, \"yape\"")
        ->required();
    app.add_option("--listen", options.listen, "HOST:PORT to serve on; port 0 takes a free one")
        ->capture_default_str();
    app.add_option("--switch", options.switch_endpoints,
                   "HOST:PORT of the switch; of each one where several share a journal")
        ->capture_default_str();
    app.add_option("--data", options.directory, "Directory of its books; made if it is not there")
        ->required();
    app.add_option("--ca", options.tls.ca_file, "PEM file of the certificate authority");
    app.add_option("--cert", options.tls.certificate_file, "PEM file of its certificate");
    app.add_option("--key", options.tls.key_file, "PEM file of its key");
    app.add_flag("--insecure-loopback", options.insecure,
                 "No TLS, identities are believed; for measurement on loopback only");
    app.add_option("--payer-style", words.payer_style, "How it pays: unary or stream")
        ->check(CLI::IsMember({"unary", "stream"}))
        ->capture_default_str();
    app.add_option("--mode", words.mode,
                   "How it behaves as payee: normal, slow, silent, refusing, "
                   "refusing-after-commit, duplicating, unacknowledging or contradicting")
        ->capture_default_str();
    app.add_option("--delay", words.delay_ms, "Of accept answers when slow, in milliseconds")
        ->check(CLI::Range(0, 3'600'000))
        ->capture_default_str();
    app.add_option("--reason", options.behaviour.reason, "ISO 20022 code when refusing")
        ->capture_default_str();
    app.add_option("--currency", words.currency, "PEN or USD")->capture_default_str();
    app.add_flag("--open-on-credit", options.open_on_credit,
                 "Opens unknown accounts when they are paid instead of refusing with AC01");
    app.add_flag("--no-session{false}", options.session,
                 "Has only unary calls: Session is unimplemented");
    app.add_flag("--gateway", options.calls_switch,
                 "Calls the switch in order to be paid, as an institution behind a firewall does");
    app.add_flag("--no-sync{false}", options.sync,
                 "Does not wait for the disk; for measurement only");
    app.add_option("--metrics", options.metrics_listen, "HOST:PORT of /metrics; nowhere if absent");
}

/// An empty string, or what is wrong.
std::string understand(const Words& words, InstitutionOptions& options) {
    const auto mode = ayni::walletsim::mode_of(words.mode);
    if (!mode) return "--mode: \"" + words.mode + "\" is not a mode";
    const auto currency = ayni::base::currency_of(std::string_view(words.currency));
    if (!currency) return "--currency: \"" + words.currency + "\" is not PEN or USD";
    if (!ayni::adapter::is_reason_code(options.behaviour.reason)) {
        return "--reason: \"" + options.behaviour.reason + "\" is not a code such as AC04";
    }
    if (!options.insecure && (options.tls.ca_file.empty() || options.tls.certificate_file.empty() ||
                              options.tls.key_file.empty())) {
        return "--ca, --cert and --key are required (or --insecure-loopback)";
    }
    options.behaviour.mode = *mode;
    options.behaviour.delay = std::chrono::milliseconds(words.delay_ms);
    options.currency = *currency;
    options.payer_style =
        words.payer_style == "unary" ? SwitchClient::Style::unary : SwitchClient::Style::stream;
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const ayni::adapter::GrpcProcess grpc;
    // Before any thread is started, so that all inherit the mask and only sigwait sees them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    CLI::App app("walletsim: a simulated institution with books of its own", "walletsim");
    InstitutionOptions options;
    Words words;
    add_options(app, options, words);
    CLI11_PARSE(app, argc, argv);
    if (const std::string fault = understand(words, options); !fault.empty()) {
        std::fprintf(stderr, "walletsim: %s\n", fault.c_str());
        return 2;
    }
    const auto institution = ayni::walletsim::Institution::start(options);
    if (!institution) {
        std::fprintf(stderr, "walletsim: %s\n", institution.error().to_string().c_str());
        return 1;
    }
    std::printf("walletsim %s listening on %s\n", options.participant.c_str(),
                (*institution)->address().c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}
