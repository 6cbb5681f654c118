#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/ring.h"
#include "journal/journal.h"
#include "ledger/ledger.h"

namespace ayni::sequencer {

/// Commands that travel to the ledger together and get their outcomes together. Owned by whoever
/// submits it, who keeps it unchanged until `applied` was called.
class Submission {
public:
    virtual ~Submission() = default;

    /// Filled before submitting, on any thread.
    ledger::CommandBuffer commands;
    /// One for each command, in order, when `applied` is called.
    std::vector<ledger::Outcome> outcomes;

    /// The commands are durable and applied (I6), or each was a repeat whose outcome is durable.
    /// Called on the sequencer's thread: hand over, do not work here. `as_of` is the last sequence
    /// applied. The submission may be destroyed inside.
    virtual void applied(base::Sequence as_of) = 0;

    /// The commands were not journalled and will not be by this process: it stops, or there is no
    /// room. Called instead of `applied`, on the sequencer's thread.
    virtual void abandoned() = 0;
};

/// A look at the ledger between two batches. Everything it sees is durable (I6).
class Query {
public:
    virtual ~Query() = default;
    /// On the sequencer's thread: copy what is needed and hand over.
    virtual void run(const ledger::Ledger& ledger) = 0;
    virtual void abandoned() = 0;
};

/// Progress submissions (commit, abort, acknowledge) are what ends reservations: they have a ring
/// of their own, so that new work can never keep them out.
enum class Lane : std::uint8_t { admission, progress };

/// Called by the sequencer around each batch, on its thread: the router is one.
class Follower : public ledger::Listener {
public:
    /// Replay of the journal is over; from here on changes are live.
    virtual void replayed(const ledger::Ledger& ledger) = 0;
    /// A batch was applied and its submitters were answered.
    virtual void batch_applied(const ledger::Ledger& ledger) = 0;
    /// Work that is due at a steady time, apart from the ledger's deadlines; see `next_due`.
    virtual void run_due(const ledger::Ledger& ledger, std::chrono::nanoseconds steady_now) = 0;
    /// Steady time at which `run_due` wants to be called; max() for not at all.
    [[nodiscard]] virtual std::chrono::nanoseconds next_due() const = 0;
    /// `run` ends: nothing will be applied any more, and whoever waits for something to be applied
    /// waits in vain. The last call.
    virtual void stopped() {}
};

/// Journal time (DESIGN §6): max(last, wall clock at the start) plus steady time elapsed since,
/// slewed towards the wall clock by at most 1/1000.
class JournalClock {
public:
    /// `last` is the time of the journal's last batch.
    JournalClock(const base::Clock& clock, base::JournalTime last);
    /// Never less than an earlier answer.
    [[nodiscard]] base::JournalTime now();

private:
    const base::Clock& clock_;
    base::JournalTime current_;
    std::chrono::nanoseconds steady_at_current_;
};

/// Makes one total order of all commands: gathers what has arrived, makes it durable as one batch,
/// applies it, answers. There is no timer to tune: while one batch is being written the next
/// gathers (STYLE 3).
class Sequencer {
public:
    struct Options {
        std::size_t admission_capacity = 16'384;  ///< Submissions, not commands.
        std::size_t progress_capacity = 65'536;
        std::size_t query_capacity = 16'384;
        std::size_t max_batch_commands = 16'384;
        std::size_t max_batch_bytes = 2 << 20;
        /// Free bytes of the journal below which no new work is admitted, so that what is reserved
        /// can still be ended.
        std::uint64_t admission_needs_bytes = 16 << 20;
        /// A wall clock further behind the journal than this refuses to lead.
        std::chrono::nanoseconds max_clock_behind = std::chrono::seconds(5);
        /// A leader that has nothing to write appends a tick after this long, so that it learns
        /// when it was displaced. Zero: never, for a journal that only one process can open.
        std::chrono::nanoseconds heartbeat{0};
        /// An append in doubt for so long keeps new work out.
        std::chrono::nanoseconds stalled_after = std::chrono::seconds(1);
    };

    /// All must outlive the sequencer. `follower` may be null.
    Sequencer(const Options& options, ledger::Ledger& ledger, journal::Journal& journal,
              const base::Clock& clock, Follower* follower);
    ~Sequencer();

    // Any thread.

    /// False when the lane is full, there is no room in the journal, it does not answer, or this
    /// process does not lead (any more): nothing was taken. `statistics` says which.
    [[nodiscard]] bool submit(Submission* submission, Lane lane);
    [[nodiscard]] bool query(Query* query);
    /// Asks `run` to return after the batch in hand.
    void stop();

    // The sequencer's thread.

    /// Applies what the journal holds beyond the ledger, comparing digests. Any number of times
    /// before `lead`: a process that follows calls it whenever the leader may have appended. An
    /// error when the journal does not replay, or needs more room than the ledger has.
    ///
    /// `stands_after`, for the first time: the ledger was loaded from a snapshot and holds the
    /// state behind that batch, so only what follows is replayed. The caller has made sure that it
    /// is a batch of this journal. Zero: the ledger is new.
    [[nodiscard]] base::Result<void> catch_up(
        base::BatchNumber stands_after = base::BatchNumber(0));

    /// For a process that follows: answers queries from what was applied.
    void answer_queries();

    /// Appends `Started`, which makes all the ledger's room its limits: true when from here on this
    /// process leads, false when another one was faster, whom it can go on to follow. After
    /// `catch_up`. An error when the wall clock is behind the journal, or it was told to stop.
    [[nodiscard]] base::Result<bool> lead();

    /// `catch_up` and `lead`: for a journal that only one process can open.
    [[nodiscard]] base::Result<void> start(base::BatchNumber stands_after = base::BatchNumber(0));

    /// Works until `stop`, then abandons what is queued. For the process.
    void run();

    /// One pass without waiting; true when anything was done. For simulation and tests.
    bool run_once();

    /// When `run_once` has something to do even if nothing arrives (an expiry, a follower's timer),
    /// in steady time; max() when nothing is due.
    [[nodiscard]] std::chrono::nanoseconds next_wake() const;

    // Any thread: for metrics.

    struct Statistics {
        std::atomic<std::uint64_t> batches{0};
        std::atomic<std::uint64_t> commands{0};
        std::atomic<std::uint64_t> repeats_answered{0};  ///< Without a journal entry.
        std::atomic<std::uint64_t> queries{0};
        std::atomic<std::uint64_t> append_nanoseconds{0};
        std::atomic<std::uint64_t> apply_nanoseconds{0};
        std::atomic<std::uint64_t> appends_in_doubt{0};
        std::atomic<std::uint64_t> appends_without_space{0};
        std::atomic<std::uint64_t> durable_sequence{0};
        std::atomic<std::uint64_t> applied_sequence{0};
        std::atomic<std::uint64_t> epoch{0};
        std::atomic<std::uint64_t> replayed_commands{0};
        std::atomic<bool> is_leading{false};
        std::atomic<bool> has_space{true};
        std::atomic<bool> is_stalled{false};  ///< An append has been in doubt for too long.
    };
    [[nodiscard]] const Statistics& statistics() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::sequencer
