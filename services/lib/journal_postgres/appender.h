#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "journal/file_journal.h"
#include "journal/journal.h"

namespace ayni::journal_postgres {

/// Events for the operator's log: a name and what it says of itself.
using Note = std::function<void(std::string_view event, std::string_view why)>;

/// Figures for metrics; any thread may read.
struct Statistics {
    std::atomic<std::uint64_t> sessions{0};          ///< Connections made, by all of the journal.
    std::atomic<std::uint64_t> appends_in_doubt{0};  ///< Tries whose outcome was unknown.
    std::atomic<std::uint64_t> rewinds{0};           ///< Times that the database lacked batches.
    std::atomic<std::uint64_t> reappended{0};        ///< Batches given back to it.
    std::atomic<bool> is_connected{false};           ///< The appender's last try reached a primary.
};

/// Whether this process may try to lead.
enum class Claim : std::uint8_t {
    granted,
    taken,    ///< Another process holds the lock.
    refused,  ///< The database is not where it was before: an operator must look.
    unknown,  ///< No answer yet: ask again.
};

/// The writing half of the journal: a thread of its own with a session of its own, because a commit
/// may hang for as long as no standby confirms it, and nothing may cancel it. One task in flight.
class Appender {
public:
    struct Options {
        std::string database;
        std::string name = "ayni";
        /// How long a call waits for its task.
        std::chrono::nanoseconds patience = std::chrono::milliseconds(100);
        /// A session that does not answer for so long is given up, and another asked.
        std::chrono::nanoseconds suspicion = std::chrono::seconds(5);
        std::chrono::nanoseconds reconnect_pause = std::chrono::milliseconds(200);
        Note note;
    };

    /// All must outlive it. `copy` is read by the appender's thread while a task is in flight.
    Appender(const Options& options, const base::Clock& clock, const journal::FileJournal& copy,
             Statistics& statistics);
    /// Gives up what is in flight: its outcome stays unknown.
    ~Appender();
    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;

    // One thread only.

    /// See Journal::append. Rows that the database lost and `copy` has are put back first.
    /// in_doubt: call again with the same batch.
    [[nodiscard]] journal::AppendOutcome append(const journal::Batch& batch);

    /// Tries for the lock of leadership; when it is granted, the database holds all that `copy`
    /// does. The lock only decides who tries to lead: the fence is the primary key.
    [[nodiscard]] Claim claim();

    /// False while a claim or an append has no answer: the copy is not to be changed.
    [[nodiscard]] bool is_idle() const;

    /// Leaves `address` for followers to tell to clients. Best effort.
    void announce(base::Epoch epoch, const std::string& address);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::journal_postgres
