#pragma once

#include <map>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "base/result.h"

/// The forward-only migrations of `schema/`: what the database must look like for this build.
namespace ayni::database {

struct Migration {
    std::string name;  ///< "0001_journal.sql"; they are applied in the order of their names.
    std::string sql;
};

/// Those that this build was made with.
[[nodiscard]] const std::vector<Migration>& all_migrations();

/// Applies what is missing, each in a transaction of its own, one process at a time; returns the
/// names of those applied. A migration that was applied with another text is an error, and so is
/// one that this build does not know: the database belongs to a newer build.
[[nodiscard]] base::Result<std::vector<std::string>> migrate(
    pqxx::connection& connection, const std::vector<Migration>& migrations = all_migrations());

/// An error that names the first migration that is missing, differs, or is unknown to this build.
[[nodiscard]] base::Result<void> check_schema(
    pqxx::connection& connection, const std::vector<Migration>& migrations = all_migrations());

/// The same for whoever has read name and sha256 of `schema_migration` already.
[[nodiscard]] base::Result<void> check_applied(
    const std::map<std::string, std::string>& applied,
    const std::vector<Migration>& migrations = all_migrations());

}  // namespace ayni::database
