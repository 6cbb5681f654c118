#include "rpc/transfer_service.h"

#include "rpc/call.h"
#include "rpc/mapping_transfer.h"
#include "rpc/payments.h"
#include "rpc/transfer_reads.h"
#include "rpc/transfer_stream.h"

namespace ayni::rpc {
namespace {

class CreateTransferCall final : public UnaryCall, public PaymentSink {
public:
    CreateTransferCall(Core& core, const grpc::ServerContextBase& context,
                       const v1::CreateTransferRequest& request,
                       v1::CreateTransferResponse& response)
        : UnaryCall(core, Rpc::create_transfer, 1),
          context_(context),
          request_(request),
          response_(response) {}

private:
    void admitted() override {
        start_payment(core(), caller(), request_.transfer(), "transfer.",
                      answer_by(core(), context_), *this);
    }
    void answered(std::size_t /*index*/, const PaymentAnswer& answer) override {
        if (answer.error) return finish(*answer.error);
        to_message(answer.id, answer.outcome, *response_.mutable_result());
        response_.set_as_of_sequence(answer.as_of.value());
        finish();
    }

    const grpc::ServerContextBase& context_;
    const v1::CreateTransferRequest& request_;
    v1::CreateTransferResponse& response_;
};

class BatchCall final : public UnaryCall, public PaymentSink {
public:
    BatchCall(Core& core, const grpc::ServerContextBase& context,
              const v1::BatchCreateTransfersRequest& request,
              v1::BatchCreateTransfersResponse& response)
        : UnaryCall(core, Rpc::batch_create_transfers,
                    static_cast<std::uint32_t>(request.transfers_size())),
          context_(context),
          request_(request),
          response_(response) {}

private:
    void admitted() override {
        Violations wrong;
        check_batch(request_.transfers(), wrong);
        if (!wrong.empty()) return finish(malformed_request(std::move(wrong)));
        unanswered_ = request_.transfers_size();
        for (int i = 0; i < unanswered_; ++i) response_.add_replies();
        start_payments(core(), caller(), request_.transfers(), answer_by(core(), context_), *this);
    }
    void answered(std::size_t index, const PaymentAnswer& answer) override {
        to_message(answer, *response_.mutable_replies(static_cast<int>(index)));
        raise_as_of(answer.as_of.value());
        if (unanswered_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        response_.set_as_of_sequence(as_of_.load(std::memory_order_relaxed));
        finish();
    }
    /// Some answers come on this call's own thread, others on the completion thread.
    void raise_as_of(std::uint64_t to) {
        std::uint64_t seen = as_of_.load(std::memory_order_relaxed);
        while (seen < to && !as_of_.compare_exchange_weak(seen, to)) {
        }
    }

    const grpc::ServerContextBase& context_;
    const v1::BatchCreateTransfersRequest& request_;
    v1::BatchCreateTransfersResponse& response_;
    std::atomic<int> unanswered_{0};
    std::atomic<std::uint64_t> as_of_{0};
};

}  // namespace

grpc::ServerUnaryReactor* TransferService::CreateTransfer(grpc::CallbackServerContext* context,
                                                          const v1::CreateTransferRequest* request,
                                                          v1::CreateTransferResponse* response) {
    return (new CreateTransferCall(core_, *context, *request, *response))->begin(*context);
}

TransferStreamReactor* TransferService::StreamTransfers(grpc::CallbackServerContext* context) {
    return start_transfer_stream(core_, *context);
}

grpc::ServerUnaryReactor* TransferService::BatchCreateTransfers(
    grpc::CallbackServerContext* context, const v1::BatchCreateTransfersRequest* request,
    v1::BatchCreateTransfersResponse* response) {
    return (new BatchCall(core_, *context, *request, *response))->begin(*context);
}

grpc::ServerUnaryReactor* TransferService::GetTransfer(grpc::CallbackServerContext* context,
                                                       const v1::GetTransferRequest* request,
                                                       v1::GetTransferResponse* response) {
    return Call::start(core_, *context, Rpc::get_transfer, [request, response](Call& call) {
        get_transfer(call, *request, *response);
    });
}

grpc::ServerUnaryReactor* TransferService::ListTransfers(grpc::CallbackServerContext* context,
                                                         const v1::ListTransfersRequest* request,
                                                         v1::ListTransfersResponse* response) {
    return Call::start(core_, *context, Rpc::list_transfers, [request, response](Call& call) {
        list_transfers(call, *request, *response);
    });
}

}  // namespace ayni::rpc
