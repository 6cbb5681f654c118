#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "journal/file_journal.h"
#include "journal_postgres/batch_rows.h"
#include "journal_postgres/postgres_reader.h"

/// Journals as the commands name them: a directory of segments, or a database by its libpq
/// connection string or URI.
namespace ayni::ayctl {

/// "host=… dbname=…" and "postgresql://…" name databases, everything else is a directory.
[[nodiscard]] bool names_database(const std::string& name);

/// A journal opened to read, as it was then, also beside the switch that writes it.
class ReadJournal {
public:
    [[nodiscard]] static base::Result<ReadJournal> open(const std::string& name);

    [[nodiscard]] const journal::Journal& journal() const;
    [[nodiscard]] const journal::CommandReader& commands() const;
    [[nodiscard]] const journal::BatchHeader& genesis() const;

private:
    std::unique_ptr<journal::FileJournal> files_;  // one of the two
    std::unique_ptr<journal_postgres::PostgresReader> rows_;
};

/// Gives the next batch at each call, valid until the one after it, then null. Each was verified,
/// continues the one before, and is durable.
using NextBatch = std::function<base::Result<const journal_postgres::EncodedBatch*>()>;

/// From genesis to the end. Errors name the journal.
[[nodiscard]] base::Result<NextBatch> batches_of(const std::string& name);

}  // namespace ayni::ayctl
