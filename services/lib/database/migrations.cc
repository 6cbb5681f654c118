#include "database/migrations.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "database/attempt.h"

namespace ayni::database {
namespace {

using base::Result;

/// Any number that nobody else takes: the lock under which migrations are applied.
constexpr std::int64_t migration_lock = 0x61796e69'736368;

std::string hash_of(const Migration& migration) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    ::SHA256(reinterpret_cast<const unsigned char*>(migration.sql.data()), migration.sql.size(),
             digest.data());
    std::string text;
    for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}

/// Name and hash of what was applied; empty when nothing ever was.
std::map<std::string, std::string> applied_in(pqxx::transaction_base& transaction) {
    std::map<std::string, std::string> applied;
    const auto exists = transaction.exec1("SELECT to_regclass('schema_migration') IS NOT NULL");
    if (!exists[0].as<bool>()) return applied;
    for (const auto& row : transaction.exec("SELECT name, sha256 FROM schema_migration")) {
        applied.emplace(row[0].as<std::string>(), row[1].as<std::string>());
    }
    return applied;
}

/// Those of `migrations` that are not applied yet, or why the database is not one of ours.
Result<std::vector<const Migration*>> missing_in(const std::map<std::string, std::string>& applied,
                                                 const std::vector<Migration>& migrations) {
    std::vector<const Migration*> missing;
    for (const Migration& migration : migrations) {
        const auto found = applied.find(migration.name);
        if (found == applied.end()) {
            missing.push_back(&migration);
        } else if (found->second != hash_of(migration)) {
            return base::failure(migration.name, "was applied with another text");
        } else if (!missing.empty()) {
            return base::failure(
                migration.name,
                fmt::format("was applied, and {} before it was not", missing.front()->name));
        }
    }
    for (const auto& [name, hash] : applied) {
        const bool is_known = std::any_of(migrations.begin(), migrations.end(),
                                          [&](const Migration& one) { return one.name == name; });
        if (!is_known) {
            return base::failure(name,
                                 "was applied, and this build does not know it: it is older "
                                 "than the database");
        }
    }
    return missing;
}

void apply(pqxx::connection& connection, const Migration& migration) {
    pqxx::work transaction(connection);
    transaction.exec(migration.sql);
    transaction.exec_params("INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)",
                            migration.name, hash_of(migration));
    transaction.commit();
}

/// Holds the advisory lock of migrations for as long as it lives.
class MigrationLock {
public:
    explicit MigrationLock(pqxx::connection& connection) : connection_(connection) {
        pqxx::nontransaction(connection_)
            .exec_params("SELECT pg_advisory_lock($1)", migration_lock);
    }
    ~MigrationLock() {
        static_cast<void>(attempt("schema", [&] {
            pqxx::nontransaction(connection_)
                .exec_params("SELECT pg_advisory_unlock($1)", migration_lock);
        }));
    }
    MigrationLock(const MigrationLock&) = delete;
    MigrationLock& operator=(const MigrationLock&) = delete;

private:
    pqxx::connection& connection_;
};

}  // namespace

Result<std::vector<std::string>> migrate(pqxx::connection& connection,
                                         const std::vector<Migration>& migrations) {
    std::vector<std::string> done;
    Result<void> refused;
    const auto tried = attempt("schema", [&] {
        const MigrationLock lock(connection);
        pqxx::nontransaction(connection)
            .exec(
                "CREATE TABLE IF NOT EXISTS schema_migration ("
                " name text PRIMARY KEY, sha256 text NOT NULL,"
                " applied_at timestamptz NOT NULL DEFAULT now())");
        const auto missing = missing_in(
            [&] {
                pqxx::nontransaction reading(connection);
                return applied_in(reading);
            }(),
            migrations);
        if (!missing) {
            refused = tl::unexpected(missing.error());
            return;
        }
        for (const Migration* migration : *missing) {
            apply(connection, *migration);
            done.push_back(migration->name);
        }
    });
    if (!tried) return tl::unexpected(tried.error());
    if (!refused) return tl::unexpected(refused.error());
    return done;
}

Result<void> check_schema(pqxx::connection& connection, const std::vector<Migration>& migrations) {
    const auto applied = attempt("schema", [&] {
        pqxx::nontransaction reading(connection);
        return applied_in(reading);
    });
    if (!applied) return tl::unexpected(applied.error());
    return check_applied(*applied, migrations);
}

Result<void> check_applied(const std::map<std::string, std::string>& applied,
                           const std::vector<Migration>& migrations) {
    const auto missing = missing_in(applied, migrations);
    if (!missing) return tl::unexpected(missing.error());
    if (!missing->empty()) {
        return base::failure(missing->front()->name, "is not applied: run `ayctl schema migrate`");
    }
    return {};
}

}  // namespace ayni::database
