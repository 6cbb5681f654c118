#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/key.h"

namespace ayni::config {

/// Everything that an operator decides about switchd. The values here are the defaults; which
/// values are allowed stands in `config/keys.h`.
struct SwitchConfig {
    struct Grpc {
        std::string listen = "127.0.0.1:7400";
        std::string advertise;
    } grpc;

    struct Tls {
        std::filesystem::path ca_file = "/etc/ayni/tls/ca.pem";
        std::filesystem::path certificate_file = "/etc/ayni/tls/switch.pem";
        std::filesystem::path key_file = "/etc/ayni/tls/switch.key";
        bool insecure_loopback = false;
    } tls;

    struct Journal {
        std::filesystem::path directory = "/var/lib/ayni/journal";
        std::uint64_t segment_mebibytes = 256;
        std::uint64_t low_water_mebibytes = 64;
        bool sync = true;
        std::string database;
        std::string node = "ayni";
    } journal;

    struct History {
        std::filesystem::path directory = "/var/lib/ayni/history";
        std::string database;
    } history;

    struct Ledger {
        std::uint64_t participants = 4'096;
        std::uint64_t accounts = 1'048'576;
        std::uint64_t live_transfers = 262'144;
        std::uint64_t remembered_transfers = 16'777'216;
        std::uint64_t claims = 65'536;
        std::uint64_t unacknowledged_per_participant = 100'000;
    } ledger;

    struct Sequencer {
        std::uint64_t admission_capacity = 16'384;
        std::uint64_t max_batch_commands = 16'384;
    } sequencer;

    struct Router {
        std::uint64_t retell_after_milliseconds = 1'000;
        std::uint64_t retell_at_most_milliseconds = 30'000;
    } router;

    struct Tokens {
        std::filesystem::path key_file = "/etc/ayni/tokens.key";
        std::uint64_t key_version = 1;
    } tokens;

    struct Metrics {
        std::string listen = "127.0.0.1:9400";
    } metrics;

    /// Where an institution is reached. Institutions themselves are made with `ayctl`; one that is
    /// not listed here exists, but nothing can be sent to it.
    struct Participant {
        std::uint64_t id = 0;
        std::string code;
        std::string endpoint;
        LinkStyle style = LinkStyle::session;
    };
    std::vector<Participant> participants;
};

/// Reads a TOML file. Relative paths in it are relative to its folder.
///
/// An unknown key, a value of another type or outside its bounds, and values that do not fit
/// together are errors: their field is "FILE:LINE: KEY", so that an editor can jump there.
[[nodiscard]] base::Result<SwitchConfig> read_switch_config(const std::filesystem::path& file);

/// The same for text that was read already; `file` is its name in errors.
[[nodiscard]] base::Result<SwitchConfig> parse_switch_config(std::string_view text,
                                                             const std::filesystem::path& file);

/// "127.0.0.1:7400", "[::1]:7400", "localhost:7400": HOST:PORT on this machine only.
[[nodiscard]] bool is_loopback(std::string_view listen);

}  // namespace ayni::config
