#include "journal_postgres/postgres_reader.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "database/attempt.h"
#include "journal/codec.h"
#include "journal/command_index.h"

namespace ayni::journal_postgres {
namespace {

using base::BatchNumber;
using base::Result;
using journal::Batch;

constexpr std::size_t rows_at_once = 16;  // a batch has up to 4 MiB

std::string name_of(BatchNumber number) { return fmt::format("journal_batch {}", number.value()); }

/// Header of the first or the last batch.
Result<journal::BatchHeader> header_of(pqxx::connection& connection, BatchNumber number) {
    std::optional<journal::BatchHeader> header;
    const auto read = read_rows(connection, number, 1, [&](const Batch& batch) {
        header = batch.header;
        return true;
    });
    if (!read) return tl::unexpected(read.error());
    if (!header || header->number != number) return base::failure(name_of(number), "is missing");
    return *header;
}

}  // namespace

Result<void> RowScanner::fetch() {
    const auto read = database::attempt("journal.database", [&] {
        return read_rows(connection_, next_, rows_at_once, [&](const Batch& batch) {
            if (batch.header.number > last_) return false;
            fetched_.push_back(encode(batch));
            return true;
        });
    });
    if (!read) return tl::unexpected(read.error());
    if (fetched_.empty()) return base::failure(name_of(next_), "is missing");
    return {};
}

Result<const EncodedBatch*> RowScanner::next() {
    if (!fetched_.empty()) fetched_.pop_front();
    if (next_ > last_) return nullptr;
    if (fetched_.empty()) {
        if (const auto done = fetch(); !done) return tl::unexpected(done.error());
    }
    const journal::BatchHeader& header = fetched_.front().header;
    if (header.number != next_) {
        return base::failure(name_of(next_), "is missing, and later ones are there");
    }
    const char* fault = nullptr;
    if (previous_) fault = journal::fault_in_chain(*previous_, header);
    if (next_.is_zero()) fault = journal::fault_in_genesis(header);
    if (fault != nullptr) return base::failure(name_of(next_), std::string("it ") + fault);
    previous_ = header;
    next_ = next_.next();
    return &fetched_.front();
}

Result<std::unique_ptr<PostgresReader>> PostgresReader::open(const std::string& database) {
    auto session = Session::open(database, "ayctl");
    if (!session) return tl::unexpected(session.error());
    std::unique_ptr<PostgresReader> reader(new PostgresReader(std::move(*session)));
    pqxx::connection& connection = reader->session_->connection();
    const auto done = database::attempt("journal.database", [&]() -> Result<void> {
        const auto last = head_of_last_row(connection);
        if (!last) return base::failure("journal.database", "holds no journal");
        const auto genesis = header_of(connection, BatchNumber(0));
        if (!genesis) return tl::unexpected(genesis.error());
        const auto tail = header_of(connection, last->number);
        if (!tail) return tl::unexpected(tail.error());
        reader->genesis_ = *genesis;
        reader->tail_ = *tail;
        return {};
    });
    if (!done) return tl::unexpected(done.error());
    return reader;
}

journal::AppendOutcome PostgresReader::append(const Batch& /*batch*/) {
    UNREACHABLE("a journal that was opened to read");
}

RowScanner PostgresReader::scan() const {
    return RowScanner(session_->connection(), BatchNumber(0), tail_.number);
}

Result<void> PostgresReader::replay(BatchNumber from,
                                    const std::function<void(const Batch&)>& visit) const {
    RowScanner scanner(session_->connection(), from, tail_.number);
    for (;;) {
        const auto batch = scanner.next();
        if (!batch) return tl::unexpected(batch.error());
        if (*batch == nullptr) return {};
        visit((*batch)->batch());
    }
}

Result<std::optional<journal::CommandReader::Found>> PostgresReader::read_command(
    base::Sequence sequence) const {
    if (sequence.is_zero() || sequence > tail_.last_sequence()) return std::nullopt;
    std::optional<EncodedBatch> found;
    const auto read = database::attempt("journal.database", [&]() -> Result<std::size_t> {
        // Each batch but genesis has a command, so that none has a number above its sequences.
        const auto row = pqxx::nontransaction(session_->connection())
                             .exec_params1(
                                 "SELECT batch_number FROM journal_batch WHERE batch_number "
                                 "BETWEEN 1 AND $1 AND first_sequence <= $1 "
                                 "ORDER BY batch_number DESC LIMIT 1",
                                 static_cast<std::int64_t>(sequence.value()));
        return read_rows(session_->connection(), BatchNumber(row[0].as<std::uint64_t>()), 1,
                         [&](const Batch& batch) {
                             found = encode(batch);
                             return true;
                         });
    });
    if (!read) return tl::unexpected(read.error());
    const std::string place = found ? name_of(found->header.number) : "journal_batch";
    if (!found || sequence < found->header.first_sequence ||
        sequence > found->header.last_sequence()) {
        return base::failure(
            place, fmt::format("does not hold sequence {}, as it must", sequence.value()));
    }
    return journal::command_in(found->batch(), sequence, place);
}

}  // namespace ayni::journal_postgres
