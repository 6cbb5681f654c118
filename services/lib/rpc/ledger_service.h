#pragma once

#include "ayni/v1/ledger_service.grpc.pb.h"
#include "rpc/arena_allocator.h"
#include "rpc/core.h"
#include "rpc/pool.h"

namespace ayni::rpc {

/// Vectors that have grown to the size of a batch, for the next batch.
struct LedgerBuffers {
    ledger::CommandBuffer commands;
    std::vector<ledger::Outcome> outcomes;

    [[nodiscard]] std::size_t kept_bytes() const {
        return sizeof *this + commands.capacity_bytes() +
               outcomes.capacity() * sizeof(ledger::Outcome);
    }
};

class LedgerService final : public v1::LedgerService::CallbackService {
public:
    explicit LedgerService(Core& core);

    grpc::ServerUnaryReactor* CreateAccounts(grpc::CallbackServerContext* context,
                                             const v1::CreateAccountsRequest* request,
                                             v1::CreateAccountsResponse* response) override;
    grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                         const v1::GetAccountRequest* request,
                                         v1::GetAccountResponse* response) override;
    grpc::ServerUnaryReactor* CreateTransfers(grpc::CallbackServerContext* context,
                                              const v1::CreateTransfersRequest* request,
                                              v1::CreateTransfersResponse* response) override;
    grpc::ServerBidiReactor<v1::StreamCreateTransfersRequest, v1::StreamCreateTransfersResponse>*
    StreamCreateTransfers(grpc::CallbackServerContext* context) override;
    grpc::ServerUnaryReactor* CommitTransfers(grpc::CallbackServerContext* context,
                                              const v1::CommitTransfersRequest* request,
                                              v1::CommitTransfersResponse* response) override;
    grpc::ServerUnaryReactor* AbortTransfers(grpc::CallbackServerContext* context,
                                             const v1::AbortTransfersRequest* request,
                                             v1::AbortTransfersResponse* response) override;

private:
    static constexpr std::size_t keep_bytes = std::size_t{128} << 20U;

    Core& core_;
    Pool<LedgerBuffers> buffers_{keep_bytes};
    ArenaAllocator<v1::CreateTransfersRequest, v1::CreateTransfersResponse> create_arenas_;
    ArenaAllocator<v1::CommitTransfersRequest, v1::CommitTransfersResponse> commit_arenas_;
    ArenaAllocator<v1::AbortTransfersRequest, v1::AbortTransfersResponse> abort_arenas_;
};

}  // namespace ayni::rpc
