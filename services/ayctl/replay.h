#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "journal/journal.h"
#include "ledger/ledger.h"

namespace ayni::ayctl {

/// Up to where a replay goes; without either, to the end.
struct ReplayLimit {
    std::optional<base::Sequence> sequence = {};  ///< The last command to apply.
    std::optional<base::JournalTime> time = {};   ///< No batch that is later is applied.
};

struct ReplaySummary {
    journal::BatchHeader last;  ///< Of the last batch of which a command was applied, or genesis.
    std::uint64_t batches = 0;  ///< Applied, genesis included.
    std::uint64_t commands = 0;
    /// Commands that the ledger refused; they are entries, too.
    std::uint64_t refused = 0;
    std::uint64_t digests_compared = 0;
};

/// Brings a fresh `ledger`, or one from a snapshot that stands behind batch `stands_after`, through
/// the journal up to `limit`, and compares with each digest that a later batch carries. An error
/// names the batch, or, of the journal itself, segment and offset.
///
/// The ledger's capacities must be those of the switch that wrote the journal: where one is full
/// the outcome differs.
[[nodiscard]] base::Result<ReplaySummary> replay(
    const journal::Journal& journal, ledger::Ledger& ledger, const ReplayLimit& limit,
    base::BatchNumber stands_after = base::BatchNumber(0));

}  // namespace ayni::ayctl
