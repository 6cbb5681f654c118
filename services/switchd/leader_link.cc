#include "switchd/leader_link.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>

#include "ayni/replication/v1/replication_service.grpc.pb.h"
#include "rpc/identity.h"

namespace ayni::switchd {
namespace {

using namespace std::chrono_literals;
using journal_postgres::Heard;
using replication::v1::FollowRequest;
using replication::v1::FollowResponse;
using replication::v1::ReplicationService;

constexpr std::chrono::milliseconds reconnect_pause{200};
/// A leader that answers no ping for so long is not there; as often it is asked.
constexpr int keepalive_ms = 1'000;

std::shared_ptr<grpc::Channel> channel_to(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_ms);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    return grpc::CreateCustomChannel(address, credentials, arguments);
}

/// Nothing when it is no message of a switch.
std::optional<Heard> heard_in(const FollowResponse& response) {
    Heard heard{.number = base::BatchNumber(response.batch_number()),
                .epoch = base::Epoch(response.epoch()),
                .is_connected = true};
    if (response.hash().size() != heard.hash.size()) return std::nullopt;
    std::copy(response.hash().begin(), response.hash().end(), heard.hash.begin());
    return heard;
}

}  // namespace

LeaderLink::LeaderLink(std::shared_ptr<grpc::ChannelCredentials> credentials,
                       std::string insecure_identity)
    : credentials_(std::move(credentials)), insecure_identity_(std::move(insecure_identity)) {
    thread_ = std::thread([this] { run(); });
}

LeaderLink::~LeaderLink() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        if (call_ != nullptr) call_->TryCancel();
        changed_.notify_all();
    }
    thread_.join();
}

void LeaderLink::listen_to(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (address == address_) return;
    address_ = address;
    if (call_ != nullptr) call_->TryCancel();
    changed_.notify_all();
}

std::optional<Heard> LeaderLink::heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
}

void LeaderLink::run() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        const std::string address = address_;
        const auto is_other = [&] { return is_stopping_ || address_ != address; };
        if (address.empty()) {
            changed_.wait(lock, is_other);
            continue;
        }
        lock.unlock();
        listen(address);
        lock.lock();
        if (heard_) heard_->is_connected = false;
        changed_.wait_for(lock, reconnect_pause, is_other);
    }
}

/// Until the stream ends, for whatever reason.
void LeaderLink::listen(const std::string& address) {
    const auto stub = ReplicationService::NewStub(channel_to(address, credentials_));
    grpc::ClientContext context;
    if (!insecure_identity_.empty()) {
        context.AddMetadata(rpc::identity_metadata_key, insecure_identity_);
    }
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_ || address_ != address) return;
        call_ = &context;
    }
    const auto stream = stub->Follow(&context);
    FollowResponse response;
    FollowRequest request;
    while (stream->Read(&response)) {
        const auto heard = heard_in(response);
        if (!heard) break;
        note(*heard);
        request.set_batch_number(response.batch_number());
        if (!stream->Write(request)) break;
    }
    context.TryCancel();
    static_cast<void>(stream->Finish());
    const std::lock_guard lock(mutex_);
    call_ = nullptr;
}

void LeaderLink::note(const Heard& heard) {
    const std::lock_guard lock(mutex_);
    heard_ = heard;
}

}  // namespace ayni::switchd
