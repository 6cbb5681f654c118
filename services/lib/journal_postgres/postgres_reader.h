#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "journal/journal.h"
#include "journal_postgres/batch_rows.h"
#include "journal_postgres/session.h"

namespace ayni::journal_postgres {

/// Goes through the batches of a database in order, each verified: its checksum, its hash, its
/// columns, and that it continues the one before.
class RowScanner {
public:
    /// From `from` to `last`, both included. The first one is not checked against its predecessor.
    RowScanner(pqxx::connection& connection, base::BatchNumber from, base::BatchNumber last)
        : connection_(connection), next_(from), last_(last) {}

    /// The next batch, valid until the next call; null behind the last. An error names the row that
    /// is missing, or not what it must be.
    [[nodiscard]] base::Result<const EncodedBatch*> next();

private:
    [[nodiscard]] base::Result<void> fetch();

    pqxx::connection& connection_;
    base::BatchNumber next_;
    const base::BatchNumber last_;
    std::deque<EncodedBatch> fetched_;  // the front one is what was given
    std::optional<journal::BatchHeader> previous_;
};

/// Reads the journal that a database holds, up to where it ended at opening, and writes nothing.
/// From the primary only: a standby may lack what was acknowledged. One thread.
class PostgresReader final : public journal::Journal, public journal::CommandReader {
public:
    /// An error when the database can not be reached, or holds no journal.
    [[nodiscard]] static base::Result<std::unique_ptr<PostgresReader>> open(
        const std::string& database);

    /// Never called: it is for reading (asserted).
    [[nodiscard]] journal::AppendOutcome append(const journal::Batch& batch) override;
    [[nodiscard]] const journal::BatchHeader& tail() const override { return tail_; }
    [[nodiscard]] const journal::BatchHeader& genesis() const { return genesis_; }
    [[nodiscard]] base::Result<void> replay(
        base::BatchNumber from,
        const std::function<void(const journal::Batch&)>& visit) const override;
    [[nodiscard]] std::uint64_t bytes_free() const override { return 0; }
    [[nodiscard]] base::Result<std::optional<Found>> read_command(
        base::Sequence sequence) const override;

    /// From genesis to the tail.
    [[nodiscard]] RowScanner scan() const;

private:
    explicit PostgresReader(std::unique_ptr<Session> session) : session_(std::move(session)) {}

    std::unique_ptr<Session> session_;
    journal::BatchHeader genesis_;
    journal::BatchHeader tail_;
};

}  // namespace ayni::journal_postgres
