#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "loadtest/maker.h"

namespace ayni::loadtest {

enum class Mode : std::uint8_t {
    unary,
    stream,
    batch,
    wallets,
    transfers_unary,
    transfers_stream,
    echo_unary,
    echo_stream,
    echo_batch,
};

/// Where a server is, and how to prove who we are. Either the files or the identity.
struct Connection {
    std::string target;  ///< HOST:PORT.
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string insecure_identity;  ///< "participant/yape": no TLS, loopback servers only.
};

/// What loadgen was asked for; the defaults are those of its flags.
struct Options {
    Mode mode = Mode::unary;
    Connection connection;
    std::uint64_t connections = 1;
    std::uint64_t in_flight = 256;  ///< Over all connections: calls, batches or stream items.
    double rate = 0;                ///< Items a second; 0: closed loop.
    bool constant_gaps = false;
    double warmup_seconds = 1;
    double seconds = 10;
    std::uint64_t count = 0;  ///< Items; when positive, neither warm-up nor time limit.
    std::uint64_t batch = 1'000;
    std::uint64_t gather = 64;  ///< Payments that may share a stream message (wallets, transfers).
    AccountChoice accounts{.count = 10'000, .distribution = Distribution::uniform};
    std::uint64_t seed = 1;
    std::string payee_participant;  ///< Of wallets and transfers modes.
    std::string payee_target;       ///< Where its walletsim is, for setup of the wallets mode.
    bool setup = false;
    bool setup_only = false;
    /// Other processes whose processor time is reported: name to process id.
    std::map<std::string, int> watched;
};

/// Reads the command line. On --help or an error it prints, and `exit_code` is set.
struct ParsedOptions {
    Options options;
    int exit_code = -1;  ///< Negative: go on.
};
[[nodiscard]] ParsedOptions parse_options(int argc, char** argv);

}  // namespace ayni::loadtest
