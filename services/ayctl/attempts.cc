#include "ayctl/attempts.h"

#include <algorithm>
#include <thread>

#include "ayctl/remote_error.h"

namespace ayni::ayctl {
namespace {

constexpr std::chrono::milliseconds longest_pause{3'000};

}  // namespace

void pause(grpc::Channel& channel, std::chrono::milliseconds duration) {
    const auto until = std::chrono::system_clock::now() + duration;
    if (channel.GetState(true) == GRPC_CHANNEL_READY) return std::this_thread::sleep_until(until);
    while (std::chrono::system_clock::now() < until) {
        const grpc_connectivity_state state = channel.GetState(true);
        if (state == GRPC_CHANNEL_READY) return;
        channel.WaitForStateChange(state, until);
    }
}

bool Attempts::wait_after(const grpc::Status& status) {
    const RemoteError error = remote_error_of(status);
    const auto duration = std::max(pause_, error.retry_after.value_or(pause_));
    if (!error.is_worth_repeating() || std::chrono::steady_clock::now() + duration > until_) {
        return false;
    }
    pause(*channel_, duration);
    pause_ = std::min(pause_ * 2, longest_pause);
    return true;
}

}  // namespace ayni::ayctl
