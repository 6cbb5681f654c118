#include "rpc/disbursement_service.h"

#include "rpc/call.h"
#include "rpc/mapping_admin.h"
#include "rpc/mapping_fields.h"

namespace ayni::rpc {

grpc::ServerUnaryReactor* DisbursementService::ClaimBatch(grpc::CallbackServerContext* context,
                                                          const v1::ClaimBatchRequest* request,
                                                          v1::ClaimBatchResponse* response) {
    return Call::start(core_, *context, Rpc::claim_batch, [request, response](Call& call) {
        Violations wrong;
        const auto command =
            claim_batch_of(*request, call.caller().id(), call.caller().name, wrong);
        if (!command) return call.finish(malformed_request(std::move(wrong)));
        call.commands.add(*command);
        call.submit_one([response](Call& done) {
            to_message(done.outcome().decided_at, *response->mutable_release_time());
            response->set_replayed(done.outcome().replayed);
            response->set_as_of_sequence(done.as_of().value());
            done.finish();
        });
    });
}

}  // namespace ayni::rpc
