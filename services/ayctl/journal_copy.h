#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ayctl/journal_source.h"

/// Batches from one journal into another, as they are: the chain goes on, nothing is made anew.
namespace ayni::ayctl {

/// What a copy did, or would do.
struct Copied {
    std::optional<base::BatchNumber> found =
        {};                       ///< Where the target ended; nothing: it was empty.
    base::BatchNumber last = {};  ///< Where it ends now.
    std::uint64_t added = 0;
};

struct CopyOptions {
    std::optional<base::BatchNumber> last_batch = {};  ///< No batch behind it.
    std::optional<base::Sequence> last_sequence = {};  ///< None behind the one that holds it.
    std::uint64_t segment_bytes = 64ULL << 20U;
    bool is_dry_run = false;  ///< Everything but writing.
};

/// Writes the batches of `source`, from its genesis, into `directory`, which is new, or holds their
/// beginning: then what is missing is added. Durable when it returns. Ended in the middle, it
/// leaves a beginning. Refused, with nothing changed, when the directory holds anything else, or
/// further batches, or somebody writes there.
[[nodiscard]] base::Result<Copied> copy_to_directory(const NextBatch& source,
                                                     const std::filesystem::path& directory,
                                                     const CopyOptions& options);

/// Gives `database` what it lacks of `source`, in one transaction, each batch by compare and append
/// under the lock of leadership: all of the journal when it holds none yet. Waits for as long as
/// its commit waits for a standby. Refused, with nothing changed: a schema of another build, a
/// switch that leads, another journal, or another batch where one of the two ends.
[[nodiscard]] base::Result<Copied> copy_to_database(const ReadJournal& source,
                                                    const std::string& database, bool is_dry_run);

}  // namespace ayni::ayctl
