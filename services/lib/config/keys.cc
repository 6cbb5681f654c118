#include "config/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ayni::config {
namespace {

using Switch = SwitchConfig;
using Party = SwitchConfig::Participant;
using std::filesystem::path;

constexpr std::uint64_t max_int32 = 0x7fff'ffff;

const std::array switch_table{
    Key<Switch>{
        .name = "grpc.listen",
        .description = "Where institutions and operators connect.",
        .target = +[](Switch& c) -> std::string& { return c.grpc.listen; },
        .rule = TextRule::host_and_port,
    },
    Key<Switch>{
        .name = "grpc.advertise",
        .description = "HOST:PORT at which clients reach this switch when it leads, with "
                       "journal.database. Empty: grpc.listen.",
        .target = +[](Switch& c) -> std::string& { return c.grpc.advertise; },
    },
    Key<Switch>{
        .name = "tls.ca_file",
        .description = "Certificates of those who may sign client certificates, PEM.",
        .target = +[](Switch& c) -> path& { return c.tls.ca_file; },
    },
    Key<Switch>{
        .name = "tls.certificate_file",
        .description = "The switch's own certificate chain, PEM; URI spiffe://ayni/switch/NAME.",
        .target = +[](Switch& c) -> path& { return c.tls.certificate_file; },
    },
    Key<Switch>{
        .name = "tls.key_file",
        .description = "The certificate's private key, PEM, readable by its owner only.",
        .target = +[](Switch& c) -> path& { return c.tls.key_file; },
    },
    Key<Switch>{
        .name = "tls.insecure_loopback",
        .description = "No TLS and identities from metadata, for measuring. Refused unless every "
                       "address listened on is loopback.",
        .target = +[](Switch& c) -> bool& { return c.tls.insecure_loopback; },
    },
    Key<Switch>{
        .name = "journal.directory",
        .description = "The journal's segments: the only truth. Local disk, made when missing.",
        .target = +[](Switch& c) -> path& { return c.journal.directory; },
    },
    Key<Switch>{
        .name = "journal.segment_mebibytes",
        .unit = "MiB",
        .description = "Size of one segment; each is allocated ahead of need.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.journal.segment_mebibytes; },
        .minimum = 8,
        .maximum = 16'384,
    },
    Key<Switch>{
        .name = "journal.low_water_mebibytes",
        .unit = "MiB",
        .description = "With less than this free on the file system no segment is added, and new "
                       "payments are refused once the last one is full.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.journal.low_water_mebibytes; },
        .minimum = 1,
        .maximum = 1'048'576,
    },
    Key<Switch>{
        .name = "journal.sync",
        .description = "False: answers before data is on the disk. For measuring only.",
        .target = +[](Switch& c) -> bool& { return c.journal.sync; },
    },
    Key<Switch>{
        .name = "journal.database",
        .description = "A libpq connection string: the journal is in that PostgreSQL database, "
                       "this switch leads or follows, and journal.directory holds a copy. Empty: "
                       "the journal is journal.directory, and this switch leads alone.",
        .target = +[](Switch& c) -> std::string& { return c.journal.database; },
    },
    Key<Switch>{
        .name = "journal.node",
        .description = "Name of this switch in the database's list of sessions.",
        .target = +[](Switch& c) -> std::string& { return c.journal.node; },
        .rule = TextRule::participant_code,
    },
    Key<Switch>{
        .name = "history.directory",
        .description =
            "The index of what memory has forgotten; rebuilt from the journal when lost.",
        .target = +[](Switch& c) -> path& { return c.history.directory; },
    },
    Key<Switch>{
        .name = "ledger.participants",
        .unit = "participants",
        .description = "Institutions that fit into memory. Can only grow.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.ledger.participants; },
        .minimum = 4,
        .maximum = 65'536,
    },
    Key<Switch>{
        .name = "ledger.accounts",
        .unit = "accounts",
        .description = "Accounts that fit into memory, six of each institution included; 144 bytes "
                       "each. Can only grow.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.ledger.accounts; },
        .minimum = 64,
        .maximum = 268'435'456,
    },
    Key<Switch>{
        .name = "ledger.live_transfers",
        .unit = "transfers",
        .description = "Transfers reserved or not yet acknowledged; 276 bytes each. Can only grow.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.ledger.live_transfers; },
        .minimum = 16,
        .maximum = 16'777'216,
    },
    Key<Switch>{
        .name = "ledger.remembered_transfers",
        .unit = "transfers",
        .description = "Ids whose outcome is kept for repeats, up to 24 h; 80 bytes each. When "
                       "full, the floor moves up. Can only grow.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.ledger.remembered_transfers; },
        .minimum = 64,
        .maximum = 1'073'741'824,
    },
    Key<Switch>{
        .name = "ledger.claims",
        .unit = "files",
        .description = "Files whose release is kept, for 400 days; 104 bytes each. Can only grow.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.ledger.claims; },
        .minimum = 16,
        .maximum = 16'777'216,
    },
    Key<Switch>{
        .name = "ledger.unacknowledged_per_participant",
        .unit = "transfers",
        .description = "Outcomes that one institution may owe an acknowledgement for; when full it "
                       "gets no new payments.",
        .target =
            +[](Switch& c) -> std::uint64_t& { return c.ledger.unacknowledged_per_participant; },
        .minimum = 1,
        .maximum = 16'777'216,
    },
    Key<Switch>{
        .name = "sequencer.admission_capacity",
        .unit = "submissions",
        .description = "New work that may wait; beyond it callers get RESOURCE_EXHAUSTED.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.sequencer.admission_capacity; },
        .minimum = 2,
        .maximum = 1'048'576,
    },
    Key<Switch>{
        .name = "sequencer.max_batch_commands",
        .unit = "commands",
        .description = "Most commands that become durable in one write.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.sequencer.max_batch_commands; },
        .minimum = 1,
        .maximum = 65'536,
    },
    Key<Switch>{
        .name = "router.retell_after_milliseconds",
        .unit = "ms",
        .description = "Before an outcome that was not acknowledged is told again; doubles each "
                       "time.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.router.retell_after_milliseconds; },
        .minimum = 10,
        .maximum = 3'600'000,
    },
    Key<Switch>{
        .name = "router.retell_at_most_milliseconds",
        .unit = "ms",
        .description = "Longest pause between two tellings of one outcome.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.router.retell_at_most_milliseconds; },
        .minimum = 10,
        .maximum = 3'600'000,
    },
    Key<Switch>{
        .name = "tokens.key_file",
        .description = "Key of the tokens that stand for personal data: 64 hexadecimal digits, "
                       "readable by its owner only.",
        .target = +[](Switch& c) -> path& { return c.tokens.key_file; },
    },
    Key<Switch>{
        .name = "tokens.key_version",
        .unit = "version",
        .description = "Stands in the journal beside each token.",
        .target = +[](Switch& c) -> std::uint64_t& { return c.tokens.key_version; },
        .minimum = 1,
        .maximum = max_int32,
    },
    Key<Switch>{
        .name = "metrics.listen",
        .description = "Serves /metrics, /livez, /readyz and /startupz without TLS: loopback or a "
                       "management network.",
        .target = +[](Switch& c) -> std::string& { return c.metrics.listen; },
        .rule = TextRule::host_and_port,
    },
};

const std::array participant_table{
    Key<Party>{
        .name = "participants.id",
        .unit = "id",
        .description = "The institution's number in the ledger; 1 is the hub itself.",
        .target = +[](Party& p) -> std::uint64_t& { return p.id; },
        .minimum = 2,
        .maximum = max_int32,
    },
    Key<Party>{
        .name = "participants.code",
        .description = "Its name in certificates and payments, \"yape\".",
        .target = +[](Party& p) -> std::string& { return p.code; },
        .rule = TextRule::participant_code,
    },
    Key<Party>{
        .name = "participants.endpoint",
        .description = "Where its WalletAdapter listens.",
        .target = +[](Party& p) -> std::string& { return p.endpoint; },
        .rule = TextRule::host_and_port,
    },
    Key<Party>{
        .name = "participants.style",
        .description = "One stream for all messages, or a call for each.",
        .target = +[](Party& p) -> LinkStyle& { return p.style; },
    },
};

std::string type_of(std::size_t alternative) {
    static constexpr std::array names{"text", "path", "integer", "boolean", "text"};
    return names.at(alternative);
}

template <typename Owner>
std::string default_of(const Key<Owner>& key, bool is_required) {
    if (is_required) return "required";
    Owner owner;
    return std::visit(
        [&](auto place) -> std::string {
            const auto& value = place(owner);
            using Value = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, path>) return fmt::format("`{}`", value.string());
            if constexpr (std::is_same_v<Value, LinkStyle>) return "`session`";
            if constexpr (std::is_same_v<Value, std::string>) return fmt::format("`{}`", value);
            if constexpr (std::is_same_v<Value, bool>) return value ? "`true`" : "`false`";
            if constexpr (std::is_same_v<Value, std::uint64_t>) return fmt::format("{}", value);
        },
        key.target);
}

template <typename Owner>
std::string check_of(const Key<Owner>& key) {
    if (std::holds_alternative<Place<Owner, std::uint64_t>>(key.target)) {
        return fmt::format("{} to {}", key.minimum, key.maximum);
    }
    if (std::holds_alternative<Place<Owner, LinkStyle>>(key.target)) return "`session`, `unary`";
    if (std::holds_alternative<Place<Owner, path>>(key.target)) return "not empty";
    switch (key.rule) {
        case TextRule::any: return "";
        case TextRule::host_and_port: return "HOST:PORT";
        case TextRule::participant_code: return "1 to 16 of a-z, 0-9, -; a letter first";
    }
    return "";
}

template <typename Owner>
void describe(const Key<Owner>& key, bool is_required, std::string& text) {
    text +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.name, type_of(key.target.index()),
                    key.unit, default_of(key, is_required), check_of(key), key.description);
}

std::string host_and_port_violation(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return "must be HOST:PORT";
    const std::string_view host = text.substr(0, colon);
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (host.find(':') != std::string_view::npos && !is_bracketed) {
        return "must be HOST:PORT, an IPv6 address in brackets";
    }
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end) return "must end in a port, 0 to 65535";
    return "";
}

std::string participant_code_violation(std::string_view text) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    const bool is_good = !text.empty() && text.size() <= 16 && text.front() >= 'a' &&
                         text.front() <= 'z' && std::all_of(text.begin(), text.end(), is_allowed);
    return is_good ? "" : "must be 1 to 16 of a-z, 0-9 and '-', starting with a letter";
}

}  // namespace

std::span<const Key<SwitchConfig>> switch_keys() { return switch_table; }

std::span<const Key<SwitchConfig::Participant>> participant_keys() { return participant_table; }

std::string describe_switch_config() {
    std::string text =
        "| Key | Type | Unit | Default | Check | Description |\n|---|---|---|---|---|---|\n";
    for (const auto& key : switch_table) describe(key, false, text);
    for (const auto& key : participant_table) {
        describe(key, key.name != "participants.style", text);
    }
    return text;
}

std::string violation(TextRule rule, std::string_view text) {
    switch (rule) {
        case TextRule::any: return "";
        case TextRule::host_and_port: return host_and_port_violation(text);
        case TextRule::participant_code: return participant_code_violation(text);
    }
    return "";
}

}  // namespace ayni::config
