#pragma once

#include <set>

#include "projection/chunk.h"
#include "projection/session.h"

namespace ayni::projection {

/// The books' side of projection: writes chunks into them, each in one transaction that also moves
/// the cursor, and so either as a whole or not at all. One thread.
///
/// An error leaves the books as they were, but for a commit whose answer was lost: open again, and
/// read the cursor.
class BookWriter {
public:
    /// Connects. An error when PostgreSQL is not there, or the books are not of this build
    /// (database::check_schema, which says so).
    [[nodiscard]] static base::Result<BookWriter> open(const std::string& connection_string);

    /// How far the books are; nothing when they are empty.
    [[nodiscard]] base::Result<std::optional<Cursor>> cursor();

    /// Writes a sealed chunk on top of books that are at its `from`. An error, too, when they are
    /// not: somebody else writes them.
    [[nodiscard]] base::Result<void> write(const Chunk& chunk);

    /// Makes the indexes that only readers need, where they are missing: when the books have come
    /// up with the journal. Takes a minute for some ten million rows.
    [[nodiscard]] base::Result<void> index();

    /// Empties the books, and drops these indexes.
    [[nodiscard]] base::Result<void> clear();

private:
    explicit BookWriter(Session session) : session_(std::move(session)) {}

    [[nodiscard]] base::Result<void> write_in_transaction(const Chunk& chunk);
    [[nodiscard]] base::Result<void> move_cursor(const Chunk& chunk);
    [[nodiscard]] base::Result<void> add_months(const Chunk& chunk);
    [[nodiscard]] base::Result<void> merge(const Chunk::Part& part);

    Session session_;
    std::set<std::string> months_;  ///< That have their partitions, as far as is known.
};

}  // namespace ayni::projection
