#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "journal/batch.h"

namespace ayni::journal {

enum class AppendOutcome : std::uint8_t {
    appended,
    lost_leadership,
    in_doubt,
    /// Nothing was written and nothing will be: there is no room. Try again later with any batch.
    no_space,
};

/// The durable, totally ordered list of command batches. It is the only truth in the system;
/// balances and tables are derived from it.
///
/// One writer at a time. A writer that lost its place learns it from append(), never later: an
/// acknowledged batch can not be displaced (I8). Not thread-safe, except where said otherwise.
class Journal {
public:
    virtual ~Journal() = default;

    /// Appends `batch` directly after the batch whose hash is `batch.header.previous_hash`. The
    /// header must be sealed and continue `tail()` densely (I5, asserted).
    ///
    /// appended:        durable on the quorum the operator configured, and will be read back for
    /// ever. lost_leadership: another writer owns that position. The caller must stop the process.
    /// in_doubt:        the outcome is unknown. Call append() again with the *same* batch until
    ///                  another answer comes; acknowledge nothing meanwhile.
    /// no_space:        nothing happened, for want of room.
    [[nodiscard]] virtual AppendOutcome append(const Batch& batch) = 0;

    /// Header of the last batch. There is always one: opening writes genesis into an empty journal.
    [[nodiscard]] virtual const BatchHeader& tail() const = 0;

    /// Visits every batch from number `from` to the tail, in order, each verified (checksum, chain,
    /// density). The payload is valid during the visit only. An error names the place (segment,
    /// offset) of the first batch that is not what it must be.
    [[nodiscard]] virtual base::Result<void> replay(
        BatchNumber from, const std::function<void(const Batch&)>& visit) const = 0;

    /// Bytes of room left for further batches, as far as the journal knows.
    [[nodiscard]] virtual std::uint64_t bytes_free() const = 0;
};

/// Reads single commands of batches that are durable already. Safe on any thread, beside append().
class CommandReader {
public:
    virtual ~CommandReader() = default;

    struct Found {
        BatchHeader header;
        std::vector<std::uint64_t> command;  ///< One whole command, aligned.
    };
    /// The command at `sequence`, or nothing when there is none (yet). An error when the place can
    /// not be read or does not verify.
    [[nodiscard]] virtual base::Result<std::optional<Found>> read_command(
        Sequence sequence) const = 0;
};

}  // namespace ayni::journal
