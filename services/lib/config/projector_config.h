#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/key.h"

namespace ayni::config {

/// Everything that an operator decides about projectord. The values here are the defaults.
struct ProjectorConfig {
    struct Journal {
        std::filesystem::path directory = "/var/lib/ayni/journal";
        std::string database;  ///< A libpq connection string; empty: the journal is `directory`.
    } journal;

    struct Database {
        std::string connection = "host=/var/run/postgresql dbname=ayni";
        std::uint64_t retry_at_most_milliseconds = 10'000;
    } database;

    struct Projection {
        std::uint64_t rows_per_transaction = 200'000;
        std::uint64_t poll_milliseconds = 100;
    } projection;

    struct Metrics {
        std::string listen = "127.0.0.1:9401";
    } metrics;
};

/// Reads a TOML file as `read_switch_config` does, with the same errors.
[[nodiscard]] base::Result<ProjectorConfig> read_projector_config(
    const std::filesystem::path& file);

/// The same for text that was read already; `file` is its name in errors.
[[nodiscard]] base::Result<ProjectorConfig> parse_projector_config(
    std::string_view text, const std::filesystem::path& file);

/// All its keys, in the order of the operations chapter.
[[nodiscard]] std::span<const Key<ProjectorConfig>> projector_keys();

/// The Markdown table of them, as `projectord --describe-config` prints it and as it stands in the
/// operations chapter.
[[nodiscard]] std::string describe_projector_config();

}  // namespace ayni::config
