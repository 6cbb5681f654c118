#include "rpc/ledger_service.h"

#include <type_traits>

#include "rpc/call.h"
#include "rpc/ledger_stream.h"
#include "rpc/mapping_ledger.h"

namespace ayni::rpc {
namespace {

std::uint32_t size_of(const v1::CreateAccountsRequest& request) {
    return static_cast<std::uint32_t>(request.accounts_size());
}
template <typename Request>
std::uint32_t size_of(const Request& request) {
    return static_cast<std::uint32_t>(request.transfers_size());
}

/// What ends reservations is never refused for load (DESIGN §7).
template <typename Request>
constexpr sequencer::Lane lane_of() {
    constexpr bool ends_reservations = std::is_same_v<Request, v1::CommitTransfersRequest> ||
                                       std::is_same_v<Request, v1::AbortTransfersRequest>;
    return ends_reservations ? sequencer::Lane::progress : sequencer::Lane::admission;
}

/// One batch: encoded on gRPC's thread, applied by the sequencer, answered on the completion
/// thread.
template <typename Request, typename Response>
class LedgerCall final : public UnaryCall, private sequencer::Submission, private Completable {
public:
    LedgerCall(Core& core, Rpc rpc, Pool<LedgerBuffers>& buffers, const Request& request,
               Response& response)
        : UnaryCall(core, rpc, size_of(request)),
          pool_(buffers),
          buffers_(buffers.take()),
          request_(request),
          response_(response) {
        if (buffers_ == nullptr) buffers_ = std::make_unique<LedgerBuffers>();
        std::swap(commands, buffers_->commands);
        std::swap(outcomes, buffers_->outcomes);
    }
    ~LedgerCall() override {
        commands.clear();
        outcomes.clear();
        std::swap(commands, buffers_->commands);
        std::swap(outcomes, buffers_->outcomes);
        pool_.give(std::move(buffers_));
    }

private:
    void admitted() override {
        Violations wrong;
        encode(request_, caller().id(), commands, wrong);
        if (!wrong.empty()) return finish(malformed_request(std::move(wrong)));
        if (!core().parts.sequencer.submit(this, lane_of<Request>())) finish(refusal(core()));
    }
    void applied(base::Sequence as_of) override {
        as_of_ = as_of;
        if (size_of(request_) <= core().options.finish_at_once_items) return complete();
        core().completion.push(this);
    }
    void abandoned() override { core().completion.push(this); }
    void complete() override {
        if (as_of_.is_zero()) return finish(stopping());
        ASSERT(outcomes.size() == size_of(request_));
        add_statuses(outcomes, *response_.mutable_statuses());
        response_.set_as_of_sequence(as_of_.value());
        finish();
    }

    Pool<LedgerBuffers>& pool_;
    std::unique_ptr<LedgerBuffers> buffers_;
    const Request& request_;
    Response& response_;
    base::Sequence as_of_;  ///< Zero unless the batch was applied.
};

template <typename Request, typename Response>
grpc::ServerUnaryReactor* start(Core& core, Rpc rpc, Pool<LedgerBuffers>& buffers,
                                grpc::CallbackServerContext& context, const Request& request,
                                Response& response) {
    using OneCall = LedgerCall<Request, Response>;
    return (new OneCall(core, rpc, buffers, request, response))->begin(context);
}

struct AccountLook {
    bool is_found = false;
    base::ParticipantId owner;
};

void get_account(Call& call, base::AccountId id, v1::GetAccountResponse& response) {
    const auto seen = std::make_shared<AccountLook>();
    call.look(
        [seen, id, &response, &call](const ledger::Ledger& ledger) {
            const ledger::Account* account = ledger.find_account(id);
            if (account == nullptr) return;
            seen->is_found = true;
            seen->owner = account->owner;
            to_message(*account, *response.mutable_account());
            const auto* owner = call.core().participants.find_or_remember(ledger, account->owner);
            if (owner != nullptr) response.mutable_account()->set_owner(owner->code);
        },
        [seen, &response](Call& looked) {
            const Caller& caller = looked.caller();
            if (seen->is_found && (caller.sees_all() || seen->owner == caller.id())) {
                response.set_as_of_sequence(looked.as_of().value());
                return looked.finish();
            }
            looked.finish(account_unknown(looked.as_of()));
        });
}

}  // namespace

LedgerService::LedgerService(Core& core) : core_(core) {
    SetMessageAllocatorFor_CreateTransfers(&create_arenas_);
    SetMessageAllocatorFor_CommitTransfers(&commit_arenas_);
    SetMessageAllocatorFor_AbortTransfers(&abort_arenas_);
}

grpc::ServerUnaryReactor* LedgerService::CreateAccounts(grpc::CallbackServerContext* context,
                                                        const v1::CreateAccountsRequest* request,
                                                        v1::CreateAccountsResponse* response) {
    return start(core_, Rpc::create_accounts, buffers_, *context, *request, *response);
}

grpc::ServerUnaryReactor* LedgerService::GetAccount(grpc::CallbackServerContext* context,
                                                    const v1::GetAccountRequest* request,
                                                    v1::GetAccountResponse* response) {
    return Call::start(core_, *context, Rpc::get_account, [request, response](Call& call) {
        if (request->account_id() != 0) {
            return get_account(call, base::AccountId(request->account_id()), *response);
        }
        Violations wrong;
        wrong.add("account_id", "must not be zero");
        call.finish(malformed_request(std::move(wrong)));
    });
}

grpc::ServerUnaryReactor* LedgerService::CreateTransfers(grpc::CallbackServerContext* context,
                                                         const v1::CreateTransfersRequest* request,
                                                         v1::CreateTransfersResponse* response) {
    return start(core_, Rpc::create_ledger_transfers, buffers_, *context, *request, *response);
}

LedgerStreamReactor* LedgerService::StreamCreateTransfers(grpc::CallbackServerContext* context) {
    return start_ledger_stream(core_, *context);
}

grpc::ServerUnaryReactor* LedgerService::CommitTransfers(grpc::CallbackServerContext* context,
                                                         const v1::CommitTransfersRequest* request,
                                                         v1::CommitTransfersResponse* response) {
    return start(core_, Rpc::commit_ledger_transfers, buffers_, *context, *request, *response);
}

grpc::ServerUnaryReactor* LedgerService::AbortTransfers(grpc::CallbackServerContext* context,
                                                        const v1::AbortTransfersRequest* request,
                                                        v1::AbortTransfersResponse* response) {
    return start(core_, Rpc::abort_ledger_transfers, buffers_, *context, *request, *response);
}

}  // namespace ayni::rpc
