#include "projection/sql_history.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <pqxx/pqxx>

#include "base/assert.h"
#include "database/attempt.h"
#include "database/migrations.h"
#include "projection/chunk.h"
#include "projection/words.h"

namespace ayni::projection {
namespace {

using base::Result;
using history::Entry;

/// An id that names a time which journal time has not reached is in no month.
constexpr const char* find_one =
    "SELECT transfer_id, created_sequence, decided_sequence, "
    "(extract(epoch FROM decided_at) * 1000000)::bigint, decided_nanoseconds, initiator_id, "
    "coalesce(payee_id, 0), coalesce(reason_code, ''), status, state, type FROM transfer "
    "WHERE transfer_id = $1 "
    "AND created_at >= timestamptz 'epoch' + interval '1 microsecond' * $2::bigint "
    "AND created_at <= timestamptz 'epoch' + interval '1 microsecond' * $3::bigint";

/// Each side by its own index; a payment to oneself, which was rejected, counts once.
constexpr const char* list_some =
    "SELECT transfer_id, created_sequence, decided_sequence, "
    "(extract(epoch FROM decided_at) * 1000000)::bigint, decided_nanoseconds, initiator_id, "
    "coalesce(payee_id, 0), coalesce(reason_code, ''), status, state, type FROM ("
    "(SELECT * FROM transfer WHERE type = 'payment' AND initiator_id = $1 "
    "AND created_sequence < $2 ORDER BY created_sequence DESC LIMIT $3) UNION ALL "
    "(SELECT * FROM transfer WHERE type = 'payment' AND payee_id = $1 AND initiator_id <> $1 "
    "AND created_sequence < $2 ORDER BY created_sequence DESC LIMIT $3)) AS sides "
    "ORDER BY created_sequence DESC LIMIT $3";

std::int64_t microseconds_of(base::JournalTime time) {
    constexpr std::int64_t nanoseconds_per_microsecond = 1'000;
    return time.nanoseconds / nanoseconds_per_microsecond;
}

/// Throws what attempt() turns into a result: a row that this build did not write.
Entry entry_of(const pqxx::row& row) {
    const auto id = base::parse_transfer_id(row[0].as<std::string>());
    const auto status = status_of(row[8].as<std::string>());
    const auto state = transfer_state_of(row[9].as<std::string>());
    const auto type = transfer_type_of(row[10].as<std::string>());
    if (!id || !status || !state || !type) {
        throw std::runtime_error(
            "a transfer in the books has a word that this build does not know");
    }
    constexpr std::int64_t nanoseconds_per_microsecond = 1'000;
    Entry entry;
    entry.id = *id;
    entry.created_sequence = base::Sequence(row[1].as<std::uint64_t>());
    entry.decided_sequence = base::Sequence(row[2].as<std::uint64_t>());
    entry.decided_at = {row[3].as<std::int64_t>() * nanoseconds_per_microsecond +
                        row[4].as<std::int64_t>()};
    entry.initiator = base::ParticipantId(row[5].as<std::uint32_t>());
    entry.payee = base::ParticipantId(row[6].as<std::uint32_t>());
    const auto reason = row[7].as<std::string>();
    std::copy_n(reason.begin(), std::min(reason.size(), sizeof entry.reason), entry.reason);
    entry.status = static_cast<std::uint8_t>(*status);
    entry.state = static_cast<std::uint8_t>(*state);
    entry.type = static_cast<std::uint8_t>(*type);
    return entry;
}

}  // namespace

struct SqlHistory::State {
    explicit State(const Options& given) : options(given) {}

    using Connection = std::unique_ptr<pqxx::connection>;

    const Options options;
    std::mutex mutex;
    std::condition_variable has_free;
    std::vector<Connection> free;
    std::size_t in_use = 0;

    Connection take() {
        std::unique_lock lock(mutex);
        has_free.wait(lock, [&] { return in_use < options.connections; });
        ++in_use;
        if (free.empty()) return nullptr;
        Connection connection = std::move(free.back());
        free.pop_back();
        return connection;
    }
    /// A connection that failed is null, and not used again.
    void give_back(Connection connection) {
        const std::lock_guard lock(mutex);
        --in_use;
        if (connection) free.push_back(std::move(connection));
        has_free.notify_one();
    }

    /// Asks on a connection of its own, twice when the first one was lost while nobody used it.
    template <typename Question>
    auto ask(Question&& question) {
        Connection connection = take();
        const bool was_open = connection != nullptr;
        auto answer = ask_once(connection, question);
        if (!answer && was_open) answer = ask_once(connection, question);
        give_back(std::move(connection));
        return answer;
    }

private:
    template <typename Question>
    auto ask_once(Connection& connection, Question& question) {
        auto answer = database::attempt("history", [&] {
            if (!connection) connection = std::make_unique<pqxx::connection>(options.connection);
            return question(*connection);
        });
        if (!answer) connection.reset();
        return answer;
    }
};

SqlHistory::SqlHistory(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqlHistory::~SqlHistory() = default;

Result<std::unique_ptr<SqlHistory>> SqlHistory::open(const Options& options) {
    ASSERT(options.connections > 0);
    auto state = std::make_unique<State>(options);
    const auto checked =
        state->ask([](pqxx::connection& connection) { return database::check_schema(connection); });
    if (!checked) return tl::unexpected(checked.error());
    return std::unique_ptr<SqlHistory>(new SqlHistory(std::move(state)));
}

base::Sequence SqlHistory::as_of() const {
    const auto sequence = state_->ask([](pqxx::connection& connection) {
        const auto rows =
            pqxx::nontransaction(connection).exec("SELECT last_sequence FROM projection_cursor");
        return rows.empty() ? std::uint64_t{0} : rows[0][0].as<std::uint64_t>();
    });
    return base::Sequence(sequence.value_or(0));
}

Result<std::optional<Entry>> SqlHistory::find(const base::TransferId& id) const {
    const CreationTimes created = creation_times(id);
    return state_->ask([&](pqxx::connection& connection) -> std::optional<Entry> {
        const auto rows =
            pqxx::nontransaction(connection)
                .exec_params(find_one, base::to_string(id), microseconds_of(created.earliest),
                             microseconds_of(created.latest));
        if (rows.empty()) return std::nullopt;
        return entry_of(rows[0]);
    });
}

Result<std::vector<Entry>> SqlHistory::list(base::ParticipantId participant, base::Sequence before,
                                            std::size_t limit) const {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    const std::int64_t bound =
        before.is_zero() ? largest : static_cast<std::int64_t>(before.value());
    return state_->ask([&](pqxx::connection& connection) {
        std::vector<Entry> entries;
        const auto rows =
            pqxx::nontransaction(connection)
                .exec_params(list_some, static_cast<std::int64_t>(participant.value()), bound,
                             static_cast<std::int64_t>(limit));
        for (const auto& row : rows) entries.push_back(entry_of(row));
        return entries;
    });
}

}  // namespace ayni::projection
