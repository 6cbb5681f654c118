#pragma once

#include <grpcpp/support/status.h>

#include <chrono>

namespace ayni::ayctl {

/// When to try again, and when no more.
class Attempts {
public:
    explicit Attempts(std::chrono::milliseconds patience)
        : until_(std::chrono::steady_clock::now() + patience) {}

    /// Waits for as long as the switch asks, or with growing pauses. False at once when `status` is
    /// not worth repeating or patience would be over.
    [[nodiscard]] bool wait_after(const grpc::Status& status);

private:
    std::chrono::steady_clock::time_point until_;
    std::chrono::milliseconds pause_{100};
};

}  // namespace ayni::ayctl
