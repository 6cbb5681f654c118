#include "journal_postgres/remote.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/assert.h"
#include "base/mark.h"
#include "database/attempt.h"
#include "journal_postgres/batch_rows.h"
#include "journal_postgres/put_back.h"
#include "journal_postgres/session.h"

namespace ayni::journal_postgres {
namespace {

using base::BatchNumber;
using journal::AppendOutcome;
using journal::BatchHeader;
using std::chrono::nanoseconds;

/// How long a process that follows leaves it to the leader to go on with a database that was
/// promoted.
constexpr std::chrono::seconds turn_of_the_leader{2};

/// What became of putting back what the database lacks.
enum class Restored : std::uint8_t { whole, displaced, in_doubt };

}  // namespace

struct Remote::State {
    State(const Options& given_options, const base::Clock& given_clock,
          const journal::FileJournal& given_copy, Statistics& given_statistics)
        : options(given_options),
          clock(given_clock),
          copy(given_copy),
          statistics(given_statistics) {}

    using Task = std::function<void()>;

    const Options options;
    const base::Clock& clock;
    const journal::FileJournal& copy;
    Statistics& statistics;

    std::mutex mutex;
    std::condition_variable changed;
    Task task;  // set: in flight
    bool is_stopping = false;
    int socket = -1;  // of the session, while it may be interrupted
    nanoseconds heard_at{0};

    // The caller's thread only.
    journal::Hash appending{};  // the batch in flight, or whose outcome is unknown
    bool is_claiming = false;
    bool is_reading = false;

    // Handed over with the task.
    AppendOutcome outcome = AppendOutcome::in_doubt;
    Claim claimed = Claim::unknown;
    base::Result<std::vector<EncodedBatch>> read;
    std::string leader;

    // Its thread only.
    std::unique_ptr<Session> session;
    base::Epoch leader_epoch;  // of which `leader` speaks
    /// Of the database when the leader's last batch was read from it: what the leader appended
    /// since, and was lost with an old primary, nobody here would know of.
    std::optional<Standing> seen_leading_at;
    bool has_lock = false;
    bool is_refusing = false;  // and said so
    std::optional<nanoseconds> promotion_seen_at;
    nanoseconds tried_at = nanoseconds::min();  // to connect
    bool was_granted = false;                   // it led once: it takes the lock again when it can
    std::string last_failure;
    /// A backend that may still be committing what was in doubt when its session was given up.
    struct Hanging {
        std::uint64_t system = 0;
        int backend = 0;
    };
    std::optional<Hanging> hanging;

    std::thread thread;

    void run();
    [[nodiscard]] bool is_free();
    [[nodiscard]] bool perform(Task next);
    void hold(std::unique_ptr<Session> held);
    void drop(std::string_view why);
    void note(std::string_view event, std::string_view why) const {
        if (options.note) options.note(event, why);
    }

    [[nodiscard]] bool has_session();
    [[nodiscard]] bool still_hangs();
    [[nodiscard]] AppendOutcome try_append(const EncodedBatch& batch);
    [[nodiscard]] AppendOutcome append_or_settle(const EncodedBatch& batch);
    [[nodiscard]] AppendOutcome settle(const BatchHeader& header);
    [[nodiscard]] AppendOutcome find_out_why_not(const EncodedBatch& batch);
    [[nodiscard]] Restored restore(BatchNumber last);
    [[nodiscard]] Restored give_back(const Held& held, BatchNumber last);
    [[nodiscard]] RowHead end_of_journal();
    [[nodiscard]] std::optional<journal::Hash> hash_of(BatchNumber number);
    [[nodiscard]] std::string why_not_lead(const std::optional<Heard>& heard);
    [[nodiscard]] Claim try_claim(const std::optional<Heard>& heard);
    [[nodiscard]] base::Result<std::vector<EncodedBatch>> try_read(const BatchHeader& tail);
    void learn_leader(base::Epoch epoch);
    void lock();
};

void Remote::State::run() {
    std::unique_lock guard(mutex);
    for (;;) {
        changed.wait(guard, [&] { return task || is_stopping; });
        if (is_stopping) return;
        const Task current = task;
        guard.unlock();
        current();
        guard.lock();
        task = nullptr;
        changed.notify_all();
    }
}

/// Whether no task is in flight, perhaps after waiting for it.
bool Remote::State::is_free() { return perform(nullptr); }

/// Posts `next`, if any, and waits; true when no task is in flight any more. A session that hangs
/// for too long is cut, which ends the task.
bool Remote::State::perform(Task next) {
    std::unique_lock guard(mutex);
    if (next) {
        ASSERT(!task);
        task = std::move(next);
        heard_at = clock.steady();
        changed.notify_all();
    }
    const bool is_done = changed.wait_for(guard, options.patience, [&] { return !task; });
    if (!is_done && socket >= 0 && clock.steady() - heard_at > options.suspicion) {
        MARK("journal_postgres.session_given_up");
        ::shutdown(socket, SHUT_RDWR);
        socket = -1;
    }
    return is_done;
}

void Remote::State::hold(std::unique_ptr<Session> held) {
    const std::lock_guard guard(mutex);
    session = std::move(held);
    socket = session ? session->socket() : -1;
    heard_at = clock.steady();
}

void Remote::State::drop(std::string_view why) {
    statistics.is_connected.store(false);
    if (last_failure != why) note("journal_session_lost", why);
    last_failure = why;
    has_lock = false;
    {
        const std::lock_guard guard(mutex);
        socket = -1;  // before its number can be another's
    }
    session.reset();
}

bool Remote::State::has_session() {
    if (session) return true;
    const nanoseconds since =
        tried_at == nanoseconds::min() ? nanoseconds::max() : clock.steady() - tried_at;
    if (since < options.reconnect_pause) {
        std::unique_lock guard(mutex);
        changed.wait_for(guard, options.reconnect_pause - since, [&] { return is_stopping; });
        if (is_stopping) return false;
    }
    tried_at = clock.steady();
    auto opened = Session::open(options.database, options.name);
    if (!opened) {
        drop(opened.error().message);
        return false;
    }
    statistics.sessions.fetch_add(1, std::memory_order_relaxed);
    statistics.is_connected.store(true);
    if (!last_failure.empty()) {
        note("journal_session_made", fmt::format("timeline {}", (*opened)->standing().timeline));
        last_failure.clear();
    }
    hold(std::move(*opened));
    return true;
}

/// Whether the backend of a session that was given up still waits in the same server: what it does
/// can neither be seen nor repeated before it is over.
bool Remote::State::still_hangs() {
    if (!hanging) return false;
    if (session->standing().system == hanging->system) {
        const auto row = pqxx::nontransaction(session->connection())
                             .exec_params1(
                                 "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 "
                                 "AND pid <> pg_backend_pid() AND state = 'active' "
                                 "AND application_name = $2",
                                 hanging->backend, options.name);
        if (row[0].as<int>() > 0) {
            MARK("journal_postgres.given_up_session_still_commits");
            return true;
        }
    }
    hanging.reset();
    return false;
}

AppendOutcome Remote::State::try_append(const EncodedBatch& batch) {
    if (!has_session()) return AppendOutcome::in_doubt;
    const Hanging own{.system = session->standing().system, .backend = session->backend()};
    try {
        if (still_hangs()) return AppendOutcome::in_doubt;
        if (was_granted && !has_lock) lock();
        const AppendOutcome done = append_or_settle(batch);
        if (done == AppendOutcome::appended) {
            const std::lock_guard guard(mutex);
            heard_at = clock.steady();
        }
        return done;
    } catch (const pqxx::disk_full& error) {
        note("journal_database_full", database::error_of({}, error).message);
        return AppendOutcome::no_space;
    } catch (const std::exception& error) {
        // Whatever else happened: the statement may have been committed, or may still be.
        MARK("journal_postgres.in_doubt");
        hanging = own;
        drop(database::error_of({}, error).message);
        return AppendOutcome::in_doubt;
    }
}

AppendOutcome Remote::State::append_or_settle(const EncodedBatch& batch) {
    static_cast<void>(session->take_notices());
    bool is_there = false;
    try {
        FAULT_POINT("journal_postgres.before_insert");
        is_there = append_row(session->connection(), batch);
        FAULT_POINT("journal_postgres.inserted");
    } catch (const pqxx::unique_violation&) {
        MARK("journal_postgres.row_is_there");
        return settle(batch.header);
    }
    if (!session->take_notices().empty()) {
        // A commit whose wait for the standby was cancelled is reported as success with a warning.
        MARK("journal_postgres.warned");
        return settle(batch.header);
    }
    return is_there ? AppendOutcome::appended : find_out_why_not(batch);
}

/// There is a row of that number: ours, from a try whose answer did not arrive, or another's.
AppendOutcome Remote::State::settle(const BatchHeader& header) {
    const auto row = head_of_row(session->connection(), header.number);
    if (!row) return AppendOutcome::in_doubt;
    if (row->hash != header.hash) {
        MARK("journal_postgres.displaced");
        return AppendOutcome::lost_leadership;
    }
    // It can be seen, which does not say that a standby has it.
    if (!session->commit_barrier()) return AppendOutcome::in_doubt;
    MARK("journal_postgres.found_own_row");
    return AppendOutcome::appended;
}

/// The row before was not there, or is another. Only a session made now says what is true: an old
/// one may talk to a server that is no longer the primary.
AppendOutcome Remote::State::find_out_why_not(const EncodedBatch& batch) {
    drop("the batch before the one to append is not in the database");
    if (!has_session()) return AppendOutcome::in_doubt;
    if (was_granted) lock();
    const BatchNumber before(batch.header.number.value() - 1);
    if (head_of_row(session->connection(), batch.header.number)) return settle(batch.header);
    const auto row = head_of_row(session->connection(), before);
    if (row && row->hash == batch.header.previous_hash) {
        return row->epoch > batch.header.epoch ? AppendOutcome::lost_leadership
                                               : AppendOutcome::in_doubt;
    }
    if (row) {
        MARK("journal_postgres.history_is_another");
        return AppendOutcome::lost_leadership;
    }
    switch (restore(before)) {
        case Restored::whole: return append_or_settle(batch);
        case Restored::displaced: return AppendOutcome::lost_leadership;
        case Restored::in_doubt: return AppendOutcome::in_doubt;
    }
    UNREACHABLE("restored");
}

/// Makes the database hold all batches of the copy up to `last`, if it holds a beginning of them.
Restored Remote::State::restore(BatchNumber last) {
    const auto held = held_of(session->connection(), copy, last);
    if (!held) {
        note("journal_copy_unreadable", held.error().to_string());
        return Restored::displaced;
    }
    switch (held->extent) {
        case Extent::whole: return Restored::whole;
        case Extent::nothing:
            note("journal_rewound", "the database has no journal any more");
            return Restored::displaced;
        case Extent::other:
            note("journal_rewound",
                 fmt::format("batch {} of the database is not the one in our copy: nothing is put "
                             "back",
                             std::min(held->last, last).value()));
            return Restored::displaced;
        case Extent::beginning: break;
    }
    ++statistics.rewinds;
    MARK("journal_postgres.rewound");
    note("journal_rewound",
         fmt::format("the database ends at batch {}, and batch {} was acknowledged",
                     held->last.value(), last.value()));
    return give_back(*held, last);
}

Restored Remote::State::give_back(const Held& held, BatchNumber last) {
    const auto count = put_back(session->connection(), copy, held, last);
    if (!count) {
        note("journal_copy_unreadable", count.error().to_string());
        return Restored::displaced;
    }
    if (!*count) return Restored::in_doubt;  // it moved meanwhile: look again
    statistics.reappended += **count;
    note("journal_put_back", fmt::format("{} batches behind batch {}", **count, held.last.value()));
    return session->commit_barrier() ? Restored::whole : Restored::in_doubt;
}

void Remote::State::lock() {
    has_lock = session->try_to_lock();
    // A process that is frozen must not keep the lock: a leader writes twice a second.
    if (has_lock) {
        was_granted = true;
        pqxx::nontransaction(session->connection()).exec("SET idle_session_timeout = '2s'");
    }
}

/// Where the journal ends that this process would lead on, once what its copy has is put back.
RowHead Remote::State::end_of_journal() {
    const BatchHeader& own = copy.tail();
    const auto last = head_of_last_row(session->connection());
    if (last && last->number > own.number) return *last;
    return {.number = own.number, .epoch = own.epoch, .hash = own.hash};
}

/// Of batch `number` in the database, or in the copy; nothing when neither has it.
std::optional<journal::Hash> Remote::State::hash_of(BatchNumber number) {
    if (const auto row = head_of_row(session->connection(), number)) return row->hash;
    std::optional<journal::Hash> hash;
    if (number > copy.tail().number) return hash;
    const auto replayed = copy.replay(number, [&](const journal::Batch& batch) {
        if (batch.header.number == number) hash = batch.header.hash;
    });
    return replayed ? hash : std::nullopt;
}

/// Empty, or why the leader may have answered for a batch that is neither in the database nor in
/// the copy, or is to be given time.
std::string Remote::State::why_not_lead(const std::optional<Heard>& heard) {
    const Standing standing = session->standing();
    const bool is_promoted = seen_leading_at && !standing.continues(*seen_leading_at);
    if (!is_promoted) promotion_seen_at.reset();
    if (!is_promoted && !heard) return {};
    const RowHead end = end_of_journal();
    const bool is_of_its_epoch = heard && heard->epoch == end.epoch;
    if (is_of_its_epoch && heard->number > end.number) {
        MARK("journal_postgres.lacks_what_the_leader_told");
        return fmt::format("the leader told of batch {}, and the journal ends at batch {}",
                           heard->number.value(), end.number.value());
    }
    if (!is_promoted) return {};
    // Of each batch it tells before it appends the next: one at most may be there untold.
    const bool is_all_told = is_of_its_epoch && end.number <= heard->number.next() &&
                             hash_of(heard->number) == heard->hash;
    if (!is_all_told) {
        MARK("journal_postgres.promoted_since_the_leader_was_seen");
        return fmt::format(
            "the database is at timeline {}, position {}, and the leader was last seen at {}, {}",
            standing.timeline, standing.position, seen_leading_at->timeline,
            seen_leading_at->position);
    }
    if (!promotion_seen_at) promotion_seen_at = clock.steady();
    const bool is_its_turn =
        heard->is_connected && clock.steady() - *promotion_seen_at < turn_of_the_leader;
    if (is_its_turn) return "the database was promoted, and the leader is there";
    MARK("journal_postgres.promoted_and_all_told");
    return {};
}

Claim Remote::State::try_claim(const std::optional<Heard>& heard) {
    if (!has_session()) return Claim::unknown;
    try {
        if (const std::string why = why_not_lead(heard); !why.empty()) {
            if (!std::exchange(is_refusing, true)) note("journal_takeover_refused", why);
            return Claim::refused;
        }
        is_refusing = false;
        if (!has_lock) lock();
        if (!has_lock) return Claim::taken;
        switch (restore(copy.tail().number)) {
            case Restored::whole: return Claim::granted;
            case Restored::displaced:
                drop("the database has another history");
                return Claim::refused;
            case Restored::in_doubt: return Claim::unknown;
        }
        UNREACHABLE("restored");
    } catch (const std::exception& error) {
        drop(database::error_of({}, error).message);
        return Claim::unknown;
    }
}

base::Result<std::vector<EncodedBatch>> Remote::State::try_read(const BatchHeader& tail) {
    std::vector<EncodedBatch> batches;
    if (!has_session()) return batches;
    base::Result<std::size_t> count;
    try {
        const auto own = head_of_row(session->connection(), tail.number);
        if (!own) {
            MARK("journal_postgres.follower_sees_a_rewind");
            return batches;
        }
        if (own->hash != tail.hash) {
            return base::failure(fmt::format("journal_batch {}", tail.number.value()),
                                 "is another batch than this machine's copy has at that number; "
                                 "`ayctl journal compare` shows where they part");
        }
        count = read_rows(session->connection(), tail.number.next(), rows_at_once,
                          [&](const journal::Batch& batch) {
                              batches.push_back(encode(batch));
                              return true;
                          });
        learn_leader(batches.empty() ? tail.epoch : batches.back().header.epoch);
    } catch (const std::exception& error) {
        drop(database::error_of({}, error).message);
        return std::vector<EncodedBatch>();
    }
    if (!count) return tl::unexpected(count.error());
    if (!batches.empty() || !seen_leading_at) seen_leading_at = session->standing();
    const std::lock_guard guard(mutex);
    heard_at = clock.steady();
    return batches;
}

/// Asked once for each epoch, and again while the leader has not said it yet.
void Remote::State::learn_leader(base::Epoch epoch) {
    if (leader_epoch == epoch || epoch.is_zero()) return;
    const auto rows = pqxx::nontransaction(session->connection())
                          .exec_params("SELECT address FROM journal_leader WHERE epoch = $1",
                                       static_cast<std::int64_t>(epoch.value()));
    leader = rows.empty() ? std::string() : rows[0][0].as<std::string>();
    if (!rows.empty()) leader_epoch = epoch;
}

Remote::Remote(const Options& options, const base::Clock& clock, const journal::FileJournal& copy,
               Statistics& statistics)
    : state_(std::make_unique<State>(options, clock, copy, statistics)) {
    state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Remote::~Remote() {
    {
        const std::lock_guard guard(state_->mutex);
        state_->is_stopping = true;
        if (state_->socket >= 0) ::shutdown(state_->socket, SHUT_RDWR);
        state_->changed.notify_all();
    }
    state_->thread.join();
}

AppendOutcome Remote::append(const journal::Batch& batch) {
    State& state = *state_;
    ASSERT(!state.is_claiming);
    state.is_reading = false;
    State::Task task;
    if (state.appending != batch.header.hash) {
        ASSERT(state.appending == journal::Hash{});
        if (!state.is_free()) return AppendOutcome::in_doubt;
        state.appending = batch.header.hash;
        auto encoded = std::make_shared<const EncodedBatch>(encode(batch));
        task = [&state, encoded] { state.outcome = state.try_append(*encoded); };
    }
    if (!state.perform(std::move(task))) return AppendOutcome::in_doubt;
    state.appending = {};
    if (state.outcome == AppendOutcome::in_doubt) state.statistics.appends_in_doubt.fetch_add(1);
    return state.outcome;
}

Claim Remote::claim(const std::optional<Heard>& heard) {
    State& state = *state_;
    ASSERT(state.appending == journal::Hash{});
    state.is_reading = false;
    State::Task task;
    if (!state.is_claiming) {
        if (!state.is_free()) return Claim::unknown;
        state.is_claiming = true;
        task = [&state, heard] { state.claimed = state.try_claim(heard); };
    }
    if (!state.perform(std::move(task))) return Claim::unknown;
    state.is_claiming = false;
    return state.claimed;
}

std::optional<base::Result<std::vector<EncodedBatch>>> Remote::read_behind(
    const BatchHeader& tail) {
    State& state = *state_;
    ASSERT(state.appending == journal::Hash{});
    if (state.is_claiming) return std::nullopt;
    State::Task task;
    if (!state.is_reading) {
        if (!state.is_free()) return std::nullopt;
        state.is_reading = true;
        task = [&state, tail] { state.read = state.try_read(tail); };
    }
    if (!state.perform(std::move(task))) return std::nullopt;
    state.is_reading = false;
    return std::move(state.read);
}

std::string Remote::leader() const {
    ASSERT(!state_->is_reading);
    return state_->leader;
}

void Remote::announce(base::Epoch epoch, const std::string& address) {
    State& state = *state_;
    ASSERT(!state.is_claiming && state.appending == journal::Hash{});
    if (!state.is_free()) return;
    static_cast<void>(state.perform([&state, epoch, address] {
        if (!state.has_session()) return;
        const auto done = database::attempt("journal_leader", [&] {
            pqxx::nontransaction(state.session->connection())
                .exec_params(
                    "INSERT INTO journal_leader VALUES ($1, $2) ON CONFLICT (epoch) "
                    "DO UPDATE SET address = EXCLUDED.address",
                    static_cast<std::int64_t>(epoch.value()), address);
        });
        if (!done) state.drop(done.error().message);
    }));
}

}  // namespace ayni::journal_postgres
