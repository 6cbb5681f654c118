#include <fmt/format.h>

#include <memory>

#include "ayctl/command.h"
#include "ayctl/dev_ca.h"
#include "ayctl/json.h"

namespace ayni::ayctl {
namespace {

ExitCode run(const DevelopmentCertificates& wanted, bool json) {
    const auto files = make_development_certificates(wanted);
    if (!files) return report_failure(files.error().to_string());
    if (json) {
        JsonObject object;
        object.add("directory", wanted.directory.string());
        object.add("made", files->made);
        object.add("kept", files->kept);
        fmt::print("{}\n", object.text());
        return ExitCode::done;
    }
    for (const auto& name : files->made) {
        fmt::print("made  {}\n", (wanted.directory / name).string());
    }
    for (const auto& name : files->kept) {
        fmt::print("kept  {}\n", (wanted.directory / name).string());
    }
    return ExitCode::done;
}

}  // namespace

void add_dev_ca_command(Registry registry) {
    CLI::App* command = registry.app.add_subcommand(
        "dev-ca", "Make a development authority and certificates; what exists is kept");
    const auto wanted = std::make_shared<DevelopmentCertificates>();
    wanted->operators = {"operator"};
    wanted->auditors = {"auditor"};
    command->add_option("--directory", wanted->directory, "Where ca.pem, NAME.pem and NAME.key go")
        ->required();
    command->add_option("--switch", wanted->switch_name, "Name of the switch's certificate")
        ->capture_default_str();
    command->add_option("--operator", wanted->operators, "Names of operators' certificates")
        ->capture_default_str();
    command->add_option("--auditor", wanted->auditors, "Names of auditors' certificates")
        ->capture_default_str();
    command->add_option("--participant", wanted->participants, "Codes of participants");
    const bool* json = &registry.global.json;
    Action* action = &registry.action;
    command->callback([=] { *action = [=] { return run(*wanted, *json); }; });
}

}  // namespace ayni::ayctl
