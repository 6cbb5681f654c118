#include "projection/book_writer.h"

#include <fmt/format.h>

#include <charconv>
#include <pqxx/pqxx>

#include "base/mark.h"
#include "database/attempt.h"
#include "database/migrations.h"
#include "projection/values.h"

namespace ayni::projection {
namespace {

using base::Result;

/// Rows that are merged into what is there go through these tables, each with its statement. Those
/// of a session, so that nobody else sees them; emptied by each commit.
constexpr const char* staging_tables = R"(
CREATE TEMP TABLE IF NOT EXISTS staged_customer (
    holder_token bytea, created_sequence bigint, created_at timestamptz) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_participant (
    participant_id bigint, state text) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_balance (LIKE account_balance) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_transfer (
    transfer_id uuid, created_from timestamptz, created_to timestamptz, state text,
    reason_code text, decided_sequence bigint, decided_at timestamptz,
    decided_nanoseconds smallint, decided_by bigint, committed_sequence bigint,
    committed_at timestamptz, settlement_window bigint, payee_acknowledged_sequence bigint,
    payee_acknowledged_at timestamptz, payer_acknowledged_sequence bigint,
    payer_acknowledged_at timestamptz, awaits_payee boolean, awaits_payer boolean)
    ON COMMIT DELETE ROWS;
)";

struct Merge {
    std::string_view staging;
    std::string_view statement;
};
constexpr Merge merges[] = {
    // The first account of a customer counts, wherever a chunk begins.
    {"staged_customer",
     "INSERT INTO customer SELECT * FROM staged_customer ORDER BY created_sequence "
     "ON CONFLICT DO NOTHING"},
    {"staged_participant",
     "UPDATE participant t SET state = s.state FROM staged_participant s "
     "WHERE t.participant_id = s.participant_id"},
    {"staged_balance",
     "INSERT INTO account_balance SELECT * FROM staged_balance "
     "ON CONFLICT (account_id) DO UPDATE SET debits_pending = excluded.debits_pending, "
     "debits_posted = excluded.debits_posted, credits_pending = excluded.credits_pending, "
     "credits_posted = excluded.credits_posted, "
     "unacknowledged_credits = excluded.unacknowledged_credits, "
     "net_debit_cap = excluded.net_debit_cap, settlement_window = excluded.settlement_window"},
    // What a transfer was decided by is known where it was decided: an acknowledgement in a later
    // chunk leaves it.
    {"staged_transfer",
     "UPDATE transfer t SET state = s.state, reason_code = s.reason_code, "
     "decided_by = CASE WHEN s.decided_sequence = t.decided_sequence "
     "THEN t.decided_by ELSE s.decided_by END, "
     "decided_sequence = s.decided_sequence, decided_at = s.decided_at, "
     "decided_nanoseconds = s.decided_nanoseconds, "
     "committed_sequence = coalesce(s.committed_sequence, t.committed_sequence), "
     "committed_at = coalesce(s.committed_at, t.committed_at), "
     "settlement_window = coalesce(s.settlement_window, t.settlement_window), "
     "payee_acknowledged_sequence = "
     "coalesce(s.payee_acknowledged_sequence, t.payee_acknowledged_sequence), "
     "payee_acknowledged_at = coalesce(s.payee_acknowledged_at, t.payee_acknowledged_at), "
     "payer_acknowledged_sequence = "
     "coalesce(s.payer_acknowledged_sequence, t.payer_acknowledged_sequence), "
     "payer_acknowledged_at = coalesce(s.payer_acknowledged_at, t.payer_acknowledged_at), "
     "awaits_payee = s.awaits_payee, awaits_payer = s.awaits_payer "
     "FROM staged_transfer s WHERE t.transfer_id = s.transfer_id "
     "AND t.created_at >= s.created_from AND t.created_at <= s.created_to"},
};

/// Of staged rows nothing is known to the planner, and whatever it believes, they are found by
/// their keys: it must never read a month of transfers for a few of them.
constexpr const char* plan_by_keys =
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

std::string bytea_of(const journal::Hash& hash) { return "\\x" + hex_of(hash); }

Result<journal::Hash> hash_of_hex(std::string_view text) {
    journal::Hash hash{};
    if (text.size() != 2 + 2 * hash.size()) return base::failure("database", "has no hash");
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const char* digits = text.data() + 2 + 2 * i;
        std::from_chars(digits, digits + 2, hash[i], 16);
    }
    return hash;
}

std::uint64_t number_of(const std::optional<std::string>& text) {
    std::int64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return static_cast<std::uint64_t>(number);
}

constexpr const char* time_of_text =
    "timestamptz '1970-01-01 00:00:00+00' + interval '1 microsecond' * ";

Result<void> done(const Result<std::uint64_t>& executed) {
    if (!executed) return tl::unexpected(executed.error());
    return {};
}

}  // namespace

Result<BookWriter> BookWriter::open(const std::string& connection_string) {
    Result<void> checked;
    const auto tried = database::attempt("database", [&] {
        pqxx::connection connection(connection_string);
        checked = database::check_schema(connection);
    });
    if (!tried) return tl::unexpected(tried.error());
    if (!checked) return tl::unexpected(checked.error());
    auto session = Session::open({.connection = connection_string});
    if (!session) return tl::unexpected(session.error());
    for (const char* statements : {staging_tables, plan_by_keys}) {
        if (const auto ran = session->execute(statements); !ran) {
            return tl::unexpected(ran.error());
        }
    }
    return BookWriter(std::move(*session));
}

Result<std::optional<Cursor>> BookWriter::cursor() {
    const auto rows = session_.query(
        "SELECT journal, batch_number, batch_hash, last_sequence, "
        "(extract(epoch FROM journal_time) * 1000000)::bigint FROM projection_cursor",
        {});
    if (!rows) return tl::unexpected(rows.error());
    if (rows->empty()) return std::nullopt;
    const Session::Row& row = rows->front();
    const auto journal = hash_of_hex(row[0].value_or(""));
    if (!journal) return tl::unexpected(journal.error());
    const auto batch_hash = hash_of_hex(row[2].value_or(""));
    if (!batch_hash) return tl::unexpected(batch_hash.error());
    return Cursor{.journal = *journal,
                  .batch = base::BatchNumber(number_of(row[1])),
                  .batch_hash = *batch_hash,
                  .last_sequence = base::Sequence(number_of(row[3])),
                  .time = time_of_microseconds(static_cast<std::int64_t>(number_of(row[4])))};
}

Result<void> BookWriter::write(const Chunk& chunk) {
    if (auto begun = done(session_.execute("BEGIN")); !begun) return begun;
    auto written = write_in_transaction(chunk);
    if (written) {
        written = done(session_.execute("COMMIT"));
        if (written) {
            for (const std::string& month : chunk.months()) months_.insert(month);
        }
        return written;
    }
    // Where the connection is lost, so is the transaction.
    static_cast<void>(session_.execute("ROLLBACK"));
    return written;
}

Result<void> BookWriter::write_in_transaction(const Chunk& chunk) {
    // First, so that of two writers the second one waits here, and then has nothing to change.
    if (auto moved = move_cursor(chunk); !moved) return moved;
    if (auto added = add_months(chunk); !added) return added;
    for (const Chunk::Part* part : chunk.parts()) {
        if (auto copied = session_.copy(part->target, part->rows.bytes()); !copied) return copied;
        if (auto merged = merge(*part); !merged) return merged;
    }
    return {};
}

Result<void> BookWriter::move_cursor(const Chunk& chunk) {
    const Cursor& to = chunk.to;
    std::vector<std::string> parameters{
        bytea_of(to.journal), fmt::format("{}", to.batch.value()), bytea_of(to.batch_hash),
        fmt::format("{}", to.last_sequence.value()), microseconds_text(to.time)};
    std::string statement = fmt::format(
        "INSERT INTO projection_cursor "
        "(journal, batch_number, batch_hash, last_sequence, journal_time) "
        "VALUES ($1, $2, $3, $4, {}$5::bigint) ON CONFLICT DO NOTHING RETURNING batch_number",
        time_of_text);
    if (chunk.from) {
        statement = fmt::format(
            "UPDATE projection_cursor SET journal = $1, batch_number = $2, batch_hash = $3, "
            "last_sequence = $4, journal_time = {}$5::bigint "
            "WHERE journal = $6 AND batch_number = $7 AND batch_hash = $8 RETURNING batch_number",
            time_of_text);
        parameters.push_back(bytea_of(chunk.from->journal));
        parameters.push_back(fmt::format("{}", chunk.from->batch.value()));
        parameters.push_back(bytea_of(chunk.from->batch_hash));
    }
    const auto moved = session_.query(statement, parameters);
    if (!moved) return tl::unexpected(moved.error());
    if (moved->size() == 1) return {};
    MARK("projection.cursor_moved_by_somebody_else");
    return base::failure("database",
                         "the books are no longer where this process left them: another one "
                         "writes them too");
}

Result<void> BookWriter::add_months(const Chunk& chunk) {
    for (const std::string& month : chunk.months()) {
        if (months_.contains(month)) continue;
        const auto added =
            session_.query("SELECT add_month_to_books(to_date($1, 'YYYY_MM'))", {month});
        if (!added) return tl::unexpected(added.error());
    }
    return {};
}

Result<void> BookWriter::merge(const Chunk::Part& part) {
    for (const Merge& merge : merges) {
        if (!part.target.starts_with(merge.staging)) continue;
        const auto merged = session_.execute(std::string(merge.statement));
        if (!merged) return tl::unexpected(merged.error());
    }
    return {};
}

Result<void> BookWriter::index() { return done(session_.execute("SELECT index_books()")); }

Result<void> BookWriter::clear() {
    months_.clear();
    return done(session_.execute("SELECT clear_books()"));
}

}  // namespace ayni::projection
