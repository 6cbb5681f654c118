#include "switchd/options_of.h"

#include "adapter/credentials.h"
#include "base/assert.h"
#include "telemetry/log.h"

namespace ayni::switchd {
namespace {

constexpr unsigned mebibyte_shift = 20;

adapter::LinkStyle style_of(config::LinkStyle style) {
    switch (style) {
        case config::LinkStyle::session: return adapter::LinkStyle::session;
        case config::LinkStyle::unary: return adapter::LinkStyle::unary;
        case config::LinkStyle::gateway: return adapter::LinkStyle::gateway;
    }
    UNREACHABLE("link style");
}

}  // namespace

journal::FileJournal::Options journal_options_of(const config::SwitchConfig& config) {
    return {.directory = config.journal.directory,
            .segment_bytes = config.journal.segment_mebibytes << mebibyte_shift,
            .low_water_bytes = config.journal.low_water_mebibytes << mebibyte_shift,
            .sync = config.journal.sync};
}

journal_postgres::Remote::Options remote_options_of(const config::SwitchConfig& config) {
    return {.database = config.journal.database,
            .name = config.journal.node,
            .note = [](std::string_view event, std::string_view why) {
                telemetry::log(telemetry::Severity::warning, event, {{"why", std::string(why)}});
            }};
}

projection::BookReader::Options books_options_of(const config::SwitchConfig& config,
                                                 const journal::Hash& journal) {
    return {.connection = config.history.database,
            .journal = journal,
            .note = [](std::string_view event, std::string_view why) {
                const auto severity = event == "history_found" ? telemetry::Severity::info
                                                               : telemetry::Severity::warning;
                telemetry::log(severity, event, {{"why", std::string(why)}});
            }};
}

ledger::Options ledger_options_of(const config::SwitchConfig& config) {
    return {.participants = config.ledger.participants,
            .accounts = config.ledger.accounts,
            .live_transfers = config.ledger.live_transfers,
            .remembered_transfers = config.ledger.remembered_transfers,
            .claims = config.ledger.claims,
            .unacknowledged_per_participant =
                static_cast<std::uint32_t>(config.ledger.unacknowledged_per_participant)};
}

sequencer::Sequencer::Options sequencer_options_of(const config::SwitchConfig& config) {
    sequencer::Sequencer::Options options;
    options.admission_capacity = config.sequencer.admission_capacity;
    options.max_batch_commands = config.sequencer.max_batch_commands;
    // A session of the leader that is silent for 2 s loses its lock.
    if (!config.journal.database.empty()) options.heartbeat = std::chrono::milliseconds(500);
    return options;
}

router::Router::Options router_options_of(const config::SwitchConfig& config) {
    router::Router::Options options;
    options.retell_after = std::chrono::milliseconds(config.router.retell_after_milliseconds);
    options.retell_at_most = std::chrono::milliseconds(config.router.retell_at_most_milliseconds);
    return options;
}

rpc::Options rpc_options_of(const config::SwitchConfig& config) {
    rpc::Options options;
    options.listen = config.grpc.listen;
    options.ca_file = config.tls.ca_file;
    options.certificate_file = config.tls.certificate_file;
    options.key_file = config.tls.key_file;
    options.insecure_loopback = config.tls.insecure_loopback;
    options.report_fault = [](const base::Error& fault) {
        telemetry::log(telemetry::Severity::error, "unreadable", {{"why", fault.to_string()}});
    };
    return options;
}

adapter::WalletNetworkOptions network_options_of(const config::SwitchConfig& config) {
    adapter::WalletNetworkOptions options;
    if (config.tls.insecure_loopback) options.insecure_identity = "switch/ayni";
    return options;
}

std::vector<adapter::LinkConfiguration> links_of(const config::SwitchConfig& config) {
    std::vector<adapter::LinkConfiguration> links;
    for (const auto& participant : config.participants) {
        links.push_back({
            .participant = base::ParticipantId(static_cast<std::uint32_t>(participant.id)),
            .code = participant.code,
            .endpoint = participant.endpoint,
            .style = style_of(participant.style),
        });
    }
    return links;
}

base::Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials_of(
    const config::SwitchConfig& config) {
    if (config.tls.insecure_loopback) return grpc::InsecureChannelCredentials();
    return adapter::tls_channel_credentials(
        {.ca_file = config.tls.ca_file.string(),
         .certificate_file = config.tls.certificate_file.string(),
         .key_file = config.tls.key_file.string()});
}

std::optional<std::filesystem::path> certificate_file_of(const config::SwitchConfig& config) {
    if (config.tls.insecure_loopback) return std::nullopt;
    return config.tls.certificate_file;
}

}  // namespace ayni::switchd
