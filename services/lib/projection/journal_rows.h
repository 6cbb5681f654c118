#pragma once

#include "ledger/ledger.h"
#include "projection/chunk.h"

namespace ayni::projection {

struct CommandContext {
    base::Sequence sequence;
    base::JournalTime time;
    const ledger::Outcome& outcome;
    bool has_changed_transfer = false;  ///< A transfer was created or decided by it.
};

/// What a command leaves in the books by itself, whatever it did to transfers and accounts: an act,
/// a claim, a start, or a refusal.
void add_rows_of(ledger::CommandView command, const CommandContext& context, Chunk& chunk);

}  // namespace ayni::projection
