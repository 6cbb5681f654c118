#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>

#include "history/history.h"

namespace ayni::history {

/// An index on disk (RocksDB) of what the journal decided: by id, and by participant in the order
/// of creation. A pure function of the journal: nothing here is synced, and what a crash loses is
/// recorded again by the replay that follows it, from the stored cursor on.
///
/// `record` and `applied` belong to the sequencer's thread and only append to memory; a thread of
/// its own stores. The queries are safe on any thread. A disk that fails to write stops the
/// process.
class FileHistory final : public History {
public:
    struct Options {
        std::filesystem::path directory;  ///< Made when it is missing.
        /// How many entries may wait to be stored; from there on `applied` waits.
        std::size_t queue_capacity_entries = 1 << 20;
        /// Names the journal that is indexed (the hash of its genesis). An index of another journal
        /// is refused. Zeros: not checked.
        std::array<std::uint8_t, 32> journal{};
    };

    [[nodiscard]] static base::Result<std::unique_ptr<FileHistory>> open(const Options& options);

    /// Stores what was recorded up to the last `applied`, then closes.
    ~FileHistory() override;

    /// A transfer was created, of whatever outcome, or came to another state. In the order of the
    /// journal. Entries that the index has from before a restart are skipped.
    void record(const Entry& entry);

    /// Everything up to `sequence` was recorded: `as_of` may come to it.
    void applied(base::Sequence sequence);

    /// Hands over what was recorded, and waits for room if it must, without a word about what is
    /// complete: in the middle of more than memory should hold.
    void hand_over();

    [[nodiscard]] base::Sequence as_of() const override;
    [[nodiscard]] Answer<Found> find(const base::TransferId& id) const override;
    [[nodiscard]] Answer<Listed> list(base::ParticipantId participant, base::Sequence before,
                                      std::size_t limit) const override;

    /// Blocks until `as_of` is at least `sequence`, which was `applied` before.
    void wait_until_stored(base::Sequence sequence) const;

    /// Makes everything stored so far survive a crash. For a planned stop; never needed for truth.
    [[nodiscard]] base::Result<void> flush();

    // Any thread: for metrics.

    struct Statistics {
        std::atomic<std::uint64_t> entries_stored{0};
        std::atomic<std::uint64_t> entries_waiting{0};
        std::atomic<std::uint64_t> waits_for_room{0};  ///< How often `applied` had to wait.
    };
    [[nodiscard]] const Statistics& statistics() const;

private:
    struct State;
    explicit FileHistory(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::history
