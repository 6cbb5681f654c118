#pragma once

#include <filesystem>
#include <memory>
#include <optional>

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
    /// A batch from which on the journal can be opened, without a look at those before it: the one
    /// that a snapshot of the ledger stands after.
    struct Start {
        BatchNumber number;
        Hash hash{};
        std::uint32_t segment = 0;  ///< Where it begins.
        std::uint64_t offset = 0;
    };

    /// The lock of a journal's directory, given back when the last copy goes.
    using Lock = std::shared_ptr<void>;

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
        /// Begin to read here; nothing: at genesis.
        std::optional<Start> start = {};
        Lock lock = {};  ///< Taken before by `take_lock`; null: `open` takes it.
        /// What a journal begins with that is the copy of another; nothing: ids of its own. A
        /// directory that holds a journal with another genesis is refused.
        std::optional<Batch> genesis = {};
    };

    /// What recovery did, for the operator's log.
    struct Recovery {
        std::uint64_t batches = 0;     ///< Read, from the start on.
        std::uint64_t torn_bytes = 0;  ///< Cut from the tail; 0 when it was whole.
        std::string torn_at;           ///< "00000003.journal offset 81920"
    };

    /// Makes the directory when it is missing and locks it: for whoever must be alone with the
    /// journal before it is opened. An error when somebody else has it.
    [[nodiscard]] static base::Result<Lock> take_lock(const Options& options);

    /// Header of batch 0 in `directory`, verified; nothing when no journal is there (yet).
    [[nodiscard]] static base::Result<std::optional<BatchHeader>> genesis_in(
        const std::filesystem::path& directory, FileSystem* files = nullptr);

    /// Says why `open` can not begin at `start`: not that batch, with that hash, stands there.
    [[nodiscard]] static base::Result<void> check_start(const std::filesystem::path& directory,
                                                        const Start& start,
                                                        FileSystem* files = nullptr);

    /// Opens the journal in `options.directory`, or begins one (genesis ids from `random`, its time
    /// from `clock`). Verifies every batch from `options.start` on. A torn tail (invalid bytes with
    /// nothing valid behind them) is cut; damage with something valid behind it is an error that
    /// names segment and offset. Before it returns, the tail segment was re-written and synced: a
    /// valid checksum in the page cache proves nothing.
    ///
    /// After that an I/O error on write or sync aborts the process: never retry an fsync.
    [[nodiscard]] static base::Result<std::unique_ptr<FileJournal>> open(const Options& options,
                                                                         const base::Clock& clock,
                                                                         base::Random& random);

    /// Opens for reading only, beside a writer or after a crash: nothing is locked, cut or written.
    /// Replay then ends at the first batch that is not complete. `tail` stays what it was at
    /// opening.
    [[nodiscard]] static base::Result<std::unique_ptr<FileJournal>> open_to_read(
        const std::filesystem::path& directory, const std::optional<Start>& start = {},
        FileSystem* files = nullptr);

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

    /// The tail, for a later opening that begins there.
    [[nodiscard]] Start tail_start() const;

private:
    struct State;
    explicit FileJournal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::journal
