#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ayni/adapter/v1/wallet_adapter_service.grpc.pb.h"

namespace ayni::adapter {

/// An institution whose answers a test decides: `on_message` gets each message of the switch and
/// returns what is sent back. Its session runs on a thread of gRPC's own.
class FakeInstitution {
public:
    using OnMessage = std::function<v1::SessionResponse(const v1::SessionRequest&)>;

    struct Options {
        bool has_session = true;
        OnMessage on_message = answer_everything;
        /// 0: a free one.
        int port = 0;
    };

    explicit FakeInstitution(const Options& options) : service_(options, *this) {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:" + std::to_string(options.port),
                                 grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(&service_);
        server_ = builder.BuildAndStart();
    }
    ~FakeInstitution() {
        release();
        server_->Shutdown(std::chrono::system_clock::now());
        server_->Wait();
    }

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

    /// Accepts, acknowledges, echoes.
    static v1::SessionResponse answer_everything(const v1::SessionRequest& request) {
        v1::SessionResponse response;
        for (const v1::SwitchFrame& frame : request.frames()) {
            v1::WalletFrame& answer = *response.add_frames();
            if (frame.has_echo()) answer.mutable_echo()->set_nonce(frame.echo().nonce());
            if (frame.has_accept()) {
                answer.mutable_accept()->set_transfer_id(frame.accept().transfer_id());
                answer.mutable_accept()->set_accepted(true);
            }
            if (frame.has_outcome()) {
                answer.mutable_outcome()->set_transfer_id(frame.outcome().transfer_id());
                answer.mutable_outcome()->set_acknowledged(true);
            }
        }
        return response;
    }

    /// Stops reading the session after its first message, until released.
    void hold() {
        const std::lock_guard lock(mutex_);
        is_held_ = true;
    }
    void release() {
        const std::lock_guard lock(mutex_);
        is_held_ = false;
        changed_.notify_all();
    }
    /// Number of frames in each message received, the first (an echo) included.
    [[nodiscard]] std::vector<int> message_sizes() {
        const std::lock_guard lock(mutex_);
        return sizes_;
    }

private:
    class Service final : public v1::WalletAdapterService::Service {
    public:
        Service(const Options& options, FakeInstitution& owner)
            : options_(options), owner_(owner) {}

        grpc::Status Session(
            grpc::ServerContext*,
            grpc::ServerReaderWriter<v1::SessionResponse, v1::SessionRequest>* stream) override {
            if (!options_.has_session) return {grpc::StatusCode::UNIMPLEMENTED, "unary only"};
            v1::SessionRequest request;
            while (stream->Read(&request)) {
                const v1::SessionResponse response = options_.on_message(request);
                if (response.frames_size() > 0 && !stream->Write(response)) break;
                owner_.note(request.frames_size());
            }
            return grpc::Status::OK;
        }
        grpc::Status AcceptTransfer(grpc::ServerContext*, const v1::AcceptTransferRequest* request,
                                    v1::AcceptTransferResponse* response) override {
            v1::SessionRequest message;
            *message.add_frames()->mutable_accept() = *request;
            *response = options_.on_message(message).frames(0).accept();
            return grpc::Status::OK;
        }
        grpc::Status NotifyOutcome(grpc::ServerContext*, const v1::NotifyOutcomeRequest* request,
                                   v1::NotifyOutcomeResponse* response) override {
            v1::SessionRequest message;
            *message.add_frames()->mutable_outcome() = *request;
            *response = options_.on_message(message).frames(0).outcome();
            return grpc::Status::OK;
        }
        grpc::Status Echo(grpc::ServerContext*, const v1::EchoRequest* request,
                          v1::EchoResponse* response) override {
            response->set_nonce(request->nonce());
            return grpc::Status::OK;
        }

    private:
        const Options options_;
        FakeInstitution& owner_;
    };

    void note(int frames) {
        std::unique_lock lock(mutex_);
        sizes_.push_back(frames);
        changed_.wait(lock, [this] { return !is_held_; });
    }

    Service service_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<int> sizes_;
    bool is_held_ = false;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

}  // namespace ayni::adapter
