#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>

#include "adapter/credentials.h"
#include "adapter/grpc_process.h"
#include "ayni/loadtest/v1/echo_service.grpc.pb.h"

/// The server that loadgen's echo modes call: what gRPC costs without a ledger behind it.
namespace ayni::loadtest {

namespace {

std::atomic<std::uint64_t> transfers_answered{0};

template <typename Request, typename Response>
void answer(const Request& request, Response& response) {
    response.mutable_statuses()->Reserve(request.transfers_size());
    for (const auto& transfer : request.transfers()) response.add_statuses(transfer.timeout_ms());
    const auto items = static_cast<std::uint64_t>(request.transfers_size());
    response.set_as_of_sequence(transfers_answered.fetch_add(items) + items);
}

/// Reads and writes side by side. While a write is in hand, up to a bounded number of responses
/// gather behind it; then it stops reading, which is how a slow client is held back.
class StreamReactor final
    : public grpc::ServerBidiReactor<v1::StreamEchoRequest, v1::StreamEchoResponse> {
public:
    StreamReactor() {
        for (auto& response : responses_) {
            response = google::protobuf::Arena::CreateMessage<v1::StreamEchoResponse>(&arena_);
        }
        request_ = google::protobuf::Arena::CreateMessage<v1::StreamEchoRequest>(&arena_);
        StartRead(request_);
    }

    void OnReadDone(bool ok) override {
        bool reads_on = false;
        {
            const std::lock_guard lock(mutex_);
            if (ok) {
                auto& response = *responses_[tail_ % capacity];
                response.Clear();
                answer(*request_, response);
                ++tail_;
                reads_on = tail_ - head_ < capacity;
            } else {
                is_read_out_ = true;
            }
            is_reading_ = reads_on;
        }
        if (reads_on) StartRead(request_);
        write_next();
    }

    void OnWriteDone(bool ok) override {
        bool reads_on = false;
        {
            const std::lock_guard lock(mutex_);
            is_writing_ = false;
            ++head_;
            if (!ok) is_read_out_ = true;
            if (!ok) head_ = tail_;
            reads_on = !is_reading_ && !is_read_out_;
            is_reading_ = is_reading_ || reads_on;
        }
        if (reads_on) StartRead(request_);
        write_next();
    }

    void OnDone() override { delete this; }

private:
    static constexpr std::size_t capacity = 1'024;

    void write_next() {
        const v1::StreamEchoResponse* response = nullptr;
        grpc::WriteOptions options;
        bool finishes = false;
        {
            const std::lock_guard lock(mutex_);
            if (is_writing_) return;
            if (head_ != tail_) {
                response = responses_[head_ % capacity];
                is_writing_ = true;
                // The first write carries the initial metadata, and gRPC completes it only when it
                // is on the wire: a hint to wait would be waited for.
                if (has_written_ && tail_ - head_ > 1) options.set_buffer_hint();
                has_written_ = true;
            } else if (is_read_out_ && !is_reading_ && !is_finished_) {
                is_finished_ = true;
                finishes = true;
            }
        }
        if (response != nullptr) StartWrite(response, options);
        if (finishes) Finish(grpc::Status::OK);
    }

    std::mutex mutex_;
    google::protobuf::Arena arena_;
    v1::StreamEchoRequest* request_ = nullptr;
    std::array<v1::StreamEchoResponse*, capacity> responses_{};
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    bool is_reading_ = true;
    bool is_writing_ = false;
    bool has_written_ = false;
    bool is_read_out_ = false;
    bool is_finished_ = false;
};

class Service final : public v1::EchoService::CallbackService {
    grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                   const v1::EchoRequest* request,
                                   v1::EchoResponse* response) override {
        answer(*request, *response);
        auto* reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }

    grpc::ServerBidiReactor<v1::StreamEchoRequest, v1::StreamEchoResponse>* StreamEcho(
        grpc::CallbackServerContext*) override {
        return new StreamReactor;
    }
};

/// As switchd's (rpc/server.cc), so that an echo pays for them, too.
void configure(grpc::ServerBuilder& builder) {
    constexpr int receive_bytes = 16 << 20;
    constexpr int concurrent_streams = 1'000;
    constexpr std::size_t memory_bytes = std::size_t{512} << 20U;
    builder.SetMaxReceiveMessageSize(receive_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, concurrent_streams);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    grpc::ResourceQuota quota("echod");
    quota.Resize(memory_bytes);
    builder.SetResourceQuota(quota);
}

int serve(const std::string& listen, const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before gRPC makes threads

    Service service;
    grpc::ServerBuilder builder;
    int port = 0;
    configure(builder);
    builder.AddListeningPort(listen, credentials, &port);
    builder.RegisterService(&service);
    const auto server = builder.BuildAndStart();
    if (server == nullptr || port == 0) {
        fmt::print(stderr, "echod: --listen: can not listen on {}\n", listen);
        return 1;
    }
    fmt::print("echod listening on {}:{}\n", listen.substr(0, listen.rfind(':')), port);
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    server->Shutdown(std::chrono::system_clock::now());
    return 0;
}

}  // namespace

}  // namespace ayni::loadtest

int main(int argc, char** argv) {
    const ayni::adapter::GrpcProcess grpc;
    std::string listen = "127.0.0.1:0";
    ayni::adapter::TlsFiles files;
    bool insecure = false;
    CLI::App app("Answers every message with one of the size that a ledger's answer has.");
    app.add_option("--listen", listen, "HOST:PORT; port 0 takes a free one");
    app.add_option("--ca", files.ca_file);
    app.add_option("--cert", files.certificate_file);
    app.add_option("--key", files.key_file);
    app.add_flag("--insecure-loopback", insecure, "No TLS");
    CLI11_PARSE(app, argc, argv);
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (!insecure) {
        auto tls = ayni::adapter::tls_server_credentials(files);
        if (!tls) {
            fmt::print(stderr, "echod: {}\n", tls.error().to_string());
            return 2;
        }
        credentials = *tls;
    }
    return ayni::loadtest::serve(listen, credentials);
}
