#include "projection/sql_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "projection/chunk.h"
#include "projection/values.h"
#include "projection/words.h"

namespace ayni::projection {
namespace {

using history::Entry;

constexpr std::string_view entry_columns =
    "transfer_id, created_sequence, decided_sequence, "
    "(extract(epoch FROM decided_at) * 1000000)::bigint, decided_nanoseconds, initiator_id, "
    "coalesce(payee_id, 0), coalesce(reason_code, ''), status, state, type";
constexpr std::size_t first_entry_column = BookReader::cursor_column_count;

/// An id that names a time which journal time has not reached is in no month.
std::string find_one() {
    return fmt::format(
        "SELECT {}, {} FROM projection_cursor AS books LEFT JOIN transfer ON transfer_id = $1 "
        "AND created_at >= timestamptz 'epoch' + interval '1 microsecond' * $2::bigint "
        "AND created_at <= timestamptz 'epoch' + interval '1 microsecond' * $3::bigint",
        BookReader::cursor_columns, entry_columns);
}

/// Each side by its own index; a payment to oneself, which was rejected, counts once.
std::string list_some() {
    return fmt::format(
        "SELECT {}, {} FROM projection_cursor AS books LEFT JOIN LATERAL ("
        "(SELECT * FROM transfer WHERE type = 'payment' AND initiator_id = $1::bigint "
        "AND created_sequence < $2::bigint ORDER BY created_sequence DESC LIMIT $3::bigint) "
        "UNION ALL "
        "(SELECT * FROM transfer WHERE type = 'payment' AND payee_id = $1::bigint "
        "AND initiator_id <> $1::bigint AND created_sequence < $2::bigint "
        "ORDER BY created_sequence DESC LIMIT $3::bigint)) AS sides ON true "
        "ORDER BY created_sequence DESC LIMIT $3::bigint",
        BookReader::cursor_columns, entry_columns);
}

/// Nothing in a row that only says where the books are. Throws BadRow.
std::optional<Entry> entry_of(const Session::Row& row) {
    constexpr std::size_t at = first_entry_column;
    if (!row[at]) return std::nullopt;
    const auto id = base::parse_transfer_id(text_in(row, at));
    const auto status = status_of(text_in(row, at + 8));
    const auto state = transfer_state_of(text_in(row, at + 9));
    const auto type = transfer_type_of(text_in(row, at + 10));
    if (!id || !status || !state || !type) {
        throw BadRow{"transfer " + text_in(row, at) + " has a word that this build does not know"};
    }
    Entry entry;
    entry.id = *id;
    entry.created_sequence = base::Sequence(static_cast<std::uint64_t>(number_in(row, at + 1)));
    entry.decided_sequence = base::Sequence(static_cast<std::uint64_t>(number_in(row, at + 2)));
    entry.decided_at = time_of_microseconds(number_in(row, at + 3)) +
                       std::chrono::nanoseconds(number_in(row, at + 4));
    entry.initiator = base::ParticipantId(static_cast<std::uint32_t>(number_in(row, at + 5)));
    entry.payee = base::ParticipantId(static_cast<std::uint32_t>(number_in(row, at + 6)));
    const std::string& reason = text_in(row, at + 7);
    std::copy_n(reason.begin(), std::min(reason.size(), sizeof entry.reason), entry.reason);
    entry.status = static_cast<std::uint8_t>(*status);
    entry.state = static_cast<std::uint8_t>(*state);
    entry.type = static_cast<std::uint8_t>(*type);
    return entry;
}

}  // namespace

history::Answer<history::Found> SqlHistory::find(const base::TransferId& id) const {
    static const std::string statement = find_one();
    const CreationTimes created = creation_times(id);
    const auto answer =
        books_.ask(statement, {base::to_string(id), microseconds_text(created.earliest),
                               microseconds_text(created.latest)});
    if (!answer) return tl::unexpected(answer.error());
    return understood([&] {
        history::Found found{.as_of = answer->books.sequence, .entry = {}};
        if (!answer->rows.empty()) found.entry = entry_of(answer->rows.front());
        return found;
    });
}

history::Answer<history::Listed> SqlHistory::list(base::ParticipantId participant,
                                                  base::Sequence before, std::size_t limit) const {
    static const std::string statement = list_some();
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::uint64_t bound = before.is_zero() ? largest : std::min(before.value(), largest);
    const auto answer = books_.ask(statement, {fmt::format("{}", participant.value()),
                                               fmt::format("{}", bound), fmt::format("{}", limit)});
    if (!answer) return tl::unexpected(answer.error());
    return understood([&] {
        history::Listed listed{.as_of = answer->books.sequence, .entries = {}};
        for (const Session::Row& row : answer->rows) {
            if (const auto entry = entry_of(row)) listed.entries.push_back(*entry);
        }
        return listed;
    });
}

}  // namespace ayni::projection
