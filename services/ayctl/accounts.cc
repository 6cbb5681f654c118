#include <map>
#include <memory>

#include "ayctl/remote_command.h"
#include "ayni/v1/ledger_service.grpc.pb.h"

/// Accounts of the generic ledger.
namespace ayni::ayctl {
namespace {

using LedgerStub = v1::LedgerService::Stub;

const std::map<std::string, v1::AccountKind> kinds{
    {"customer", v1::ACCOUNT_KIND_CUSTOMER},
    {"programme-fund", v1::ACCOUNT_KIND_PROGRAMME_FUND},
    {"collection-liability", v1::ACCOUNT_KIND_COLLECTION_LIABILITY},
    {"fee", v1::ACCOUNT_KIND_FEE},
    {"suspense", v1::ACCOUNT_KIND_SUSPENSE}};

struct Arguments {
    std::uint64_t id = 0;
    v1::AccountKind kind = v1::ACCOUNT_KIND_CUSTOMER;
    std::string currency = "PEN";
};

base::Result<std::uint32_t> numeric_currency(const std::string& code) {
    const auto currency = base::currency_of(std::string_view(code));
    if (!currency) return base::failure("--currency", "\"" + code + "\" is neither PEN nor USD");
    return static_cast<std::uint32_t>(*currency);
}

ExitCode create(const GlobalOptions& global, const Arguments& arguments) {
    const auto currency = numeric_currency(arguments.currency);
    if (!currency) return bad_argument(currency.error());
    v1::CreateAccountsRequest request;
    v1::NewAccount& account = *request.add_accounts();
    account.set_account_id(arguments.id);
    account.set_kind(arguments.kind);
    account.set_currency(*currency);
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    v1::CreateAccountsResponse response;
    const auto status = connection->call(&LedgerStub::CreateAccounts, request, response);
    if (!status.ok()) return report_failure(status, global.json);
    if (response.statuses_size() != 1) return report_failure("the switch gave no status");
    if (response.statuses(0) != v1::STATUS_UNSPECIFIED) {
        return report_failure("the account was not made: " + v1::Status_Name(response.statuses(0)));
    }
    fmt::print("{}\n", global.json ? to_json(response)
                                   : fmt::format("account {} is there as of sequence {}",
                                                 arguments.id, response.as_of_sequence()));
    return ExitCode::done;
}

void print_account(const v1::GetAccountResponse& response) {
    const v1::Account& a = response.account();
    fmt::print("account {} of {}, {}, currency {}\n", a.account_id(), a.owner(),
               short_name(v1::AccountKind_Name(a.kind()), "ACCOUNT_KIND_"), a.currency());
    Table table({"", ">debits", ">credits", ">balance"});
    table.add({"posted", format_minor_units(a.debits_posted()),
               format_minor_units(a.credits_posted()),
               format_minor_units(a.credits_posted() - a.debits_posted())});
    table.add({"pending", format_minor_units(a.debits_pending()),
               format_minor_units(a.credits_pending()), ""});
    fmt::print("{}as of sequence {}\n", table.text(), response.as_of_sequence());
}

ExitCode get(const GlobalOptions& global, const Arguments& arguments) {
    v1::GetAccountRequest request;
    request.set_account_id(arguments.id);
    return call_and_print(global, &LedgerStub::GetAccount, request, print_account);
}

}  // namespace

void add_account_commands(Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    CLI::App* account = registry.app.add_subcommand("account", "Accounts of the generic ledger");
    account->require_subcommand(1)->fallthrough();
    CLI::App* made = account->add_subcommand("create", "Make one; repeating it is harmless");
    made->add_option("ID", arguments->id, "1 to 2^63 - 1")->required();
    made->add_option("--kind", arguments->kind,
                     "customer (default), programme-fund, collection-liability, fee or suspense")
        ->transform(CLI::CheckedTransformer(kinds));
    made->add_option("--currency", arguments->currency, "PEN or USD")->capture_default_str();
    made->callback([=] { *action = [=] { return create(*global, *arguments); }; });
    CLI::App* got = account->add_subcommand("get", "Its balances");
    got->add_option("ID", arguments->id)->required();
    got->callback([=] { *action = [=] { return get(*global, *arguments); }; });
}

}  // namespace ayni::ayctl
