#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace ayni::ayctl {

/// What the process answers with.
enum class ExitCode : int {
    done = 0,
    /// The switch, the journal or a file said no, or can not be reached.
    failed = 1,
    /// The arguments or the file are wrong; nothing was sent.
    bad_input = 2,
    /// Everything was sent, and some of it was not paid; or one journal is the beginning of
    /// another.
    incomplete = 3,
    /// Two journals hold different batches.
    different = 4,
};

/// Options that stand before or behind every command.
struct GlobalOptions {
    std::string switch_address = "127.0.0.1:7400";
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string certificates_directory;
    std::string identity_name;
    std::string insecure_identity;
    double timeout_seconds = 20;
    bool json = false;
};

/// The command that was chosen: set while the arguments are parsed, run afterwards.
using Action = std::function<ExitCode()>;

/// Where a group of commands adds itself.
struct Registry {
    CLI::App& app;
    const GlobalOptions& global;
    Action& action;
};

void add_dev_ca_command(Registry registry);
void add_participant_commands(Registry registry);
void add_statement_command(Registry registry);
void add_payment_commands(Registry registry);
void add_account_commands(Registry registry);
void add_journal_commands(Registry registry);
void add_schema_commands(Registry registry);
void add_pay_command(Registry registry);
void add_schema_commands(Registry registry);

/// Adds the global options to the program.
void add_global_options(CLI::App& app, GlobalOptions& global);

/// Prints "error: …" to stderr.
ExitCode report_failure(const std::string& sentence, ExitCode code = ExitCode::failed);

}  // namespace ayni::ayctl
