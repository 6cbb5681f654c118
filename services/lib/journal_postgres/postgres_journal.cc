#include "journal_postgres/postgres_journal.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/mark.h"
#include "database/attempt.h"
#include "database/migrations.h"
#include "journal/codec.h"
#include "journal_postgres/batch_rows.h"
#include "journal_postgres/session.h"

namespace ayni::journal_postgres {
namespace {

using base::BatchNumber;
using base::Result;
using journal::AppendOutcome;
using journal::Batch;

/// Rows that are asked for at once. A batch has up to 4 MiB.
constexpr std::size_t rows_at_once = 16;

std::string name_of(BatchNumber number) { return fmt::format("journal_batch {}", number.value()); }

}  // namespace

Result<EncodedBatch> open_genesis(const std::string& database, const base::Clock& clock,
                                  base::Random& random) {
    auto session = Session::open(database, "ayni-open");
    if (!session) return tl::unexpected(session.error());
    pqxx::connection& connection = (*session)->connection();
    if (auto checked = database::check_schema(connection); !checked) {
        return tl::unexpected(checked.error());
    }
    journal::Id journal_id;
    journal::Id ledger_id;
    for (std::uint8_t& byte : journal_id) byte = static_cast<std::uint8_t>(random.below(256));
    for (std::uint8_t& byte : ledger_id) byte = static_cast<std::uint8_t>(random.below(256));
    std::array<std::byte, journal::genesis_payload_bytes> payload{};
    const EncodedBatch proposed = encode(journal::make_genesis(
        journal_id, ledger_id, base::JournalTime{clock.wall().count()}, payload));
    EncodedBatch genesis;
    const auto read = database::attempt("journal.database", [&] {
        add_genesis(connection, proposed);
        if (!(*session)->commit_barrier()) throw std::runtime_error("did not confirm the genesis");
        return read_rows(connection, BatchNumber(0), 1,
                         [&](const Batch& batch) { genesis = encode(batch); });
    });
    if (!read) return tl::unexpected(read.error());
    if (const char* fault = journal::fault_in_genesis(genesis.header); fault != nullptr) {
        return base::failure(name_of(BatchNumber(0)), std::string("it ") + fault);
    }
    return genesis;
}

/// The reading session. Kept from one replay to the next.
struct PostgresJournal::Reader {
    std::unique_ptr<Session> session;
};

PostgresJournal::PostgresJournal(const Appender::Options& options, const base::Clock& clock,
                                 journal::FileJournal& copy)
    : options_(options),
      copy_(copy),
      reader_(std::make_unique<Reader>()),
      appender_(options, clock, copy, statistics_) {}

PostgresJournal::~PostgresJournal() = default;

AppendOutcome PostgresJournal::append(const Batch& batch) {
    ASSERT(journal::fault_in_chain(tail(), batch.header) == nullptr);
    const AppendOutcome outcome = appender_.append(batch);
    if (outcome != AppendOutcome::appended) return outcome;
    FAULT_POINT("journal_postgres.before_copy");
    // Without room for the copy it is not acknowledged: the database may be asked again.
    if (copy_.append(batch) != AppendOutcome::appended) return AppendOutcome::in_doubt;
    return AppendOutcome::appended;
}

Result<void> PostgresJournal::replay(BatchNumber from,
                                     const std::function<void(const Batch&)>& visit) const {
    if (from <= tail().number) {
        if (auto read = copy_.replay(from, visit); !read) return read;
    }
    while (appender_.is_idle()) {
        const auto read = read_on(visit);
        if (!read) {
            reader_->session.reset();
            return tl::unexpected(read.error());
        }
        if (*read < rows_at_once) break;
    }
    return {};
}

/// The rows behind the copy's tail; how many.
Result<std::size_t> PostgresJournal::read_on(const std::function<void(const Batch&)>& visit) const {
    if (!reader_->session) {
        auto opened = Session::open(options_.database, options_.name + "-read");
        if (!opened) return tl::unexpected(opened.error());
        statistics_.sessions.fetch_add(1, std::memory_order_relaxed);
        reader_->session = std::move(*opened);
    }
    pqxx::connection& connection = reader_->session->connection();
    Result<void> fault;
    const auto add = [&](const Batch& batch) {
        if (!fault) return;
        if (const char* why = journal::fault_in_chain(tail(), batch.header); why != nullptr) {
            fault = base::failure(name_of(batch.header.number), std::string("it ") + why);
        } else if (copy_.append(batch) != AppendOutcome::appended) {
            fault = base::failure("journal.directory", "has no room for the copy of the journal");
        } else {
            visit(batch);
        }
    };
    const auto read = database::attempt("journal.database", [&]() -> Result<std::size_t> {
        const auto own = head_of_row(connection, tail().number);
        if (!own) {
            MARK("journal_postgres.follower_sees_a_rewind");
            return 0;
        }
        if (own->hash != tail().hash) {
            return base::failure(name_of(tail().number),
                                 "is another batch than this machine's copy has at that number");
        }
        return read_rows(connection, tail().number.next(), rows_at_once, add);
    });
    if (!fault) return tl::unexpected(fault.error());
    return read;
}

Result<std::optional<std::string>> PostgresJournal::leader_of(base::Epoch epoch) const {
    if (!reader_->session) return std::optional<std::string>();
    auto read = database::attempt("journal_leader", [&]() -> std::optional<std::string> {
        const auto rows = pqxx::nontransaction(reader_->session->connection())
                              .exec_params("SELECT address FROM journal_leader WHERE epoch = $1",
                                           static_cast<std::int64_t>(epoch.value()));
        if (rows.empty()) return std::nullopt;
        return rows[0][0].as<std::string>();
    });
    if (!read) reader_->session.reset();
    return read;
}

}  // namespace ayni::journal_postgres
