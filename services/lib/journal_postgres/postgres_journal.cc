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
        {
            pqxx::nontransaction transaction(connection);
            static_cast<void>(add_genesis(transaction, proposed));
        }
        if (!(*session)->commit_barrier()) throw std::runtime_error("did not confirm the genesis");
        return read_rows(connection, BatchNumber(0), 1, [&](const Batch& batch) {
            genesis = encode(batch);
            return true;
        });
    });
    if (!read) return tl::unexpected(read.error());
    if (const char* fault = journal::fault_in_genesis(genesis.header); fault != nullptr) {
        return base::failure(name_of(BatchNumber(0)), std::string("it ") + fault);
    }
    return genesis;
}

Result<void> check_copy(const std::string& database, bool is_copy_new) {
    auto session = Session::open(database, "ayni-open");
    if (!session) return tl::unexpected(session.error());
    if (auto checked = database::check_schema((*session)->connection()); !checked) return checked;
    return database::attempt("journal.database", [&]() -> Result<void> {
        const auto last = head_of_last_row((*session)->connection());
        if (!is_copy_new) {
            if (last) return {};
            MARK("journal_postgres.database_without_its_journal");
            return base::failure("journal.database",
                                 "holds no journal, and journal.directory does: give it back with "
                                 "`ayctl journal restore`");
        }
        if (!last || last->number.is_zero() || (*session)->lock_holder()) return {};
        MARK("journal_postgres.nobody_vouches_for_the_database");
        return base::failure(
            "journal.directory",
            fmt::format(
                "is empty, the database holds batches up to {}, and no switch leads: only "
                "a copy shows whether that is all that was acknowledged. Put a copy in "
                "place, or start the switch that led last; `ayctl journal restore` from the "
                "database into the directory accepts what the database holds",
                last->number.value()));
    });
}

PostgresJournal::PostgresJournal(const Remote::Options& options, const base::Clock& clock,
                                 journal::FileJournal& copy)
    : copy_(copy), remote_(options, clock, copy, statistics_) {}

AppendOutcome PostgresJournal::append(const Batch& batch) {
    ASSERT(journal::fault_in_chain(tail(), batch.header) == nullptr);
    const AppendOutcome outcome = remote_.append(batch);
    if (outcome != AppendOutcome::appended) return outcome;
    FAULT_POINT("journal_postgres.before_telling");
    // Before the copy: a copy with a batch that no follower was told of could not follow whoever
    // rightly leads without it.
    if (tell_) tell_(batch.header);
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
    for (;;) {
        const auto read = remote_.read_behind(tail());
        if (!read) return {};
        if (!*read) return tl::unexpected(read->error());
        for (const EncodedBatch& row : **read) {
            if (auto added = add_to_copy(row, visit); !added) return added;
        }
        leader_ = remote_.leader();
        if ((*read)->size() < Remote::rows_at_once) return {};
    }
}

Result<void> PostgresJournal::add_to_copy(const EncodedBatch& row,
                                          const std::function<void(const Batch&)>& visit) const {
    if (const char* why = journal::fault_in_chain(tail(), row.header); why != nullptr) {
        return base::failure(name_of(row.header.number), std::string("it ") + why);
    }
    const Batch batch = row.batch();
    if (copy_.append(batch) != AppendOutcome::appended) {
        return base::failure("journal.directory", "has no room for the copy of the journal");
    }
    visit(batch);
    return {};
}

}  // namespace ayni::journal_postgres
