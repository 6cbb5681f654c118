#include <fmt/format.h>

#include <memory>
#include <pqxx/pqxx>

#include "ayctl/command.h"
#include "ayctl/json.h"
#include "database/attempt.h"
#include "database/migrations.h"

/// What the database must look like for this build.
namespace ayni::ayctl {
namespace {

/// Connects and does `work`, which returns a result.
template <typename Work>
auto with_database(const std::string& connection_string, Work&& work)
    -> std::invoke_result_t<Work, pqxx::connection&> {
    auto done = database::attempt("database", [&] {
        pqxx::connection connection(connection_string);
        return work(connection);
    });
    if (!done) return tl::unexpected(done.error());
    return std::move(*done);
}

ExitCode migrate(const GlobalOptions& global, const std::string& connection_string) {
    const auto applied = with_database(connection_string, [](pqxx::connection& connection) {
        return database::migrate(connection);
    });
    if (!applied) return report_failure(applied.error().to_string());
    if (global.json) {
        JsonObject object;
        object.add("applied", std::uint64_t{applied->size()});
        object.add("migrations", std::uint64_t{database::all_migrations().size()});
        fmt::print("{}\n", object.text());
        return ExitCode::done;
    }
    for (const std::string& name : *applied) fmt::print("applied {}\n", name);
    fmt::print("the database has all {} migrations of this build\n",
               database::all_migrations().size());
    return ExitCode::done;
}

ExitCode check(const GlobalOptions& /*global*/, const std::string& connection_string) {
    const auto checked = with_database(connection_string, [](pqxx::connection& connection) {
        return database::check_schema(connection);
    });
    if (!checked) return report_failure(checked.error().to_string());
    fmt::print("the database is that of this build\n");
    return ExitCode::done;
}

}  // namespace

void add_schema_commands(Registry registry) {
    const auto connection_string = std::make_shared<std::string>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    CLI::App* schema = registry.app.add_subcommand("schema", "Tables of the database");
    schema->require_subcommand(1)->fallthrough();
    const auto add = [&](const char* name, const char* help,
                         ExitCode (*run)(const GlobalOptions&, const std::string&)) {
        CLI::App* command = schema->add_subcommand(name, help);
        command
            ->add_option("--database", *connection_string,
                         "Where PostgreSQL is: \"host=… dbname=…\" or a URI")
            ->envname("AYNI_DATABASE")
            ->required();
        command->callback([=] { *action = [=] { return run(*global, *connection_string); }; });
    };
    add("migrate", "Apply what is missing", migrate);
    add("check", "Say what is missing, or is not of this build", check);
}

}  // namespace ayni::ayctl
