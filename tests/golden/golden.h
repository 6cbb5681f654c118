#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "journal/journal.h"
#include "ledger/ledger.h"

/// Recorded journals, one folder a protocol version: what this build makes of them must never
/// change (DESIGN §6: old journals replay to the same digest forever).
namespace ayni::golden {

/// The limits of version 1. They are part of the record, since what does not fit is refused, and
/// since a full table moves the floor. The first journals did not say theirs: only with `times` = 1
/// do those replay.
[[nodiscard]] ledger::Options options_v1(std::uint64_t hash_seed, std::size_t times = 1);

/// Replays all of `journal`, comparing each batch's digest, and says what came out: commands,
/// digest, how often each status was the answer, and every account's balances. Lines of text.
[[nodiscard]] base::Result<std::string> replay(const journal::Journal& journal,
                                               ledger::Ledger& ledger);

}  // namespace ayni::golden
