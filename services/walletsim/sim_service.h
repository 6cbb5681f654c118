#pragma once

#include "ayni/walletsim/v1/wallet_sim_service.grpc.pb.h"
#include "walletsim/behaviour.h"
#include "walletsim/bookkeeper.h"
#include "walletsim/calls.h"
#include "walletsim/payment_desk.h"

namespace ayni::walletsim {

/// The customers' side: what the institution's app would call.
class SimService final : public v1::WalletSimService::CallbackService {
public:
    struct Options {
        std::string participant;
        bool insecure = false;
    };

    /// All must outlive it. `behaviour` is changed on the bookkeeper's thread.
    SimService(Options options, Bookkeeper& bookkeeper, PaymentDesk& desk, Behaviour& behaviour);

    grpc::ServerUnaryReactor* OpenCustomers(grpc::CallbackServerContext* context,
                                            const v1::OpenCustomersRequest* request,
                                            v1::OpenCustomersResponse* response) override;
    grpc::ServerUnaryReactor* Pay(grpc::CallbackServerContext* context,
                                  const v1::PayRequest* request,
                                  v1::PayResponse* response) override;
    grpc::ServerBidiReactor<v1::StreamPayRequest, v1::StreamPayResponse>* StreamPay(
        grpc::CallbackServerContext* context) override;
    grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context,
                                          const v1::GetCustomerRequest* request,
                                          v1::GetCustomerResponse* response) override;
    grpc::ServerUnaryReactor* GetBooks(grpc::CallbackServerContext* context,
                                       const v1::GetBooksRequest* request,
                                       v1::GetBooksResponse* response) override;
    grpc::ServerUnaryReactor* SetBehaviour(grpc::CallbackServerContext* context,
                                           const v1::SetBehaviourRequest* request,
                                           v1::SetBehaviourResponse* response) override;

    [[nodiscard]] const StreamStatistics& statistics() const { return statistics_; }

private:
    template <typename Response, typename Work>
    grpc::ServerUnaryReactor* run(grpc::CallbackServerContext* context, Response* response,
                                  Work work);

    const Options options_;
    Bookkeeper& bookkeeper_;
    PaymentDesk& desk_;
    Behaviour& behaviour_;
    StreamStatistics statistics_;
};

}  // namespace ayni::walletsim
