#include <limits>
#include <map>
#include <memory>

#include "ayctl/new_id.h"
#include "ayctl/remote_command.h"
#include "ayni/v1/admin_service.grpc.pb.h"
#include "ayni/v1/settlement_service.grpc.pb.h"

/// Institutions: who they are, what they have, how far they may go.
namespace ayni::ayctl {
namespace {

using Admin = v1::AdminService::Stub;
using Settlement = v1::SettlementService::Stub;

const std::map<std::string, v1::ParticipantState> states{
    {"active", v1::PARTICIPANT_STATE_ACTIVE},
    {"suspended", v1::PARTICIPANT_STATE_SUSPENDED},
    {"send-only", v1::PARTICIPANT_STATE_SEND_ONLY},
    {"receive-only", v1::PARTICIPANT_STATE_RECEIVE_ONLY}};

struct Arguments {
    std::uint32_t id = 0;
    std::uint32_t entity_code = 0;
    std::string code;
    v1::ParticipantState state = v1::PARTICIPANT_STATE_ACTIVE;
    std::string amount;
    std::string currency = "PEN";
    std::string bank_reference;
    std::string transfer_id;
};

std::vector<std::string> row_of(const v1::Participant& participant) {
    return {std::to_string(participant.participant_id()),
            participant.code(),
            participant.entity_code() == 0 ? "-" : fmt::format("{:03}", participant.entity_code()),
            short_name(v1::ParticipantState_Name(participant.state()), "PARTICIPANT_STATE_"),
            participant.connected() ? "yes" : "no",
            std::to_string(participant.unacknowledged_outcomes())};
}

Table table_of_participants() {
    return Table({">id", "code", "entity", "state", "connected", ">unacknowledged"});
}

void print_participant(const v1::Participant& participant) {
    Table table = table_of_participants();
    table.add(row_of(participant));
    fmt::print("{}", table.text());
}

ExitCode create(const GlobalOptions& global, const Arguments& arguments) {
    v1::CreateParticipantRequest request;
    request.set_participant_id(arguments.id);
    request.set_code(arguments.code);
    request.set_entity_code(arguments.entity_code);
    return call_and_print(
        global, &Admin::CreateParticipant, request,
        [](const v1::CreateParticipantResponse& r) { print_participant(r.participant()); });
}

ExitCode get(const GlobalOptions& global, const Arguments& arguments) {
    v1::GetParticipantRequest request;
    request.set_code(arguments.code);
    return call_and_print(
        global, &Admin::GetParticipant, request,
        [](const v1::GetParticipantResponse& r) { print_participant(r.participant()); });
}

ExitCode set_state(const GlobalOptions& global, const Arguments& arguments) {
    v1::SetParticipantStateRequest request;
    request.set_code(arguments.code);
    request.set_state(arguments.state);
    return call_and_print(
        global, &Admin::SetParticipantState, request,
        [](const v1::SetParticipantStateResponse& r) { print_participant(r.participant()); });
}

ExitCode list(const GlobalOptions& global) {
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    Table table = table_of_participants();
    v1::ListParticipantsResponse all;
    v1::ListParticipantsRequest request;
    request.set_page_size(1'000);
    do {
        v1::ListParticipantsResponse page;
        const auto status = connection->call(&Admin::ListParticipants, request, page);
        if (!status.ok()) return report_failure(status, global.json);
        for (const auto& participant : page.participants()) table.add(row_of(participant));
        request.set_page_token(page.next_page_token());
        all.MergeFrom(page);
        all.set_next_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    fmt::print("{}", global.json ? to_json(all) + "\n" : table.text());
    return ExitCode::done;
}

ExitCode set_cap(const GlobalOptions& global, const Arguments& arguments) {
    const auto cap = parse_money(arguments.amount, arguments.currency, "AMOUNT");
    if (!cap) return bad_argument(cap.error());
    v1::SetNetDebitCapRequest request;
    request.set_code(arguments.code);
    *request.mutable_cap() = *cap;
    return call_and_print(global, &Admin::SetNetDebitCap, request,
                          [&](const v1::SetNetDebitCapResponse& r) {
                              fmt::print("net debit cap of {} is {} as of sequence {}\n",
                                         arguments.code, format_money(*cap), r.as_of_sequence());
                          });
}

ExitCode funds_in(const GlobalOptions& global, const Arguments& arguments) {
    const auto amount = parse_money(arguments.amount, arguments.currency, "AMOUNT");
    if (!amount) return bad_argument(amount.error());
    const auto id = given_or_new_id(arguments.transfer_id);
    if (!id) return bad_argument(id.error());
    // Said before it is sent, so that it can be repeated whatever happens.
    fmt::print(stderr, "transfer id {}\n", *id);
    v1::RecordFundsInRequest request;
    request.set_transfer_id(*id);
    request.set_participant(arguments.code);
    *request.mutable_amount() = *amount;
    request.set_bank_reference(arguments.bank_reference);
    return call_and_print(
        global, &Settlement::RecordFundsIn, request, [&](const v1::RecordFundsInResponse& r) {
            fmt::print("{} in for {}{} as of sequence {}\n", format_money(*amount), arguments.code,
                       r.replayed() ? ", as before," : "", r.as_of_sequence());
        });
}

void print_position(const v1::GetPositionResponse& p) {
    Table table({"position of " + p.participant(), ">" + p.currency_code()});
    const std::pair<const char*, std::int64_t> rows[] = {
        {"settlement (prefunded)", p.settlement()},
        {"net of unsettled payments", p.net()},
        {"reserved for outgoing", p.reserved()},
        {"promised incoming", p.incoming()},
        {"unacknowledged (no cover yet)", p.unacknowledged()},
        {"net debit cap", p.net_debit_cap()},
        {"available to send", p.available()}};
    for (const auto& [name, value] : rows) {
        const bool is_unlimited = value == std::numeric_limits<std::int64_t>::max();
        table.add({name, is_unlimited ? "unlimited" : format_minor_units(value)});
    }
    fmt::print("{}as of sequence {}\n", table.text(), p.as_of_sequence());
}

ExitCode position(const GlobalOptions& global, const Arguments& arguments) {
    v1::GetPositionRequest request;
    request.set_participant(arguments.code);
    request.set_currency_code(arguments.currency);
    return call_and_print(global, &Settlement::GetPosition, request, print_position);
}

void print_status(const v1::GetLedgerStatusResponse& s) {
    fmt::print("sequence {}  digest {}  epoch {}  protocol version {}\n", s.as_of_sequence(),
               s.digest(), s.epoch(), s.protocol_version());
    fmt::print("journal time {}  oldest id time accepted {}\n", format_time(s.journal_time()),
               format_time(s.floor()));
    fmt::print(
        "participants {}  accounts {}  transfers: reserved {}, live {}, remembered {}\n"
        "history complete up to sequence {}\n",
        s.participants(), s.accounts(), s.reserved_transfers(), s.live_transfers(),
        s.remembered_transfers(), s.history_sequence());
    Table table({"totals", ">debits pending", ">debits posted", ">credits pending",
                 ">credits posted", "balanced"});
    for (const auto& t : s.totals()) {
        const bool is_balanced =
            t.debits_pending() == t.credits_pending() && t.debits_posted() == t.credits_posted();
        table.add({t.currency_code(), format_minor_units(t.debits_pending()),
                   format_minor_units(t.debits_posted()), format_minor_units(t.credits_pending()),
                   format_minor_units(t.credits_posted()), is_balanced ? "yes" : "NO"});
    }
    fmt::print("{}", table.text());
}

void add_currency(CLI::App* command, Arguments& arguments) {
    command->add_option("--currency", arguments.currency, "PEN or USD")->capture_default_str();
}

}  // namespace

void add_participant_commands(Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    const auto on = [=](CLI::App* command,
                        ExitCode (*run)(const GlobalOptions&, const Arguments&)) {
        command->callback([=] { *action = [=] { return run(*global, *arguments); }; });
    };
    Arguments& a = *arguments;

    CLI::App* participant = registry.app.add_subcommand("participant", "Institutions (operator)");
    participant->require_subcommand(1)->fallthrough();
    CLI::App* made = participant->add_subcommand("create", "Make one; repeating it is harmless");
    made->add_option("--id", a.id, "Number, 2 to 2147483647")->required();
    made->add_option("--code", a.code, "Name in certificates and payments")->required();
    made->add_option("--entity", a.entity_code,
                     "Entity code, the first three digits of its CCIs; 0 for none")
        ->capture_default_str();
    on(made, create);
    CLI::App* listed = participant->add_subcommand("list", "All of them");
    listed->callback([=] { *action = [=] { return list(*global); }; });
    CLI::App* got = participant->add_subcommand("get", "One of them");
    got->add_option("CODE", a.code)->required();
    on(got, get);
    CLI::App* state = participant->add_subcommand("state", "Suspend or let go on");
    state->add_option("CODE", a.code)->required();
    state->add_option("STATE", a.state, "active, suspended, send-only or receive-only")
        ->required()
        ->transform(CLI::CheckedTransformer(states));
    on(state, set_state);

    CLI::App* cap = registry.app.add_subcommand("cap", "Net debit caps (operator)");
    cap->require_subcommand(1)->fallthrough();
    CLI::App* cap_set = cap->add_subcommand("set", "How far a participant's exposure may go");
    cap_set->add_option("CODE", a.code)->required();
    cap_set->add_option("AMOUNT", a.amount, "Decimal, as 5000.00")->required();
    add_currency(cap_set, a);
    on(cap_set, set_cap);

    CLI::App* funds = registry.app.add_subcommand("funds", "Prefunded money (operator)");
    funds->require_subcommand(1)->fallthrough();
    CLI::App* in = funds->add_subcommand("in", "Record money that arrived at the settlement bank");
    in->add_option("CODE", a.code)->required();
    in->add_option("AMOUNT", a.amount, "Decimal, as 5000.00")->required();
    in->add_option("--reference", a.bank_reference, "The bank's reference, at most 40 characters");
    in->add_option("--id", a.transfer_id, "UUIDv7 or ULID, to repeat; made when not given");
    add_currency(in, a);
    on(in, funds_in);

    CLI::App* where = registry.app.add_subcommand("position", "Where an institution stands");
    where->add_option("CODE", a.code, "Whose; one's own when not given");
    add_currency(where, a);
    on(where, position);

    CLI::App* status =
        registry.app.add_subcommand("status", "The ledger: sequence, digest, totals");
    status->callback([=] {
        *action = [=] {
            return call_and_print(*global, &Admin::GetLedgerStatus, v1::GetLedgerStatusRequest(),
                                  print_status);
        };
    });
}

}  // namespace ayni::ayctl
