#include "config/keys.h"

#include <array>

#include "config/describe.h"

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
        .name = "history.database",
        .description = "A libpq connection string: what memory has forgotten, and statements, are "
                       "read from the books that projectord keeps in that PostgreSQL database, "
                       "and there is no history.directory. Empty: the index is in "
                       "history.directory, and there are no statements.",
        .target = +[](Switch& c) -> std::string& { return c.history.database; },
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
        .description = "Where its WalletAdapter listens; none with style = \"gateway\".",
        .target = +[](Party& p) -> std::string& { return p.endpoint; },
        .rule = TextRule::host_and_port,
    },
    Key<Party>{
        .name = "participants.style",
        .description =
            "One stream for all messages, a call for each, or a stream that the institution "
            "opens itself (ParticipantGatewayService).",
        .target = +[](Party& p) -> LinkStyle& { return p.style; },
    },
};

}  // namespace

std::span<const Key<SwitchConfig>> switch_keys() { return switch_table; }

std::span<const Key<SwitchConfig::Participant>> participant_keys() { return participant_table; }

std::string describe_switch_config() {
    std::string text(description_header);
    for (const auto& key : switch_table) describe(key, false, text);
    for (const auto& key : participant_table) {
        describe(key, key.name != "participants.style", text);
    }
    return text;
}

}  // namespace ayni::config
