#include "config/projector_config.h"

#include <array>

#include "config/describe.h"
#include "config/reader.h"

namespace ayni::config {
namespace {

using Projector = ProjectorConfig;
using std::filesystem::path;

const std::array projector_table{
    Key<Projector>{
        .name = "journal.directory",
        .description =
            "The journal of the switch, which is only read. With journal.database it need "
            "not be there: a copy of its snapshots saves a replay of everything.",
        .target = +[](Projector& c) -> path& { return c.journal.directory; },
    },
    Key<Projector>{
        .name = "journal.database",
        .description = "As the switch's journal.database: the journal is in that PostgreSQL "
                       "database. Empty: the journal is journal.directory.",
        .target = +[](Projector& c) -> std::string& { return c.journal.database; },
    },
    Key<Projector>{
        .name = "database.connection",
        .description =
            "Where PostgreSQL is: keywords and values, or a URI. A password belongs into "
            "~/.pgpass.",
        .target = +[](Projector& c) -> std::string& { return c.database.connection; },
    },
    Key<Projector>{
        .name = "database.retry_at_most_milliseconds",
        .unit = "ms",
        .description =
            "Longest pause between two attempts to reach PostgreSQL, the journal's, too.",
        .target =
            +[](Projector& c) -> std::uint64_t& { return c.database.retry_at_most_milliseconds; },
        .minimum = 100,
        .maximum = 3'600'000,
    },
    Key<Projector>{
        .name = "projection.rows_per_transaction",
        .unit = "rows",
        .description = "Rows from which on a transaction is ended; about 600 bytes of memory each, "
                       "since one is "
                       "written while the next is gathered.",
        .target = +[](Projector& c) -> std::uint64_t& { return c.projection.rows_per_transaction; },
        .minimum = 1,
        .maximum = 10'000'000,
    },
    Key<Projector>{
        .name = "projection.poll_milliseconds",
        .unit = "ms",
        .description = "Pause before the next look into a journal that was read to its end.",
        .target = +[](Projector& c) -> std::uint64_t& { return c.projection.poll_milliseconds; },
        .minimum = 1,
        .maximum = 60'000,
    },
    Key<Projector>{
        .name = "metrics.listen",
        .description = "Serves /metrics, /livez, /readyz and /startupz without TLS: loopback or a "
                       "management network.",
        .target = +[](Projector& c) -> std::string& { return c.metrics.listen; },
        .rule = TextRule::host_and_port,
    },
};

}  // namespace

std::span<const Key<ProjectorConfig>> projector_keys() { return projector_table; }

std::string describe_projector_config() {
    std::string text(description_header);
    for (const auto& key : projector_table) describe(key, false, text);
    return text;
}

Result<ProjectorConfig> parse_projector_config(std::string_view text,
                                               const std::filesystem::path& file) {
    const Reader reader(file);
    const auto parsed = parse_toml(reader, text, file);
    if (!parsed) return tl::unexpected(parsed.error());
    ProjectorConfig config;
    for (const auto& [name, node] : *parsed) {
        if (auto done = read_section(reader, projector_keys(), name, node, config); !done) {
            return tl::unexpected(done.error());
        }
    }
    return config;
}

Result<ProjectorConfig> read_projector_config(const std::filesystem::path& file) {
    const auto text = read_text(file);
    if (!text) return tl::unexpected(text.error());
    return parse_projector_config(*text, file);
}

}  // namespace ayni::config
