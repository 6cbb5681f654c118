#include "projection/sql_statements.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "projection/values.h"
#include "projection/words.h"

namespace ayni::projection {
namespace {

using history::StatementEntry;
using history::StatementPage;
using history::StatementQuery;
using history::StatementSummary;

// Parameters: $1 account, $2 start and $3 end in microseconds since 1970, $4 the last sequence that
// counts, or 0 for all; then $5, $6 and $7 the place behind which the page begins, $8 how many.

constexpr std::string_view time_of = "timestamptz 'epoch' + interval '1 microsecond' * ";

/// The counters of the account before a time: those of its last entry there, found at the end of
/// the index. Summary and entries are one statement, and so of one snapshot.
std::string counters_before(std::string_view name, std::string_view parameter) {
    return fmt::format(
        "LEFT JOIN LATERAL (SELECT debits_posted, credits_posted FROM account_entry "
        "WHERE account_id = $1::bigint AND posted_at < {}{}::bigint AND sequence <= bound.as_of "
        "ORDER BY posted_at DESC, sequence DESC, leg DESC LIMIT 1) AS {} ON true ",
        time_of, parameter, name);
}

std::string summary_joins() {
    return counters_before("opening", "$2") + counters_before("closing", "$3") +
           fmt::format(
               "CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE is_debit) AS debits, "
               "count(*) FILTER (WHERE NOT is_debit) AS credits FROM account_entry "
               "WHERE account_id = $1::bigint AND posted_at >= {0}$2::bigint "
               "AND posted_at < {0}$3::bigint AND sequence <= bound.as_of) AS counted ",
               time_of);
}

constexpr std::string_view summary_columns =
    ", coalesce(opening.debits_posted, 0), coalesce(opening.credits_posted, 0), "
    "coalesce(closing.debits_posted, 0), coalesce(closing.credits_posted, 0), "
    "counted.debits, counted.credits";
constexpr std::size_t summary_column_count = 6;

/// A page in the order of the index, and beside each entry what its transfer and its counterpart
/// say. A transfer is in one of the months that its id can name.
std::string page_join() {
    return fmt::format(
        "LEFT JOIN LATERAL (SELECT e.*, t.type, t.end_to_end_id, p.code FROM ("
        "SELECT * FROM account_entry WHERE account_id = $1::bigint "
        "AND posted_at >= {0}$2::bigint AND posted_at >= {0}$5::bigint "
        "AND posted_at < {0}$3::bigint "
        "AND (posted_at, sequence, leg) > ({0}$5::bigint, $6::bigint, $7::smallint) "
        "AND sequence <= bound.as_of "
        "ORDER BY posted_at, sequence, leg LIMIT $8::bigint) AS e "
        "LEFT JOIN transfer t ON t.transfer_id = e.transfer_id "
        "AND t.created_at >= time_of_id(e.transfer_id) - interval '5 minutes' "
        "AND t.created_at <= time_of_id(e.transfer_id) + interval '24 hours 1 millisecond' "
        "LEFT JOIN account a ON a.account_id = e.counterpart_account_id "
        "LEFT JOIN participant p ON p.participant_id = a.owner_id) AS entry ON true ",
        time_of);
}

constexpr std::string_view entry_columns =
    ", (extract(epoch FROM entry.posted_at) * 1000000)::bigint, entry.sequence, entry.leg, "
    "entry.is_debit, entry.is_return, entry.amount, entry.credits_posted - entry.debits_posted, "
    "entry.transfer_id, entry.type, entry.counterpart_account_id, coalesce(entry.code, ''), "
    "coalesce(entry.end_to_end_id, '')";

std::string statement_of(bool has_summary) {
    return fmt::format(
        "SELECT {}{}{} FROM projection_cursor AS books "
        "CROSS JOIN LATERAL (SELECT coalesce(nullif($4::bigint, 0), books.last_sequence) AS as_of) "
        "AS bound "
        "{}{}ORDER BY entry.posted_at, entry.sequence, entry.leg",
        BookReader::cursor_columns, has_summary ? summary_columns : "", entry_columns,
        has_summary ? summary_joins() : "", page_join());
}

StatementSummary summary_of(const Session::Row& row) {
    constexpr std::size_t at = BookReader::cursor_column_count;
    const std::int64_t opening_debits = number_in(row, at);
    const std::int64_t opening_credits = number_in(row, at + 1);
    const std::int64_t closing_debits = number_in(row, at + 2);
    const std::int64_t closing_credits = number_in(row, at + 3);
    return {.opening_balance = opening_credits - opening_debits,
            .closing_balance = closing_credits - closing_debits,
            .debits = closing_debits - opening_debits,
            .credits = closing_credits - opening_credits,
            .debit_count = static_cast<std::uint64_t>(number_in(row, at + 4)),
            .credit_count = static_cast<std::uint64_t>(number_in(row, at + 5))};
}

/// Nothing in a row that holds none. Throws BadRow.
std::optional<StatementEntry> entry_of(const Session::Row& row, std::size_t at) {
    if (!row[at]) return std::nullopt;
    const auto id = base::parse_transfer_id(text_in(row, at + 7));
    const auto type = transfer_type_of(text_in(row, at + 8));
    if (!id || !type) {
        throw BadRow{"transfer " + text_in(row, at + 7) +
                     " has a type that this build does not know"};
    }
    return StatementEntry{
        .place = {.posted_at = time_of_microseconds(number_in(row, at)),
                  .sequence = base::Sequence(static_cast<std::uint64_t>(number_in(row, at + 1))),
                  .leg = static_cast<std::uint16_t>(number_in(row, at + 2))},
        .is_debit = boolean_in(row, at + 3),
        .is_return = boolean_in(row, at + 4),
        .amount = number_in(row, at + 5),
        .balance = number_in(row, at + 6),
        .transfer = *id,
        .type = static_cast<std::uint8_t>(*type),
        .counterpart = base::AccountId(static_cast<std::uint64_t>(number_in(row, at + 9))),
        .counterparty = text_in(row, at + 10),
        .end_to_end_id = text_in(row, at + 11)};
}

StatementPage page_of(const BookReader::Answer& answer, const StatementQuery& query) {
    StatementPage page{.books = answer.books.sequence,
                       .books_time = answer.books.time,
                       .summary = {},
                       .entries = {},
                       .has_more = false};
    std::size_t first_column = BookReader::cursor_column_count;
    if (query.is_first_page()) {
        page.summary.emplace();
        first_column += summary_column_count;
        if (!answer.rows.empty()) page.summary = summary_of(answer.rows.front());
    }
    for (const Session::Row& row : answer.rows) {
        if (auto entry = entry_of(row, first_column)) page.entries.push_back(std::move(*entry));
    }
    page.has_more = page.entries.size() > query.limit;
    if (page.has_more) page.entries.pop_back();
    return page;
}

}  // namespace

history::Answer<StatementPage> SqlStatements::read(const StatementQuery& query) const {
    ASSERT(query.limit > 0);
    static const std::string first_statement = statement_of(true);
    static const std::string further_statement = statement_of(false);
    const bool is_first = query.is_first_page();
    const history::EntryPlace after =
        is_first ? history::EntryPlace{.posted_at = query.start, .sequence = {}, .leg = 0}
                 : query.after;
    const auto number = [](auto value) { return fmt::format("{}", value); };
    const auto answer = books_.ask(
        is_first ? first_statement : further_statement,
        {number(static_cast<std::int64_t>(query.account.value())), microseconds_text(query.start),
         microseconds_text(query.end), number(query.as_of.value()),
         microseconds_text(after.posted_at), number(after.sequence.value()), number(after.leg),
         number(query.limit + 1)});  // one more tells that there are more
    if (!answer) return tl::unexpected(answer.error());
    return understood([&] { return page_of(*answer, query); });
}

}  // namespace ayni::projection
