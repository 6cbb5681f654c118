#include "journal_postgres/batch_rows.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "base/assert.h"
#include "journal/codec.h"

namespace ayni::journal_postgres {
namespace {

using base::BatchNumber;
using journal::Batch;

std::int64_t number_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

pqxx::binarystring bytes_of(const journal::Hash& hash) {
    return pqxx::binarystring(hash.data(), hash.size());
}

journal::Hash hash_in(const pqxx::field& field) {
    const pqxx::binarystring bytes(field);
    journal::Hash hash{};
    if (bytes.size() == hash.size()) std::memcpy(hash.data(), bytes.data(), hash.size());
    return hash;
}

std::optional<RowHead> head_in(const pqxx::result& rows) {
    if (rows.empty()) return std::nullopt;
    return RowHead{.number = BatchNumber(rows[0][0].as<std::uint64_t>()),
                   .epoch = base::Epoch(rows[0][1].as<std::uint64_t>()),
                   .hash = hash_in(rows[0][2])};
}

pqxx::result insert(pqxx::transaction_base& transaction, const std::string& statement,
                    const EncodedBatch& batch) {
    const journal::BatchHeader& header = batch.header;
    return transaction.exec_params(
        statement, number_of(header.number.value()), number_of(header.first_sequence.value()),
        number_of(header.last_sequence().value()), number_of(header.epoch.value()),
        bytes_of(header.previous_hash), bytes_of(header.hash),
        pqxx::binarystring(batch.bytes.data(), batch.bytes.size()));
}

/// Why the row is not the batch that its columns name; null when it is.
const char* fault_in(const pqxx::row& row, const journal::Decoded& decoded) {
    if (decoded.reading == journal::Reading::other_format) return "has a format of a newer build";
    if (decoded.reading != journal::Reading::whole) return "does not verify by its checksum";
    const journal::BatchHeader& header = decoded.batch.header;
    if (header.number.value() != row[0].as<std::uint64_t>()) return "stands in another's row";
    if (header.hash != hash_in(row[1])) return "is not the one whose hash its row names";
    if (journal::hash_of(decoded.batch) != header.hash) return "has a hash of other contents";
    return nullptr;
}

}  // namespace

EncodedBatch encode(const Batch& batch) {
    EncodedBatch encoded{.header = batch.header, .bytes = {}};
    encoded.bytes.resize(journal::encoded_bytes(batch.payload.size()));
    journal::encode(batch, encoded.bytes);
    encoded.bytes.resize(journal::header_bytes + batch.payload.size());
    return encoded;
}

bool append_row(pqxx::connection& connection, const EncodedBatch& batch) {
    pqxx::nontransaction transaction(connection);
    return append_row(transaction, batch);
}

bool append_row(pqxx::transaction_base& transaction, const EncodedBatch& batch) {
    const auto done = insert(
        transaction,
        "INSERT INTO journal_batch "
        "SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::bytea, $6::bytea, $7::bytea "
        "WHERE EXISTS (SELECT 1 FROM journal_batch WHERE batch_number = $1::bigint - 1 "
        "AND hash = $5::bytea AND last_sequence = $2::bigint - 1 AND epoch <= $4::bigint)",
        batch);
    return done.affected_rows() == 1;
}

bool add_genesis(pqxx::transaction_base& transaction, const EncodedBatch& genesis) {
    ASSERT(genesis.header.number.is_zero());
    const auto done = insert(
        transaction,
        "INSERT INTO journal_batch VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        genesis);
    return done.affected_rows() == 1;
}

bool add_genesis(pqxx::connection& connection, const EncodedBatch& genesis) {
    pqxx::nontransaction transaction(connection);
    return add_genesis(transaction, genesis);
}

std::optional<RowHead> head_of_row(pqxx::connection& connection, BatchNumber number) {
    return head_in(pqxx::nontransaction(connection)
                       .exec_params("SELECT batch_number, epoch, hash FROM journal_batch "
                                    "WHERE batch_number = $1",
                                    number_of(number.value())));
}

std::optional<RowHead> head_of_last_row(pqxx::connection& connection) {
    return head_in(pqxx::nontransaction(connection)
                       .exec("SELECT batch_number, epoch, hash FROM journal_batch "
                             "ORDER BY batch_number DESC LIMIT 1"));
}

std::optional<journal::BatchHeader> header_of_last_row(pqxx::connection& connection) {
    const auto rows = pqxx::nontransaction(connection)
                          .exec_params(
                              "SELECT substring(payload FROM 1 FOR $1::int) FROM journal_batch "
                              "ORDER BY batch_number DESC LIMIT 1",
                              journal::header_bytes);
    if (rows.empty()) return std::nullopt;
    const pqxx::binarystring bytes(rows[0][0]);
    const auto head = std::as_bytes(std::span(bytes.data(), bytes.size()));
    if (head.size() < journal::header_bytes || !journal::framed_payload_bytes(head)) {
        throw std::runtime_error("the last row of journal_batch is no batch");
    }
    return journal::peek_header(head);
}

base::Result<std::size_t> read_rows(pqxx::connection& connection, BatchNumber from,
                                    std::size_t limit,
                                    const std::function<bool(const Batch&)>& visit) {
    const auto rows = pqxx::nontransaction(connection)
                          .exec_params(
                              "SELECT batch_number, hash, payload FROM journal_batch "
                              "WHERE batch_number >= $1 ORDER BY batch_number LIMIT $2",
                              number_of(from.value()), limit);
    std::size_t visited = 0;
    std::vector<std::uint64_t> words;  // 64-bit words keep the commands aligned
    for (const auto& row : rows) {
        const pqxx::binarystring payload(row[2]);
        words.assign((payload.size() + 7) / 8, 0);
        std::memcpy(words.data(), payload.data(), payload.size());
        const auto decoded = journal::decode(std::as_bytes(std::span(words)).first(payload.size()));
        if (const char* fault = fault_in(row, decoded); fault != nullptr) {
            return base::failure(fmt::format("journal_batch {}", row[0].as<std::uint64_t>()),
                                 fault);
        }
        ++visited;
        if (!visit(decoded.batch)) break;
    }
    return visited;
}

}  // namespace ayni::journal_postgres
