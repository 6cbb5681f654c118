#include "rpc/admin_service.h"

#include "rpc/call.h"
#include "rpc/mapping_admin.h"
#include "rpc/mapping_fields.h"
#include "rpc/named_participant.h"
#include "rpc/page_token.h"

namespace ayni::rpc {
namespace {

/// The sequencer's thread.
void describe(Core& core, const ledger::Participant& participant, v1::Participant& message) {
    to_message(participant, message);
    message.set_connected(core.parts.network.is_connected(participant.id));
}

/// Finishes with the participant as it is now.
template <typename Response>
void respond(Call& call, base::ParticipantId id, Response& response) {
    Core& core = call.core();
    call.look(
        [&core, id, &response](const ledger::Ledger& ledger) {
            const ledger::Participant* participant = ledger.find_participant(id);
            ASSERT(participant != nullptr);  // participants never go
            describe(core, *participant, *response.mutable_participant());
        },
        [&response](Call& looked) {
            response.set_as_of_sequence(looked.as_of().value());
            looked.finish();
        });
}

/// Has `command` applied to the participant of `code`, then goes on.
template <typename Command>
void command_participant(Call& call, const std::string& code, const Command& command,
                         std::function<void(Call&, base::ParticipantId)> then) {
    with_participant(call, code, [command, then](Call& found, base::ParticipantId id) {
        Command of_participant = command;
        of_participant.participant = id;
        found.commands.add(of_participant);
        found.submit_one([id, then](Call& done) { then(done, id); });
    });
}

void list_participants(Call& call, std::size_t from, std::size_t page_size,
                       v1::ListParticipantsResponse& response) {
    Core& core = call.core();
    call.look(
        [&core, from, page_size, &response](const ledger::Ledger& ledger) {
            std::size_t at = from;
            for (; at < ledger.participant_count(); ++at) {
                if (ledger.participant_at(at).id == ledger::hub) continue;
                if (response.participants_size() == static_cast<int>(page_size)) break;
                describe(core, ledger.participant_at(at), *response.add_participants());
            }
            if (at == ledger.participant_count()) return;
            response.set_next_page_token(make_page_token(Listing::participants, 0, at));
        },
        [&response](Call& looked) {
            response.set_as_of_sequence(looked.as_of().value());
            looked.finish();
        });
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::CreateParticipant(
    grpc::CallbackServerContext* context, const v1::CreateParticipantRequest* request,
    v1::CreateParticipantResponse* response) {
    return Call::start(core_, *context, Rpc::create_participant, [request, response](Call& call) {
        Violations wrong;
        const auto command = create_participant_of(*request, call.caller().name, wrong);
        if (!command) return call.finish(malformed_request(std::move(wrong)));
        call.commands.add(*command);
        call.submit_one(
            [id = command->participant, response](Call& done) { respond(done, id, *response); });
    });
}

grpc::ServerUnaryReactor* AdminService::GetParticipant(grpc::CallbackServerContext* context,
                                                       const v1::GetParticipantRequest* request,
                                                       v1::GetParticipantResponse* response) {
    return Call::start(core_, *context, Rpc::get_participant, [request, response](Call& call) {
        Violations wrong;
        if (!check_code(request->code(), "code", wrong)) {
            return call.finish(malformed_request(std::move(wrong)));
        }
        with_participant(call, request->code(), [response](Call& found, base::ParticipantId id) {
            respond(found, id, *response);
        });
    });
}

grpc::ServerUnaryReactor* AdminService::ListParticipants(grpc::CallbackServerContext* context,
                                                         const v1::ListParticipantsRequest* request,
                                                         v1::ListParticipantsResponse* response) {
    return Call::start(core_, *context, Rpc::list_participants, [request, response](Call& call) {
        Violations wrong;
        const auto page_size = check_page_size(request->page_size(), wrong);
        const auto from = request->page_token().empty()
                              ? std::optional<std::uint64_t>(0)
                              : read_page_token(request->page_token(), Listing::participants, 0);
        if (!from) wrong.add("page_token", "must be from an earlier response");
        if (!wrong.empty()) return call.finish(malformed_request(std::move(wrong)));
        list_participants(call, *from, *page_size, *response);
    });
}

grpc::ServerUnaryReactor* AdminService::SetParticipantState(
    grpc::CallbackServerContext* context, const v1::SetParticipantStateRequest* request,
    v1::SetParticipantStateResponse* response) {
    return Call::start(
        core_, *context, Rpc::set_participant_state, [request, response](Call& call) {
            Violations wrong;
            const auto command = set_participant_state_of(*request, call.caller().name, wrong);
            if (!command) return call.finish(malformed_request(std::move(wrong)));
            command_participant(
                call, request->code(), *command,
                [response](Call& done, base::ParticipantId id) { respond(done, id, *response); });
        });
}

grpc::ServerUnaryReactor* AdminService::SetNetDebitCap(grpc::CallbackServerContext* context,
                                                       const v1::SetNetDebitCapRequest* request,
                                                       v1::SetNetDebitCapResponse* response) {
    return Call::start(core_, *context, Rpc::set_net_debit_cap, [request, response](Call& call) {
        Violations wrong;
        const auto command = set_net_debit_cap_of(*request, call.caller().name, wrong);
        if (!command) return call.finish(malformed_request(std::move(wrong)));
        command_participant(call, request->code(), *command,
                            [response](Call& done, base::ParticipantId) {
                                response->set_as_of_sequence(done.as_of().value());
                                done.finish();
                            });
    });
}

grpc::ServerUnaryReactor* AdminService::AdvanceProtocolVersion(
    grpc::CallbackServerContext* context, const v1::AdvanceProtocolVersionRequest* request,
    v1::AdvanceProtocolVersionResponse* response) {
    return Call::start(
        core_, *context, Rpc::advance_protocol_version, [request, response](Call& call) {
            Violations wrong;
            const auto command = advance_protocol_version_of(*request, call.caller().name, wrong);
            if (!command) return call.finish(malformed_request(std::move(wrong)));
            call.commands.add(*command);
            call.submit_one([response](Call& done) {
                response->set_as_of_sequence(done.as_of().value());
                done.finish();
            });
        });
}

grpc::ServerUnaryReactor* AdminService::GetLedgerStatus(grpc::CallbackServerContext* context,
                                                        const v1::GetLedgerStatusRequest*,
                                                        v1::GetLedgerStatusResponse* response) {
    return Call::start(core_, *context, Rpc::get_ledger_status, [response](Call& call) {
        call.look([response](const ledger::Ledger& ledger) { to_message(ledger, *response); },
                  [response](Call& looked) {
                      const Server::Parts& parts = looked.core().parts;
                      response->set_epoch(parts.sequencer.statistics().epoch.load());
                      response->set_history_sequence(parts.history.as_of().value());
                      looked.finish();
                  });
    });
}

}  // namespace ayni::rpc
