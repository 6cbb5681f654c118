#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ayni/v1/transfer_service.grpc.pb.h"

namespace ayni::walletsim {

/// A switch whose answers a test decides, by the payee's account. Remembers every request.
class FakeSwitch {
public:
    /// What becomes of one request; a code other than 0 is an error.
    struct Verdict {
        ayni::v1::TransferState state = ayni::v1::TRANSFER_STATE_COMMITTED;
        std::string reason;
        grpc::StatusCode error = grpc::StatusCode::OK;
        /// No answer at all: the stream ends, the call fails as if the connection broke.
        bool is_lost = false;
    };
    /// `attempt` counts from 1, per transfer.
    using Decide = std::function<Verdict(const ayni::v1::NewTransfer&, int attempt)>;

    explicit FakeSwitch(Decide decide, int port = 0) : service_(*this), decide_(std::move(decide)) {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:" + std::to_string(port),
                                 grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(&service_);
        server_ = builder.BuildAndStart();
    }
    ~FakeSwitch() {
        server_->Shutdown(std::chrono::system_clock::now());
        server_->Wait();
    }

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

    /// Every request with this payee account, serialised, in the order in which they came.
    [[nodiscard]] std::vector<std::string> requests(const std::string& payee_account) {
        const std::lock_guard lock(mutex_);
        return requests_[payee_account];
    }
    [[nodiscard]] bool wait_for_requests(const std::string& payee_account, std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return requests_[payee_account].size() >= count; });
    }
    [[nodiscard]] int questions() {
        const std::lock_guard lock(mutex_);
        return questions_;
    }
    /// What GetTransfer says; NOT_FOUND when it is unspecified.
    void answer_questions_with(ayni::v1::TransferState state) {
        const std::lock_guard lock(mutex_);
        known_state_ = state;
    }
    [[nodiscard]] std::string identity() {
        const std::lock_guard lock(mutex_);
        return identity_;
    }

private:
    class Service final : public ayni::v1::TransferService::Service {
    public:
        explicit Service(FakeSwitch& owner) : owner_(owner) {}

        grpc::Status CreateTransfer(grpc::ServerContext* context,
                                    const ayni::v1::CreateTransferRequest* request,
                                    ayni::v1::CreateTransferResponse* response) override {
            const Verdict verdict = owner_.judge(*context, request->transfer());
            if (verdict.is_lost) return {grpc::StatusCode::UNAVAILABLE, "lost"};
            if (verdict.error != grpc::StatusCode::OK) return {verdict.error, "refused"};
            fill(request->transfer(), verdict, *response->mutable_result());
            return grpc::Status::OK;
        }

        grpc::Status StreamTransfers(
            grpc::ServerContext* context,
            grpc::ServerReaderWriter<ayni::v1::StreamTransfersResponse,
                                     ayni::v1::StreamTransfersRequest>* stream) override {
            ayni::v1::StreamTransfersRequest request;
            while (stream->Read(&request)) {
                ayni::v1::StreamTransfersResponse response;
                for (const ayni::v1::NewTransfer& transfer : request.transfers()) {
                    const Verdict verdict = owner_.judge(*context, transfer);
                    if (verdict.is_lost) return {grpc::StatusCode::UNAVAILABLE, "lost"};
                    ayni::v1::TransferReply& reply = *response.add_replies();
                    reply.set_transfer_id(transfer.transfer_id());
                    if (verdict.error == grpc::StatusCode::OK) {
                        fill(transfer, verdict, *reply.mutable_result());
                    } else {
                        reply.mutable_error()->set_code(verdict.error);
                        reply.mutable_error()->set_iso_reason(verdict.reason);
                    }
                }
                stream->Write(response);
            }
            return grpc::Status::OK;
        }

        grpc::Status GetTransfer(grpc::ServerContext*, const ayni::v1::GetTransferRequest* request,
                                 ayni::v1::GetTransferResponse* response) override {
            const std::lock_guard lock(owner_.mutex_);
            ++owner_.questions_;
            if (owner_.known_state_ == ayni::v1::TRANSFER_STATE_UNSPECIFIED) {
                return {grpc::StatusCode::NOT_FOUND, "no such transfer"};
            }
            response->mutable_transfer()->set_transfer_id(request->transfer_id());
            response->mutable_transfer()->set_state(owner_.known_state_);
            return grpc::Status::OK;
        }

    private:
        static void fill(const ayni::v1::NewTransfer& transfer, const Verdict& verdict,
                         ayni::v1::TransferResult& result) {
            result.set_transfer_id(transfer.transfer_id());
            result.set_state(verdict.state);
            result.set_reason(verdict.reason);
        }

        FakeSwitch& owner_;
    };

    Verdict judge(const grpc::ServerContext& context, const ayni::v1::NewTransfer& transfer) {
        const std::lock_guard lock(mutex_);
        const auto found = context.client_metadata().find("x-ayni-identity");
        if (found != context.client_metadata().end()) {
            identity_.assign(found->second.data(), found->second.size());
        }
        requests_[transfer.payee_account()].push_back(transfer.SerializeAsString());
        changed_.notify_all();
        return decide_(transfer, ++attempts_[transfer.transfer_id()]);
    }

    Service service_;
    const Decide decide_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::vector<std::string>> requests_;
    std::map<std::string, int> attempts_;
    ayni::v1::TransferState known_state_ = ayni::v1::TRANSFER_STATE_UNSPECIFIED;
    int questions_ = 0;
    std::string identity_;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

}  // namespace ayni::walletsim
