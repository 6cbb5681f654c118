#include <map>
#include <memory>

#include "ayctl/remote_command.h"
#include "ayctl/statement.h"
#include "ayni/v1/settlement_service.grpc.pb.h"

/// What was posted to an account of an institution.
namespace ayni::ayctl {
namespace {

using Settlement = v1::SettlementService::Stub;

const std::map<std::string, v1::AccountKind> kinds{
    {"position", v1::ACCOUNT_KIND_POSITION},
    {"settlement", v1::ACCOUNT_KIND_SETTLEMENT},
    {"hosted-clearing", v1::ACCOUNT_KIND_HOSTED_CLEARING}};

struct Arguments {
    std::string code;
    v1::AccountKind kind = v1::ACCOUNT_KIND_POSITION;
    std::string currency = "PEN";
    std::uint64_t account_id = 0;
    std::string date;
    std::string from;
    std::string to;
    bool csv = false;
};

base::Result<void> set_time(const std::string& text, const std::string& option,
                            google::protobuf::Timestamp& time) {
    const auto parsed = parse_time(text, option);
    if (!parsed) return tl::unexpected(parsed.error());
    time.set_seconds(parsed->nanoseconds / 1'000'000'000);
    time.set_nanos(static_cast<std::int32_t>(parsed->nanoseconds % 1'000'000'000));
    return {};
}

base::Result<v1::GetStatementRequest> request_of(const Arguments& arguments) {
    v1::GetStatementRequest request;
    request.set_participant(arguments.code);
    request.set_account_id(arguments.account_id);
    if (arguments.account_id == 0) {
        request.set_account_kind(arguments.kind);
        request.set_currency_code(arguments.currency);
    }
    request.set_page_size(1'000);
    if (!arguments.date.empty()) {
        const auto date = parse_date(arguments.date, "--date");
        if (!date) return tl::unexpected(date.error());
        request.set_business_date(*date);
        return request;
    }
    if (arguments.from.empty()) return base::failure("--date", "is needed, or --from and --to");
    if (auto set = set_time(arguments.from, "--from", *request.mutable_start_time()); !set) {
        return tl::unexpected(set.error());
    }
    if (auto set = set_time(arguments.to, "--to", *request.mutable_end_time()); !set) {
        return tl::unexpected(set.error());
    }
    return request;
}

void print(const GlobalOptions& global, const v1::GetStatementResponse& statement) {
    if (global.json) {
        fmt::print("{}\n", to_json(statement));
        return;
    }
    fmt::print("{}", summary_text(statement.summary(), statement.as_of_sequence()));
    if (!statement.entries().empty()) fmt::print("\n{}", entries_text(statement.entries()));
}

/// CSV is printed page by page, however long it is; the other forms need all of it.
ExitCode statement(const GlobalOptions& global, const Arguments& arguments) {
    auto request = request_of(arguments);
    if (!request) return bad_argument(request.error());
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(global.timeout_seconds));
    v1::GetStatementResponse whole;
    if (arguments.csv) fmt::print("{}", csv_titles());
    do {
        v1::GetStatementResponse page;
        const auto status =
            connection->call_patiently(&Settlement::GetStatement, *request, page, patience);
        if (!status.ok()) return report_failure(status, global.json);
        request->set_page_token(page.next_page_token());
        if (!arguments.csv) {
            page.clear_next_page_token();
            whole.MergeFrom(page);
            continue;
        }
        for (const auto& entry : page.entries()) fmt::print("{}", csv_line(entry));
    } while (!request->page_token().empty());
    if (!arguments.csv) print(global, whole);
    return ExitCode::done;
}

}  // namespace

void add_statement_command(Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    Arguments& a = *arguments;
    CLI::App* command = registry.app.add_subcommand(
        "statement", "What was posted to an account in a period, with balances before and after");
    command->add_option("CODE", a.code, "Whose; one's own when not given");
    CLI::Option* kind =
        command->add_option("--kind", a.kind, "position (default), settlement or hosted-clearing")
            ->transform(CLI::CheckedTransformer(kinds));
    CLI::Option* currency =
        command->add_option("--currency", a.currency, "PEN or USD")->capture_default_str();
    command->add_option("--account", a.account_id, "Another account, by its id")
        ->excludes(kind)
        ->excludes(currency);
    CLI::Option* from = command->add_option("--from", a.from, "From this time on");
    CLI::Option* to = command->add_option("--to", a.to, "Until before this time")->needs(from);
    from->needs(to);
    command->add_option("--date", a.date, "All of a day in Peru, as 2026-11-23")
        ->excludes(from)
        ->excludes(to);
    command->add_flag("--csv", a.csv, "Print the entries as CSV");
    command->callback([=] { *action = [=] { return statement(*global, *arguments); }; });
}

}  // namespace ayni::ayctl
