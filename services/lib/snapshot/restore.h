#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file_journal.h"
#include "ledger/ledger.h"
#include "ledger/snapshot.h"
#include "snapshot/shelf.h"

/// A ledger from the newest snapshot that can be trusted, so that only the journal's tail is left
/// to be replayed. Truth is the journal alone: what is wrong with a snapshot costs time, never
/// more.
namespace ayni::snapshot {

/// Why a snapshot was passed over.
enum class Reason : std::uint8_t {
    damaged,  ///< Half-written, flipped, cut, renamed or unreadable.
    foreign,  ///< Whole, but its batch is not in this journal.
    unfit,    ///< Of another build, larger than the tables, or without what `is_usable` asks for.
};
inline constexpr std::size_t reason_count = 3;
[[nodiscard]] std::string_view to_string(Reason reason);

struct Rejection {
    std::string name;  ///< Of the file.
    Reason reason = Reason::damaged;
    std::string why;
};

struct Restored {
    std::unique_ptr<ledger::Ledger> ledger;          ///< A new one when no snapshot was good.
    std::optional<ledger::SnapshotHeader> snapshot;  ///< The one that it was loaded from.
    std::string name;
    std::vector<Rejection> rejections;  ///< Newer than that one, the newest first.

    /// The batch behind which the ledger stands; zero for a new one.
    [[nodiscard]] base::BatchNumber stands_after() const {
        return base::BatchNumber(snapshot ? snapshot->stand.batch : 0);
    }
    /// Where the journal can be opened; nothing: at its beginning.
    [[nodiscard]] std::optional<journal::FileJournal::Start> start() const;
};

/// Something that is asked of a snapshot before its body is read, or why it does not hold.
using Condition = std::function<base::Result<void>(const ledger::SnapshotHeader&)>;

/// Tries the snapshots of `shelf`, the newest first, until one is whole, stands after a batch of
/// the journal (`is_of_journal`; foreign otherwise) and satisfies `is_usable`, which may be empty.
/// Reads only.
[[nodiscard]] Restored restore(const Shelf& shelf, const ledger::Options& options,
                               const Condition& is_of_journal, const Condition& is_usable = {});

/// For the file journal in `journal_directory`.
[[nodiscard]] Restored restore(const Shelf& shelf, const ledger::Options& options,
                               const std::filesystem::path& journal_directory,
                               const Condition& is_usable = {});

/// Where a ledger stands that was brought to the tail of `journal`.
[[nodiscard]] ledger::SnapshotStand stand_at_tail(const journal::FileJournal& journal);

}  // namespace ayni::snapshot
