#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "journal/file_journal.h"
#include "journal/journal.h"
#include "journal_postgres/batch_rows.h"

namespace ayni::journal_postgres {

/// Events for the operator's log: a name and what it says of itself.
using Note = std::function<void(std::string_view event, std::string_view why)>;

/// Figures for metrics; any thread may read.
struct Statistics {
    std::atomic<std::uint64_t> sessions{0};          ///< Connections made, by all of the journal.
    std::atomic<std::uint64_t> appends_in_doubt{0};  ///< Tries whose outcome was unknown.
    std::atomic<std::uint64_t> rewinds{0};           ///< Times that the database lacked batches.
    std::atomic<std::uint64_t> reappended{0};        ///< Batches given back to it.
    std::atomic<bool> is_connected{false};           ///< The last try reached a primary.
};

/// Whether this process may try to lead.
enum class Claim : std::uint8_t {
    granted,
    taken,    ///< Another process holds the lock.
    refused,  ///< The database may lack what the leader appended, or has another history.
    unknown,  ///< No answer yet: ask again.
};

/// The last batch that the leader told this process of, before it answered for it, and whether it
/// still could tell of another.
struct Heard {
    base::BatchNumber number;
    base::Epoch epoch;
    journal::Hash hash{};
    bool is_connected = false;
};

/// What is asked of the database: on a thread of its own with a session of its own, because a
/// commit may hang for as long as no standby confirms it, and nothing may cancel it; and because a
/// machine that stands still answers nothing, and ends no connection. One task in flight.
class Remote {
public:
    struct Options {
        std::string database;
        std::string name = "ayni";
        /// How long a call waits for its task.
        std::chrono::nanoseconds patience = std::chrono::milliseconds(500);
        /// A session that does not answer for so long is given up, and another asked.
        std::chrono::nanoseconds suspicion = std::chrono::seconds(5);
        std::chrono::nanoseconds reconnect_pause = std::chrono::milliseconds(200);
        Note note;
    };

    /// All must outlive it. `copy` is read by its thread while a task is in flight.
    Remote(const Options& options, const base::Clock& clock, const journal::FileJournal& copy,
           Statistics& statistics);
    /// Gives up what is in flight: its outcome stays unknown.
    ~Remote();
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;

    // One thread only.

    /// See Journal::append. Rows that the database lost and `copy` has are put back first.
    /// in_doubt: call again with the same batch.
    [[nodiscard]] journal::AppendOutcome append(const journal::Batch& batch);

    /// The batches behind `tail`, the copy's, in order and each verified by itself, at most
    /// `rows_at_once`; none when the database can not be reached, or lacks `tail`, too. Nothing
    /// when there is no answer yet: ask again. An error when it holds another batch in the place of
    /// `tail`, or one that does not verify.
    [[nodiscard]] std::optional<base::Result<std::vector<EncodedBatch>>> read_behind(
        const journal::BatchHeader& tail);
    static constexpr std::size_t rows_at_once = 16;  // a batch has up to 4 MiB

    /// Where the leader of the last batch read said that it is reached; empty when it did not say.
    [[nodiscard]] std::string leader() const;

    /// Tries for the lock of leadership; when it is granted, the database holds all that `copy`
    /// does. The lock only decides who tries to lead: the fence is the primary key.
    ///
    /// refused while a batch that the leader told of is neither in the database nor in `copy`; and
    /// while the database was promoted, or went back, since a batch of the leader was last read,
    /// unless what is here is what the leader told of last, or that and the one batch that it had
    /// not told of yet. For the leader may have answered for batches that are not here, and has
    /// them in its copy. It puts them back with its next append, which ends the refusal. If it
    /// never appends again, an operator restores the database from its copy, or, when that is lost,
    /// too, starts this process anew, which accepts what is there.
    ///
    /// A leader that is connected keeps its place when the database was promoted, if it appends
    /// again soon.
    [[nodiscard]] Claim claim(const std::optional<Heard>& heard = {});

    /// Leaves `address` for followers to tell to clients. Best effort.
    void announce(base::Epoch epoch, const std::string& address);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::journal_postgres
