#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>

#include "ayctl/new_id.h"
#include "ayctl/remote_command.h"
#include "ayni/v1/transfer_service.grpc.pb.h"

/// Single payments.
namespace ayni::ayctl {
namespace {

using Transfers = v1::TransferService::Stub;

struct Arguments {
    std::string payer_account;
    std::string payee;
    std::string payee_account;
    std::string amount;
    std::string currency = "PEN";
    std::string end_to_end_id;
    std::string purpose;
    std::string remittance_text;
    std::string transfer_id;
    std::string participant;
    std::uint32_t payee_timeout_ms = 10'000;
    std::uint32_t limit = 50;
    double watch_seconds = 120;
};

std::string state_name(v1::TransferState state) {
    return short_name(v1::TransferState_Name(state), "TRANSFER_STATE_");
}

bool is_final(v1::TransferState state) {
    return state != v1::TRANSFER_STATE_UNSPECIFIED && state != v1::TRANSFER_STATE_RESERVED;
}

void print_result(const v1::TransferResult& result) {
    fmt::print("{} {}{}{}{}\n", result.transfer_id(), state_name(result.state()),
               result.reason().empty() ? "" : " " + result.reason(),
               result.status() == v1::STATUS_UNSPECIFIED
                   ? ""
                   : " (" + short_name(v1::Status_Name(result.status()), "STATUS_") + ")",
               result.replayed() ? ", as before" : "");
}

void print_transfer(const v1::Transfer& t) {
    const std::pair<const char*, std::string> rows[] = {
        {"transfer", t.transfer_id()},
        {"type", short_name(v1::TransferType_Name(t.type()), "TRANSFER_TYPE_")},
        {"state", state_name(t.state())},
        {"stage", short_name(v1::TransferStage_Name(t.stage()), "TRANSFER_STAGE_")},
        {"reason", t.reason()},
        {"status", t.status() == v1::STATUS_UNSPECIFIED
                       ? ""
                       : short_name(v1::Status_Name(t.status()), "STATUS_")},
        {"payer", t.payer_participant()},
        {"payee", t.payee_participant()},
        {"amount", format_money(t.amount())},
        {"end-to-end id", t.end_to_end_id()},
        {"purpose", t.purpose()},
        {"created", t.has_create_time() ? format_time(t.create_time()) : ""},
        {"decided", t.has_decide_time() ? format_time(t.decide_time()) : ""},
        {"sequences",
         fmt::format("{} created, {} decided", t.created_sequence(), t.decided_sequence())},
        {"business date", std::to_string(t.business_date())}};
    for (const auto& [name, value] : rows) {
        if (!value.empty()) fmt::print("{:<14} {}\n", name, value);
    }
}

base::Result<v1::CreateTransferRequest> request_of(const Arguments& arguments) {
    const auto amount = parse_money(arguments.amount, arguments.currency, "--amount");
    if (!amount) return tl::unexpected(amount.error());
    auto id = given_or_new_id(arguments.transfer_id);
    if (!id) return tl::unexpected(id.error());
    v1::CreateTransferRequest request;
    v1::NewTransfer& transfer = *request.mutable_transfer();
    transfer.set_transfer_id(*id);
    transfer.set_payee_participant(arguments.payee);
    transfer.set_payee_account(arguments.payee_account);
    transfer.set_payer_account(arguments.payer_account);
    *transfer.mutable_amount() = *amount;
    transfer.set_end_to_end_id(arguments.end_to_end_id);
    transfer.set_purpose(arguments.purpose);
    transfer.set_remittance_text(arguments.remittance_text);
    *transfer.mutable_timeout() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(arguments.payee_timeout_ms);
    return request;
}

ExitCode send(const GlobalOptions& global, const Arguments& arguments) {
    const auto request = request_of(arguments);
    if (!request) return bad_argument(request.error());
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    // Said before it is sent, so that it can be repeated whatever happens.
    fmt::print(stderr, "transfer id {}\n", request->transfer().transfer_id());
    v1::CreateTransferResponse response;
    const auto status = connection->call(&Transfers::CreateTransfer, *request, response);
    if (!status.ok()) return report_failure(status, global.json);
    if (global.json) {
        fmt::print("{}\n", to_json(response));
    } else {
        print_result(response.result());
    }
    return response.result().state() == v1::TRANSFER_STATE_COMMITTED ? ExitCode::done
                                                                     : ExitCode::incomplete;
}

ExitCode get(const GlobalOptions& global, const Arguments& arguments) {
    const auto id = parse_id(arguments.transfer_id, "ID");
    if (!id) return bad_argument(id.error());
    v1::GetTransferRequest request;
    request.set_transfer_id(*id);
    return call_and_print(global, &Transfers::GetTransfer, request,
                          [](const v1::GetTransferResponse& r) { print_transfer(r.transfer()); });
}

ExitCode list(const GlobalOptions& global, const Arguments& arguments) {
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    Table table({"transfer", "created", "payer", "payee", ">amount", "state", "reason"});
    std::uint32_t left = arguments.limit;
    v1::ListTransfersRequest request;
    request.set_participant(arguments.participant);
    do {
        request.set_page_size(static_cast<std::int32_t>(std::min(left, 1'000U)));
        v1::ListTransfersResponse page;
        const auto status = connection->call(&Transfers::ListTransfers, request, page);
        if (!status.ok()) return report_failure(status, global.json);
        for (const auto& t : page.transfers()) {
            if (global.json) fmt::print("{}\n", to_json(t));
            table.add({t.transfer_id(), format_time(t.create_time()), t.payer_participant(),
                       t.payee_participant(), format_money(t.amount()), state_name(t.state()),
                       t.reason()});
        }
        left -= std::min(left, static_cast<std::uint32_t>(page.transfers_size()));
        request.set_page_token(page.next_page_token());
    } while (left > 0 && !request.page_token().empty());
    if (!global.json) fmt::print("{}", table.text());
    return ExitCode::done;
}

/// Asks with growing pauses until the state is final, and prints each change.
ExitCode watch(const GlobalOptions& global, const Arguments& arguments) {
    const auto id = parse_id(arguments.transfer_id, "ID");
    if (!id) return bad_argument(id.error());
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    v1::GetTransferRequest request;
    request.set_transfer_id(*id);
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(arguments.watch_seconds);
    std::chrono::milliseconds wait{50};
    std::string before;
    while (true) {
        v1::GetTransferResponse response;
        const auto status = connection->call(&Transfers::GetTransfer, request, response);
        const RemoteError error = remote_error_of(status);
        if (!status.ok() && !error.is_worth_repeating()) return report_failure(status, global.json);
        const v1::Transfer& transfer = response.transfer();
        const std::string now =
            state_name(transfer.state()) + " / " +
            short_name(v1::TransferStage_Name(transfer.stage()), "TRANSFER_STAGE_");
        if (status.ok() && now != before) {
            fmt::print("{}\n", global.json ? to_json(transfer) : now + " " + transfer.reason());
            std::fflush(stdout);
            before = now;
        }
        if (status.ok() && is_final(transfer.state())) return ExitCode::done;
        if (std::chrono::steady_clock::now() > until) {
            return status.ok() ? report_failure("the transfer is still " + now)
                               : report_failure(status, global.json);
        }
        pause(*connection->channel(), std::max(wait, error.retry_after.value_or(wait)));
        wait = std::min(wait * 2, std::chrono::milliseconds(2'000));
    }
}

}  // namespace

void add_payment_commands(Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    const auto on = [=](CLI::App* command,
                        ExitCode (*run)(const GlobalOptions&, const Arguments&)) {
        command->callback([=] { *action = [=] { return run(*global, *arguments); }; });
    };
    Arguments& a = *arguments;

    CLI::App* sent = registry.app.add_subcommand(
        "send", "Pay; prints the transfer id first, repeat with --id. Exit status 3: not paid");
    sent->add_option("--from", a.payer_account, "The payer's account")->required();
    sent->add_option("--to", a.payee, "Code of the payee's institution")->required();
    sent->add_option("--account", a.payee_account, "Phone, CCI or account of the payee")
        ->required();
    sent->add_option("--amount", a.amount, "Decimal, as 12.50")->required();
    sent->add_option("--currency", a.currency, "PEN or USD")->capture_default_str();
    sent->add_option("--end-to-end-id", a.end_to_end_id, "Own reference, at most 35 characters");
    sent->add_option("--purpose", a.purpose, "ISO 20022 external purpose code, as GOVT");
    sent->add_option("--text", a.remittance_text, "For the payee, at most 140 characters");
    sent->add_option("--payee-timeout", a.payee_timeout_ms,
                     "Milliseconds that the payee may take, 10 to 60000")
        ->capture_default_str();
    sent->add_option("--id", a.transfer_id, "UUIDv7 or ULID, to repeat; made when not given");
    on(sent, send);

    CLI::App* got = registry.app.add_subcommand("get", "One transfer");
    got->add_option("ID", a.transfer_id)->required();
    on(got, get);

    CLI::App* listed = registry.app.add_subcommand("list", "Transfers, newest first");
    listed->add_option("--participant", a.participant, "Whose; one's own when not given");
    listed->add_option("--limit", a.limit, "How many at most")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1'000'000U));
    on(listed, list);

    CLI::App* watched = registry.app.add_subcommand("watch", "Wait until a transfer is final");
    watched->add_option("ID", a.transfer_id)->required();
    watched->add_option("--for", a.watch_seconds, "Seconds to wait at most")->capture_default_str();
    on(watched, watch);
}

}  // namespace ayni::ayctl
