#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "adapter/grpc_wallet_network.h"
#include "base/result.h"
#include "config/switch_config.h"
#include "journal/file_journal.h"
#include "journal_postgres/remote.h"
#include "ledger/ledger.h"
#include "projection/book_reader.h"
#include "router/router.h"
#include "rpc/server.h"
#include "sequencer/sequencer.h"

/// From the operator's keys to each module's options.
namespace ayni::switchd {

[[nodiscard]] journal::FileJournal::Options journal_options_of(const config::SwitchConfig& config);
[[nodiscard]] journal_postgres::Remote::Options remote_options_of(
    const config::SwitchConfig& config);
[[nodiscard]] projection::BookReader::Options books_options_of(const config::SwitchConfig& config,
                                                               const journal::Hash& journal);
[[nodiscard]] ledger::Options ledger_options_of(const config::SwitchConfig& config);
[[nodiscard]] sequencer::Sequencer::Options sequencer_options_of(
    const config::SwitchConfig& config);
[[nodiscard]] router::Router::Options router_options_of(const config::SwitchConfig& config);
[[nodiscard]] rpc::Options rpc_options_of(const config::SwitchConfig& config);
[[nodiscard]] adapter::WalletNetworkOptions network_options_of(const config::SwitchConfig& config);
[[nodiscard]] std::vector<adapter::LinkConfiguration> links_of(const config::SwitchConfig& config);

/// Towards institutions. An error names the file that can not be read.
[[nodiscard]] base::Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials_of(
    const config::SwitchConfig& config);

/// Absent without TLS.
[[nodiscard]] std::optional<std::filesystem::path> certificate_file_of(
    const config::SwitchConfig& config);

}  // namespace ayni::switchd
