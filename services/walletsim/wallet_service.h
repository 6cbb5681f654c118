#pragma once

#include "ayni/adapter/v1/wallet_adapter_service.grpc.pb.h"
#include "walletsim/behaviour.h"
#include "walletsim/bookkeeper.h"
#include "walletsim/calls.h"

namespace ayni::walletsim {

/// What the switch calls: accepts credits and takes outcomes, over Session and over unary calls, as
/// the current behaviour says. Answers after what it answers is durable.
class WalletService final : public adapter::v1::WalletAdapterService::CallbackService {
public:
    struct Options {
        bool insecure = false;
        /// False: Session is UNIMPLEMENTED, as at an institution that has only unary calls.
        bool session = true;
    };

    /// The bookkeeper must outlive it.
    WalletService(const Options& options, Bookkeeper& bookkeeper, const Behaviour& behaviour);

    grpc::ServerUnaryReactor* AcceptTransfer(
        grpc::CallbackServerContext* context, const adapter::v1::AcceptTransferRequest* request,
        adapter::v1::AcceptTransferResponse* response) override;
    grpc::ServerUnaryReactor* NotifyOutcome(grpc::CallbackServerContext* context,
                                            const adapter::v1::NotifyOutcomeRequest* request,
                                            adapter::v1::NotifyOutcomeResponse* response) override;
    grpc::ServerUnaryReactor* GetTransferStatus(
        grpc::CallbackServerContext* context, const adapter::v1::GetTransferStatusRequest* request,
        adapter::v1::GetTransferStatusResponse* response) override;
    grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                   const adapter::v1::EchoRequest* request,
                                   adapter::v1::EchoResponse* response) override;
    grpc::ServerBidiReactor<adapter::v1::SessionRequest, adapter::v1::SessionResponse>* Session(
        grpc::CallbackServerContext* context) override;

    [[nodiscard]] const StreamStatistics& statistics() const { return statistics_; }

private:
    const Options options_;
    Bookkeeper& bookkeeper_;
    const Behaviour& behaviour_;
    StreamStatistics statistics_;
};

}  // namespace ayni::walletsim
