#include "switchd/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "journal_postgres/postgres_journal.h"
#include "switchd/options_of.h"
#include "telemetry/log.h"

namespace ayni::switchd {
namespace {

using base::Result;
using telemetry::Severity;

/// Null where the books are the history.
Result<std::unique_ptr<history::FileHistory>> open_history(const config::SwitchConfig& config,
                                                           const journal::Hash& journal) {
    if (!config.history.database.empty()) return nullptr;
    return history::FileHistory::open({.directory = config.history.directory, .journal = journal});
}

/// Whether what `history` lacks is still remembered by the ledger in the snapshot.
Result<void> can_complete(const history::FileHistory& history,
                          const ledger::SnapshotHeader& header) {
    if (history.as_of() >= header.latest_forgotten) return {};
    return base::failure(
        "history", fmt::format("is complete to sequence {}, and the snapshot has forgotten what "
                               "was decided at {}",
                               history.as_of().value(), header.latest_forgotten.value()));
}

/// History follows the journal, and is never before it: one that is belongs to a journal that was
/// longer, and would tell of payments that this one does not hold.
Result<void> check_history(const history::FileHistory* history, const journal::BatchHeader& tail) {
    if (history == nullptr || history->as_of() <= tail.last_sequence()) return {};
    return base::failure(
        "history.directory",
        fmt::format("is complete to sequence {}, and the journal ends at {}: it is of a longer "
                    "journal. When the journal is the right one, delete the directory; it is built "
                    "again",
                    history->as_of().value(), tail.last_sequence().value()));
}

void log_restored(const snapshot::Restored& restored) {
    for (const auto& rejection : restored.rejections) {
        telemetry::log(Severity::warning, "snapshot_rejected",
                       {{"name", rejection.name},
                        {"reason", std::string(to_string(rejection.reason))},
                        {"why", rejection.why}});
    }
    if (!restored.snapshot) return;
    const auto& header = *restored.snapshot;
    telemetry::log(Severity::info, "snapshot_loaded",
                   {{"name", restored.name},
                    {"batch", fmt::format("{}", header.stand.batch)},
                    {"sequence", fmt::format("{}", header.last_sequence.value())},
                    {"accounts", fmt::format("{}", header.used.accounts)},
                    {"remembered", fmt::format("{}", header.used.remembered_transfers)}});
}

void log_journal(const journal::FileJournal& journal) {
    const auto& recovery = journal.recovery();
    telemetry::log(recovery.torn_bytes == 0 ? Severity::info : Severity::warning, "journal_opened",
                   {{"batches", fmt::format("{}", recovery.batches)},
                    {"torn_bytes", fmt::format("{}", recovery.torn_bytes)},
                    {"torn_at", recovery.torn_at}});
}

}  // namespace

Result<Recovered> recover(const config::SwitchConfig& config, const base::Clock& clock,
                          base::Random& random) {
    Recovered recovered;
    auto options = journal_options_of(config);
    auto lock = journal::FileJournal::take_lock(options);
    if (!lock) return tl::unexpected(lock.error());
    options.lock = std::move(*lock);
    const auto genesis = journal::FileJournal::genesis_in(options.directory);
    if (!genesis) return tl::unexpected(genesis.error());
    journal_postgres::EncodedBatch replicated;  // the genesis points into it
    if (!config.journal.database.empty()) {
        if (const auto good = journal_postgres::check_copy(config.journal.database, !*genesis);
            !good) {
            return tl::unexpected(good.error());
        }
        auto found = journal_postgres::open_genesis(config.journal.database, clock, random);
        if (!found) return tl::unexpected(found.error());
        replicated = std::move(*found);
        options.genesis = replicated.batch();
    }
    const ledger::Options tables = ledger_options_of(config);
    if (*genesis) {
        auto history = open_history(config, (*genesis)->hash);
        if (!history) return tl::unexpected(history.error());
        recovered.history = std::move(*history);
        const snapshot::Shelf shelf(snapshot::directory_of(options.directory));
        snapshot::Condition is_usable;
        if (recovered.history) {
            is_usable = [&](const ledger::SnapshotHeader& header) {
                return can_complete(*recovered.history, header);
            };
        }
        recovered.restored = snapshot::restore(shelf, tables, options.directory, is_usable);
        log_restored(recovered.restored);
    } else {
        recovered.restored.ledger = std::make_unique<ledger::Ledger>(tables);
    }
    options.start = recovered.restored.start();
    auto journal = journal::FileJournal::open(options, clock, random);
    if (!journal) return tl::unexpected(journal.error());
    recovered.journal = std::move(*journal);
    log_journal(*recovered.journal);
    if (!*genesis) {
        auto history = open_history(config, recovered.journal->genesis().hash);
        if (!history) return tl::unexpected(history.error());
        recovered.history = std::move(*history);
    }
    if (const auto good = check_history(recovered.history.get(), recovered.journal->tail());
        !good) {
        return tl::unexpected(good.error());
    }
    return recovered;
}

void note(const snapshot::Restored& restored, const base::Clock& clock, RecoveryFigures& figures) {
    for (const auto& rejection : restored.rejections) {
        ++figures.rejected[static_cast<std::size_t>(rejection.reason)];
    }
    if (!restored.snapshot) return;
    figures.snapshot_sequence = restored.snapshot->last_sequence.value();
    const std::chrono::nanoseconds taken(restored.snapshot->time.nanoseconds);
    figures.snapshot_age = std::max(std::chrono::nanoseconds(0), clock.wall() - taken);
}

}  // namespace ayni::switchd
