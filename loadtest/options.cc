#include "loadtest/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

namespace ayni::loadtest {

namespace {

const std::map<std::string, Mode> modes{
    {"unary", Mode::unary},
    {"stream", Mode::stream},
    {"batch", Mode::batch},
    {"wallets", Mode::wallets},
    {"transfers-unary", Mode::transfers_unary},
    {"transfers-stream", Mode::transfers_stream},
    {"echo-unary", Mode::echo_unary},
    {"echo-stream", Mode::echo_stream},
    {"echo-batch", Mode::echo_batch},
};

const std::map<std::string, Distribution> distributions{
    {"uniform", Distribution::uniform},
    {"hot", Distribution::hot},
};

void add_connection_flags(CLI::App& app, Connection& connection) {
    app.add_option("--target", connection.target, "HOST:PORT of the server")->required();
    auto* identity =
        app.add_option("--insecure-loopback", connection.insecure_identity,
                       "No TLS; the identity to claim from a loopback server, participant/yape");
    auto* ca = app.add_option("--ca", connection.ca_file, "PEM file of the authority");
    auto* certificate = app.add_option("--cert", connection.certificate_file, "PEM file");
    auto* key = app.add_option("--key", connection.key_file, "PEM file");
    ca->needs(certificate)->needs(key)->excludes(identity);
}

void add_load_flags(CLI::App& app, Options& options) {
    app.add_option("--connections", options.connections)->check(CLI::Range(1, 1'000));
    app.add_option("--in-flight", options.in_flight,
                   "Calls, batches or stream items unanswered at a time, over all connections")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--rate", options.rate, "Open loop: items a second, whatever the answers do")
        ->check(CLI::PositiveNumber);
    app.add_flag("--constant-gaps", options.constant_gaps,
                 "Open loop: equal gaps between arrivals instead of exponential ones");
    app.add_option("--warmup", options.warmup_seconds, "Seconds before counting starts")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--seconds", options.seconds, "Seconds that are counted")
        ->check(CLI::PositiveNumber);
    app.add_option("--count", options.count,
                   "Exactly so many items (rounded up to batches) instead of a time");
    app.add_option("--batch", options.batch, "Items of a call in batch modes")
        ->check(CLI::Range(1, 8'192));
    app.add_option("--gather", options.gather,
                   "Payments that may share a message (wallets, transfers-stream)")
        ->check(CLI::Range(1, 1'000));
    app.add_option("--seed", options.seed);
}

void add_subject_flags(CLI::App& app, Options& options) {
    app.add_option("--accounts", options.accounts.count, "Accounts or customers")
        ->check(CLI::Range(2, 100'000'000));
    app.add_option("--distribution", options.accounts.distribution, "uniform or hot")
        ->transform(CLI::CheckedTransformer(distributions));
    app.add_option("--payee", options.payee_participant,
                   "Institution that is paid (wallets, transfers)");
    app.add_option("--payee-target", options.payee_target,
                   "HOST:PORT of its walletsim, for --setup (wallets)");
    app.add_flag("--setup", options.setup, "First make the accounts or customers");
    app.add_flag("--setup-only", options.setup_only, "Make them and stop");
}

/// What flags need of each other; empty when all is well.
std::string fault_of(const Options& options) {
    const bool pays = options.mode == Mode::wallets || options.mode == Mode::transfers_unary ||
                      options.mode == Mode::transfers_stream;
    if (pays && options.payee_participant.empty()) return "--payee: is required by this mode";
    if (options.connection.ca_file.empty() == options.connection.insecure_identity.empty()) {
        return "--ca, --cert and --key, or --insecure-loopback: one of the two is required";
    }
    if (options.in_flight < options.connections) {
        return "--in-flight: is less than --connections, so that some would have nothing to do";
    }
    constexpr std::uint64_t most_customers = 1'000'000;
    if (pays && options.accounts.count > most_customers) {
        return "--accounts: customers are numbered with six digits, so at most 1000000";
    }
    return {};
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    Options& options = parsed.options;
    CLI::App app("Offers load to an Ayni switch and prints what came of it as one JSON object.");
    app.add_option("--mode", options.mode)->required()->transform(CLI::CheckedTransformer(modes));
    add_connection_flags(app, options.connection);
    add_load_flags(app, options);
    add_subject_flags(app, options);
    std::vector<std::string> watched;
    app.add_option("--watch", watched, "NAME=PID: also report that process' processor time");
    try {
        app.parse(argc, argv);
        for (const std::string& text : watched) {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos) throw CLI::ValidationError("--watch", "is NAME=PID");
            options.watched[text.substr(0, equals)] = std::stoi(text.substr(equals + 1));
        }
        if (std::string fault = fault_of(options); !fault.empty()) throw CLI::ParseError(fault, 2);
    } catch (const CLI::ParseError& error) {
        parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
    } catch (const std::exception&) {
        fmt::print(stderr, "--watch: the process id is not a number\n");
        parsed.exit_code = 2;
    }
    return parsed;
}

}  // namespace ayni::loadtest
