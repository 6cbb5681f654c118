#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "journal/journal.h"

namespace ayni::journal {

class FileSystem;

/// The embedded journal: segment files in one directory of one machine, nothing to install.
///
/// Each batch starts on a 4 KiB boundary: an encoded header with CRC32C, then the payload, then
/// zeros to the next boundary. Segments have a fixed size and are filled with zeros ahead of time
/// by a thread of its own, so that an append only overwrites blocks that exist, with O_DIRECT |
/// O_DSYNC. A segment is never written again after the next one has begun.
///
/// The directory is locked (flock) for as long as the journal is open: a second opener is refused.
class FileJournal final : public Journal, public CommandReader {
public:
    struct Options {
        std::filesystem::path directory;  ///< Made when it is missing.
        /// A multiple of 4 KiB, at least 16 KiB. A batch must fit into a segment (asserted).
        std::uint64_t segment_bytes = 256ULL << 20U;
        /// Below this many free bytes on the file system no segment is added; append answers
        /// no_space once the last one is full.
        std::uint64_t low_water_bytes = 64ULL << 20U;
        /// False: no O_DSYNC. For measuring and for tests that do not test durability.
        bool sync = true;
        /// False: no thread makes segments ahead, the appender's does. For simulation.
        bool in_background = true;
        FileSystem* files = nullptr;  ///< Null: the machine's own. Tests make one that fails.
    };

    /// What recovery did, for the operator's log.
    struct Recovery {
        std::uint64_t batches = 0;
        std::uint64_t torn_bytes = 0;  ///< Cut from the tail; 0 when it was whole.
        std::string torn_at;           ///< "00000003.journal offset 81920"
    };

    /// Opens the journal in `options.directory`, or begins one (genesis ids from `random`, its time
    /// from `clock`). Verifies every batch. A torn tail (invalid bytes with nothing valid behind
    /// them) is cut; damage with something valid behind it is an error that names segment and
    /// offset. Before it returns, the tail segment was re-written and synced: a valid checksum in
    /// the page cache proves nothing.
    ///
    /// After that an I/O error on write or sync aborts the process: never retry an fsync.
    [[nodiscard]] static base::Result<std::unique_ptr<FileJournal>> open(const Options& options,
                                                                         const base::Clock& clock,
                                                                         base::Random& random);

    /// Opens for reading only, beside a writer or after a crash: nothing is locked, cut or written.
    /// Replay then ends at the first batch that is not complete.
    [[nodiscard]] static base::Result<std::unique_ptr<FileJournal>> open_to_read(
        const std::filesystem::path& directory);

    ~FileJournal() override;

    [[nodiscard]] AppendOutcome append(const Batch& batch) override;
    [[nodiscard]] const BatchHeader& tail() const override;
    [[nodiscard]] base::Result<void> replay(
        BatchNumber from, const std::function<void(const Batch&)>& visit) const override;
    [[nodiscard]] std::uint64_t bytes_free() const override;
    [[nodiscard]] base::Result<std::optional<Found>> read_command(Sequence sequence) const override;

    [[nodiscard]] const Recovery& recovery() const;

    /// Header of batch 0. Its hash names this journal among all others.
    [[nodiscard]] const BatchHeader& genesis() const;

private:
    struct State;
    explicit FileJournal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::journal
