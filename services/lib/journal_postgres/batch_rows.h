#pragma once

#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <vector>

#include "base/result.h"
#include "journal/codec.h"

/// Batches as rows of journal_batch (schema/0001_journal.sql).
namespace ayni::journal_postgres {

/// A batch as its row holds it: the encoding of the file journal (journal/codec.h), no padding.
struct EncodedBatch {
    journal::BatchHeader header;
    std::vector<std::byte> bytes;

    /// Its payload is aligned as commands must be, and lives as long as this does.
    [[nodiscard]] journal::Batch batch() const {
        return {.header = header, .payload = std::span(bytes).subspan(journal::header_bytes)};
    }
};
[[nodiscard]] EncodedBatch encode(const journal::Batch& batch);

/// Adds the row of `batch`, if the row before it is the batch that it follows: compare and append,
/// in one statement. False when that row is not there. Throws: pqxx::unique_violation when there is
/// a row of that number, and what else went wrong.
[[nodiscard]] bool append_row(pqxx::transaction_base& transaction, const EncodedBatch& batch);
/// The same in a transaction of its own, committed when this returns.
[[nodiscard]] bool append_row(pqxx::connection& connection, const EncodedBatch& batch);

/// Adds batch 0; false when there is one.
[[nodiscard]] bool add_genesis(pqxx::transaction_base& transaction, const EncodedBatch& genesis);
[[nodiscard]] bool add_genesis(pqxx::connection& connection, const EncodedBatch& genesis);

/// What the columns say of a row, unverified.
struct RowHead {
    base::BatchNumber number;
    base::Epoch epoch;
    journal::Hash hash{};
};
[[nodiscard]] std::optional<RowHead> head_of_row(pqxx::connection& connection,
                                                 base::BatchNumber number);
[[nodiscard]] std::optional<RowHead> head_of_last_row(pqxx::connection& connection);

/// The header that the last row holds, unverified; its commands are not read. Throws when it holds
/// none.
[[nodiscard]] std::optional<journal::BatchHeader> header_of_last_row(pqxx::connection& connection);

/// Visits the rows from `from` on, at most `limit`, in order, each verified by itself: its
/// checksum, its hash, and its columns. The payload is 8-byte aligned. Ends behind a visit that
/// said false. Returns how many were visited.
[[nodiscard]] base::Result<std::size_t> read_rows(
    pqxx::connection& connection, base::BatchNumber from, std::size_t limit,
    const std::function<bool(const journal::Batch&)>& visit);

}  // namespace ayni::journal_postgres
