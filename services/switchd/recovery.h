#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "config/switch_config.h"
#include "history/file_history.h"
#include "journal/file_journal.h"
#include "journal_postgres/batch_rows.h"
#include "snapshot/restore.h"

namespace ayni::switchd {

/// What a start finds on the disk, before the journal's tail is replayed.
struct Recovered {
    std::unique_ptr<journal::FileJournal>
        journal;  ///< The journal, or the copy of the replicated one.
    std::unique_ptr<history::FileHistory> history;  ///< Null with history.database.
    snapshot::Restored restored;                    ///< The ledger, new or from a snapshot.
};

/// Locks the journal, loads the newest snapshot that is good for it and for the history, and opens
/// the journal behind it. Logs what it found, each snapshot that it passed over by name and reason.
///
/// History must not lack anything of what the ledger has forgotten, and replay begins too late to
/// give it that. So a snapshot is passed over unless everything that was decided after history's
/// cursor is still remembered in it; see HistoryFollower::catch_up. Books (history.database) are
/// fed by somebody else, and lack nothing for it.
[[nodiscard]] base::Result<Recovered> recover(const config::SwitchConfig& config,
                                              const base::Clock& clock, base::Random& random);

/// What became of it, for metrics. Written once, before anybody reads, but for the time.
struct RecoveryFigures {
    std::uint64_t snapshot_sequence = 0;  ///< 0 when everything is replayed.
    std::chrono::nanoseconds snapshot_age{0};
    std::array<std::uint64_t, snapshot::reason_count> rejected{};
    std::atomic<std::int64_t> replay_nanoseconds{0};
};
void note(const snapshot::Restored& restored, const base::Clock& clock, RecoveryFigures& figures);

}  // namespace ayni::switchd
