#include "rpc/settlement_service.h"

#include "rpc/call.h"
#include "rpc/mapping_admin.h"
#include "rpc/mapping_fields.h"
#include "rpc/named_participant.h"
#include "rpc/statement_reads.h"

namespace ayni::rpc {
namespace {

void record(Call& call, ledger::RecordFundsIn command, v1::RecordFundsInResponse& response) {
    call.commands.add(command);
    call.submit_one([&response](Call& done) {
        response.set_replayed(done.outcome().replayed);
        response.set_as_of_sequence(done.as_of().value());
        done.finish();
    });
}

void read_position(Call& call, base::ParticipantId participant, base::Currency currency,
                   v1::GetPositionResponse& response) {
    call.look(
        [participant, currency, &response](const ledger::Ledger& ledger) {
            const auto position = ledger.position(participant, currency);
            ASSERT(position.has_value());  // participants never go
            to_message(*position, response);
        },
        [&response](Call& looked) {
            response.set_as_of_sequence(looked.as_of().value());
            looked.finish();
        });
}

void get_position(Call& call, const v1::GetPositionRequest& request,
                  v1::GetPositionResponse& response) {
    Violations wrong;
    const Caller& caller = call.caller();
    const bool is_own = request.participant().empty() && !caller.sees_all();
    if (!is_own) check_code(request.participant(), "participant", wrong);
    const auto currency = check_currency(request.currency_code(), "currency_code", wrong);
    if (!wrong.empty()) return call.finish(malformed_request(std::move(wrong)));
    const std::string code = is_own ? caller.name : request.participant();
    if (!caller.sees_all() && code != caller.name) {
        return call.finish(permission_denied("A participant reads its own position only."));
    }
    response.set_participant(code);
    response.set_currency_code(request.currency_code());
    with_participant(call, code, [currency, &response](Call& found, base::ParticipantId id) {
        read_position(found, id, *currency, response);
    });
}

}  // namespace

grpc::ServerUnaryReactor* SettlementService::RecordFundsIn(grpc::CallbackServerContext* context,
                                                           const v1::RecordFundsInRequest* request,
                                                           v1::RecordFundsInResponse* response) {
    return Call::start(core_, *context, Rpc::record_funds_in, [request, response](Call& call) {
        Violations wrong;
        auto command = record_funds_in_of(*request, call.caller().name, wrong);
        if (!command) return call.finish(malformed_request(std::move(wrong)));
        with_participant(call, request->participant(),
                         [command = *command, response](Call& found, base::ParticipantId id) {
                             ledger::RecordFundsIn of_participant = command;
                             of_participant.participant = id;
                             record(found, of_participant, *response);
                         });
    });
}

grpc::ServerUnaryReactor* SettlementService::GetPosition(grpc::CallbackServerContext* context,
                                                         const v1::GetPositionRequest* request,
                                                         v1::GetPositionResponse* response) {
    return Call::start(core_, *context, Rpc::get_position, [request, response](Call& call) {
        get_position(call, *request, *response);
    });
}

grpc::ServerUnaryReactor* SettlementService::GetStatement(grpc::CallbackServerContext* context,
                                                          const v1::GetStatementRequest* request,
                                                          v1::GetStatementResponse* response) {
    return Call::start(core_, *context, Rpc::get_statement, [request, response](Call& call) {
        get_statement(call, *request, *response);
    });
}

}  // namespace ayni::rpc
