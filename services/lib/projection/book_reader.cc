#include "projection/book_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/assert.h"
#include "base/mark.h"
#include "database/migrations.h"
#include "projection/values.h"

namespace ayni::projection {
namespace {

using base::Result;
using history::Failure;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::chrono::seconds watch_interval{1};
constexpr std::chrono::seconds note_interval{1};

tl::unexpected<Failure> unavailable(std::string why) {
    return tl::unexpected(
        Failure{.kind = Failure::Kind::unavailable, .error = {"history.database", std::move(why)}});
}

}  // namespace

struct BookReader::State {
    State(const Options& given, const base::Clock& of_clock)
        : options(given), clock(of_clock), journal(hex_of(given.journal)) {}

    const Options options;
    const base::Clock& clock;
    const std::string journal;

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Session> free;
    std::size_t in_use = 0;
    bool is_stopping = false;
    bool is_known_good = false;  ///< The schema is that of this build.
    nanoseconds not_before{0};   ///< Nobody connects until then,
    std::string why_not;         ///< since this went wrong.
    nanoseconds next_note{0};

    std::atomic<bool> is_connected{false};
    std::atomic<std::uint64_t> sequence{0};
    std::atomic<std::int64_t> time_ns{0};
    std::thread thread;

    [[nodiscard]] history::Answer<Answer> ask(const std::string& statement,
                                              const std::vector<std::string>& parameters);
    void watch();

private:
    [[nodiscard]] std::optional<Session> take();
    void give_back(std::optional<Session> session);
    [[nodiscard]] Result<Session> connect();
    [[nodiscard]] Result<void> check_schema(Session& session);
    [[nodiscard]] Result<std::vector<Session::Row>> ask_session(
        std::optional<Session>& session, const std::string& statement,
        const std::vector<std::string>& parameters);
    tl::unexpected<base::Error> stands_still(std::optional<Session>& session,
                                             const base::Error& error);
    tl::unexpected<base::Error> try_later(const base::Error& error);
    [[nodiscard]] history::Answer<Answer> understand(std::vector<Session::Row> rows);
    void note_lost(const std::string& why);
    void note_found();
    void note_failed(const std::string& why);
    void note(std::string_view event, std::string_view why) const {
        if (options.note) options.note(event, why);
    }
};

std::optional<Session> BookReader::State::take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return in_use < options.sessions; });
    ++in_use;
    if (free.empty()) return std::nullopt;
    std::optional<Session> session(std::move(free.back()));
    free.pop_back();
    return session;
}

void BookReader::State::give_back(std::optional<Session> session) {
    const std::lock_guard lock(mutex);
    --in_use;
    if (session) free.push_back(std::move(*session));
    changed.notify_all();
}

Result<Session> BookReader::State::connect() {
    {
        const std::lock_guard lock(mutex);
        if (clock.steady() < not_before) return base::failure("database", why_not);
    }
    const auto failed = [&](const base::Error& error) {
        const std::lock_guard lock(mutex);
        return try_later(error);
    };
    // The server gives up a little before whoever waits for it does.
    constexpr milliseconds ahead{500};
    auto session = Session::open({.connection = options.connection,
                                  .name = "ayni history",
                                  .answer_within = options.answer_within + ahead});
    if (!session) return failed(session.error());
    // The planner knows too little of new partitions, and everything asked here is found by keys.
    const auto set =
        session->query(fmt::format("SELECT set_config('statement_timeout', '{}', false), "
                                   "set_config('default_transaction_read_only', 'on', false), "
                                   "set_config('enable_hashjoin', 'off', false), "
                                   "set_config('enable_mergejoin', 'off', false), "
                                   "set_config('jit', 'off', false)",
                                   options.answer_within.count()),
                       {});
    if (!set) return failed(set.error());
    if (const auto good = check_schema(*session); !good) return failed(good.error());
    return session;
}

Result<void> BookReader::State::check_schema(Session& session) {
    {
        const std::lock_guard lock(mutex);
        if (is_known_good) return {};
    }
    const auto rows = session.query("SELECT name, sha256 FROM schema_migration", {});
    if (!rows) {
        return base::failure("database", rows.error().message +
                                             ": run `ayctl schema migrate` when the books were "
                                             "never made");
    }
    std::map<std::string, std::string> applied;
    for (const auto& row : *rows) applied.emplace(row[0].value_or(""), row[1].value_or(""));
    if (const auto good = database::check_applied(applied); !good) {
        return base::failure("database", good.error().to_string());
    }
    const std::lock_guard lock(mutex);
    is_known_good = true;
    return {};
}

/// Twice when the first session was lost, perhaps while nobody used it; but who does not answer one
/// will not answer another. Afterwards `session` is one that can be used again, or nothing.
Result<std::vector<Session::Row>> BookReader::State::ask_session(
    std::optional<Session>& session, const std::string& statement,
    const std::vector<std::string>& parameters) {
    if (session) {
        auto rows = session->query(statement, parameters);
        if (rows || !session->is_lost()) return rows;
        if (session->is_overdue()) return stands_still(session, rows.error());
        MARK("projection.session_was_lost");
        session.reset();
    }
    auto opened = connect();
    if (!opened) return tl::unexpected(opened.error());
    session = std::move(*opened);
    auto rows = session->query(statement, parameters);
    if (rows || !session->is_lost()) return rows;
    return stands_still(session, rows.error());
}

/// Whoever asks in the next moment need not wait for as long.
tl::unexpected<base::Error> BookReader::State::stands_still(std::optional<Session>& session,
                                                            const base::Error& error) {
    session.reset();
    const std::lock_guard lock(mutex);
    free.clear();
    return try_later(error);
}

/// Under the mutex.
tl::unexpected<base::Error> BookReader::State::try_later(const base::Error& error) {
    not_before = clock.steady() + options.pause;
    why_not = error.message;
    return tl::unexpected(error);
}

history::Answer<BookReader::Answer> BookReader::State::ask(
    const std::string& statement, const std::vector<std::string>& parameters) {
    std::optional<Session> session = take();
    auto rows = ask_session(session, statement, parameters);
    const bool is_reached = session.has_value();
    give_back(std::move(session));
    if (!rows) {
        if (is_reached) {
            note_failed(rows.error().message);
        } else {
            note_lost(rows.error().message);
        }
        return unavailable(rows.error().message);
    }
    auto answer = understand(std::move(*rows));
    if (answer) {
        note_found();
    } else {
        note_lost(answer.error().error.message);
    }
    return answer;
}

history::Answer<BookReader::Answer> BookReader::State::understand(std::vector<Session::Row> rows) {
    Answer answer{.books = {}, .rows = std::move(rows)};
    if (!answer.rows.empty()) {
        const auto books = understood([&] {
            const Session::Row& row = answer.rows.front();
            const bool is_ours =
                options.journal == decltype(options.journal){} || text_in(row, 0) == journal;
            if (!is_ours) throw BadRow{"the books are those of another journal"};
            return Standing{
                .sequence = base::Sequence(static_cast<std::uint64_t>(number_in(row, 1))),
                .time = time_of_microseconds(number_in(row, 2))};
        });
        // A wrong database can be put right while this process runs.
        if (!books) return unavailable(books.error().error.message);
        answer.books = *books;
    }
    sequence.store(answer.books.sequence.value());
    time_ns.store(answer.books.time.nanoseconds);
    return answer;
}

void BookReader::State::note_lost(const std::string& why) {
    if (is_connected.exchange(false)) return note("history_lost", why);
    note_failed(why);
}

void BookReader::State::note_found() {
    if (!is_connected.exchange(true)) note("history_found", "");
}

void BookReader::State::note_failed(const std::string& why) {
    {
        const std::lock_guard lock(mutex);
        if (clock.steady() < next_note) return;
        next_note = clock.steady() + note_interval;
    }
    note("history_failed", why);
}

void BookReader::State::watch() {
    const std::string statement =
        fmt::format("SELECT {} FROM projection_cursor AS books", cursor_columns);
    std::unique_lock lock(mutex);
    while (!is_stopping) {
        lock.unlock();
        static_cast<void>(ask(statement, {}));
        lock.lock();
        changed.wait_for(lock, watch_interval, [&] { return is_stopping; });
    }
}

Result<std::unique_ptr<BookReader>> BookReader::open(const Options& options,
                                                     const base::Clock& clock) {
    ASSERT(options.sessions > 0);
    ASSERT(options.answer_within.count() > 0);
    if (const auto good = Session::check(options.connection); !good) {
        return base::failure("history.database", good.error().message);
    }
    auto state = std::make_unique<State>(options, clock);
    state->thread = std::thread([raw = state.get()] { raw->watch(); });
    return std::unique_ptr<BookReader>(new BookReader(std::move(state)));
}

BookReader::BookReader(std::unique_ptr<State> state) : state_(std::move(state)) {}

BookReader::~BookReader() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->is_stopping = true;
    }
    state_->changed.notify_all();
    state_->thread.join();
}

history::Answer<BookReader::Answer> BookReader::ask(
    const std::string& statement, const std::vector<std::string>& parameters) const {
    return state_->ask(statement, parameters);
}

BookReader::Standing BookReader::standing() const {
    return {.sequence = base::Sequence(state_->sequence.load()), .time = {state_->time_ns.load()}};
}

bool BookReader::is_connected() const { return state_->is_connected.load(); }

const std::string& text_in(const Session::Row& row, std::size_t column) {
    ASSERT(column < row.size());
    if (!row[column]) throw BadRow{fmt::format("column {} of the books is null", column)};
    return *row[column];
}

std::int64_t number_in(const Session::Row& row, std::size_t column) {
    const std::string& text = text_in(row, column);
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) {
        throw BadRow{fmt::format("\"{}\" in the books is no number", text)};
    }
    return number;
}

bool boolean_in(const Session::Row& row, std::size_t column) { return text_in(row, column) == "t"; }

}  // namespace ayni::projection
