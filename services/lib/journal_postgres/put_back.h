#pragma once

#include <optional>
#include <pqxx/pqxx>

#include "base/result.h"
#include "journal/journal.h"

/// What a database lacks of a copy of its journal, and giving it back: for the switch that finds
/// its database rewound, and for the operator who restored one.
namespace ayni::journal_postgres {

/// How far a database holds the journal of which there is a copy.
enum class Extent : std::uint8_t {
    whole,      ///< All of the copy, and perhaps more.
    beginning,  ///< Its last batch is one of the copy, which has more.
    nothing,    ///< No batch at all.
    other,      ///< Where one of the two ends, the other has another batch.
};
struct Held {
    Extent extent = Extent::nothing;
    base::BatchNumber last;  ///< Of the database; 0 with `nothing`.
};

/// Compares the end of the database with `copy` as far as batch `last`, one that the copy has.
/// Since batches chain, equal ends are equal journals. An error when the copy can not be read, or
/// the database has a gap; throws what libpqxx throws.
[[nodiscard]] base::Result<Held> held_of(pqxx::connection& connection, const journal::Journal& copy,
                                         base::BatchNumber last);

/// Adds the batches of `copy` behind those that the database `held`, up to `last`, each by compare
/// and append, in one transaction: whoever follows sees all of them or none, and can not lead in
/// between. Returns how many; nothing, and nothing was done, when the database moved meanwhile:
/// look again. An error when the copy can not be read; throws what libpqxx throws.
[[nodiscard]] base::Result<std::optional<std::uint64_t>> put_back(pqxx::connection& connection,
                                                                  const journal::Journal& copy,
                                                                  const Held& held,
                                                                  base::BatchNumber last);

}  // namespace ayni::journal_postgres
