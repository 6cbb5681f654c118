#pragma once

#include <memory>
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
    /// The replay ended before a command that brings these limits: the ledger has no room for them.
    std::optional<ledger::Limits> needs = {};
};

/// Brings a fresh `ledger`, or one from a snapshot that stands behind batch `stands_after`, through
/// the journal up to `limit`, and compares with each digest that a later batch carries. An error
/// names the batch, or, of the journal itself, segment and offset.
[[nodiscard]] base::Result<ReplaySummary> replay(
    const journal::Journal& journal, ledger::Ledger& ledger, const ReplayLimit& limit,
    base::BatchNumber stands_after = base::BatchNumber(0));

struct Replayed {
    std::unique_ptr<ledger::Ledger> ledger;
    ReplaySummary summary;
};

/// Room for what the journal's first start was given; one more pass is needed only where the tables
/// grew later.
[[nodiscard]] ledger::Options room_at_first(const journal::CommandReader& journal);

/// Replays all up to `limit`, with as much room as the journal says that its ledger needs.
[[nodiscard]] base::Result<Replayed> replay(const journal::Journal& journal,
                                            const ReplayLimit& limit, ledger::Options room = {});

}  // namespace ayni::ayctl
