#include <exception>

#include "adapter/grpc_process.h"
#include "ayctl/command.h"

namespace ayni::ayctl {
namespace {

int run(int argument_count, char** arguments) {
    CLI::App app{
        "ayctl: onboard institutions, pay, look, and prove balances.\n"
        "Amounts are decimal (12.50), times RFC 3339 (2026-11-23T12:00:00-05:00).\n"
        "Exit status: 0 done; 1 refused or unreachable; 2 bad input, nothing sent; 3 not all "
        "paid.\n"
        "Of `journal compare`: 0 the same; 3 one is longer; 4 they differ.",
        "ayctl"};
    app.require_subcommand(1);
    app.fallthrough();
    GlobalOptions global;
    Action action;
    add_global_options(app, global);
    const Registry registry{app, global, action};
    add_dev_ca_command(registry);
    add_participant_commands(registry);
    add_statement_command(registry);
    add_payment_commands(registry);
    add_account_commands(registry);
    add_pay_command(registry);
    add_journal_commands(registry);
    add_schema_commands(registry);
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::bad_input);
    }
    return static_cast<int>(action());
}

}  // namespace
}  // namespace ayni::ayctl

int main(int argument_count, char** arguments) {
    const ayni::adapter::GrpcProcess grpc;
    try {
        return ayni::ayctl::run(argument_count, arguments);
    } catch (const std::exception& error) {
        return static_cast<int>(ayni::ayctl::report_failure(error.what()));
    }
}
