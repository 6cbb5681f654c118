#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>

namespace ayni::ayctl {

/// Waits, or less when the channel becomes connected meanwhile. Never just sleep while there is no
/// connection: gRPC makes it only while somebody waits for the channel.
void pause(grpc::Channel& channel, std::chrono::milliseconds duration);

/// When to try again, and when no more.
class Attempts {
public:
    Attempts(std::shared_ptr<grpc::Channel> channel, std::chrono::milliseconds patience)
        : channel_(std::move(channel)), until_(std::chrono::steady_clock::now() + patience) {}

    /// Waits for as long as the switch asks, or with growing pauses. False at once when `status` is
    /// not worth repeating or patience would be over.
    [[nodiscard]] bool wait_after(const grpc::Status& status);

private:
    std::shared_ptr<grpc::Channel> channel_;
    std::chrono::steady_clock::time_point until_;
    std::chrono::milliseconds pause_{100};
};

}  // namespace ayni::ayctl
