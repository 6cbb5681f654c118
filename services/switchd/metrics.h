#pragma once

#include <atomic>
#include <filesystem>
#include <optional>

#include "adapter/grpc_wallet_network.h"
#include "history/history.h"
#include "journal_postgres/remote.h"
#include "projection/book_reader.h"
#include "router/router.h"
#include "rpc/server.h"
#include "sequencer/sequencer.h"
#include "switchd/ledger_look.h"
#include "switchd/metered_journal.h"
#include "switchd/recovery.h"
#include "switchd/transfer_meter.h"
#include "telemetry/scrape.h"

namespace ayni::switchd {

/// Reads every module's figures at the moment of a scrape. On threads of the metrics server:
/// atomics directly, the ledger through a query that waits for a bounded time.
class SwitchMetrics {
public:
    /// All must outlive it.
    struct Sources {
        const base::Clock& clock;
        sequencer::Sequencer& sequencer;
        const router::Router& router;
        const adapter::GrpcWalletNetwork& network;
        const MeteredJournal& journal;
        const TransferMeter& meter;
        const history::History& history;
        const projection::BookReader* books;  ///< Null where history is an index of our own.
        const rpc::Server& server;
        const journal_postgres::Statistics* replication;  ///< Null with the embedded journal.
        const RecoveryFigures& recovery;
        snapshot::Shelf snapshots;  ///< Read at each scrape: others take them.
        /// Absent without TLS.
        std::optional<std::filesystem::path> certificate_file;
    };
    explicit SwitchMetrics(Sources sources) : sources_(std::move(sources)) {}

    void collect(telemetry::Scrape& scrape);

private:
    void collect_sequencer(telemetry::Scrape& scrape) const;
    void collect_replication(telemetry::Scrape& scrape) const;
    void collect_rpc(telemetry::Scrape& scrape) const;
    void collect_history(telemetry::Scrape& scrape, const LedgerLook& look) const;
    void collect_links(telemetry::Scrape& scrape) const;
    void collect_ledger(telemetry::Scrape& scrape, const LedgerLook& look) const;
    void collect_recovery(telemetry::Scrape& scrape) const;
    void collect_process(telemetry::Scrape& scrape, std::uint64_t protocol_version) const;

    Sources sources_;
    std::atomic<std::uint64_t> looks_missed_{0};
};

/// When the first certificate in a PEM file ends, in seconds since 1970. Nothing when there is
/// none.
[[nodiscard]] std::optional<std::int64_t> certificate_end(const std::filesystem::path& pem_file);

}  // namespace ayni::switchd
