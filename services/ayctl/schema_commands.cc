#include <fmt/format.h>

#include <memory>
#include <pqxx/pqxx>

#include "ayctl/command.h"
#include "ayctl/json.h"
#include "database/attempt.h"
#include "database/migrations.h"

namespace ayni::ayctl {
namespace {

using base::Result;

Result<std::unique_ptr<pqxx::connection>> connect(const std::string& database) {
    return database::attempt("database",
                             [&] { return std::make_unique<pqxx::connection>(database); });
}

ExitCode migrate(const GlobalOptions& global, const std::string& database) {
    const auto connection = connect(database);
    if (!connection) return report_failure(connection.error().to_string());
    const auto applied = database::migrate(**connection);
    if (!applied) return report_failure(applied.error().to_string());
    if (global.json) {
        JsonObject object;
        object.add("applied", std::uint64_t{applied->size()});
        object.add("known", std::uint64_t{database::all_migrations().size()});
        fmt::print("{}\n", object.text());
        return ExitCode::done;
    }
    for (const std::string& name : *applied) fmt::print("applied {}\n", name);
    if (applied->empty()) fmt::print("nothing to apply: the schema is that of this build\n");
    return ExitCode::done;
}

ExitCode check(const std::string& database) {
    const auto connection = connect(database);
    if (!connection) return report_failure(connection.error().to_string());
    if (const auto checked = database::check_schema(**connection); !checked) {
        return report_failure(checked.error().to_string());
    }
    fmt::print("the schema is that of this build\n");
    return ExitCode::done;
}

}  // namespace

void add_schema_commands(Registry registry) {
    CLI::App* schema =
        registry.app.add_subcommand("schema", "The tables of the journal and of the books");
    schema->require_subcommand(1);
    const auto database = std::make_shared<std::string>();
    const auto add = [&](const char* name, const char* what) {
        CLI::App* command = schema->add_subcommand(name, what);
        command
            ->add_option("--database", *database,
                         "libpq connection string, \"host=... dbname=ayni\"")
            ->envname("AYNI_DATABASE")
            ->required();
        return command;
    };
    add("migrate", "Apply what is missing, each migration in a transaction of its own")
        ->callback([registry, database] {
            registry.action = [&global = registry.global, database] {
                return migrate(global, *database);
            };
        });
    add("check", "Fail unless the schema is that of this build")->callback([registry, database] {
        registry.action = [database] { return check(*database); };
    });
}

}  // namespace ayni::ayctl
