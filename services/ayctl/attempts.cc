#include "ayctl/attempts.h"

#include <algorithm>
#include <thread>

#include "ayctl/remote_error.h"

namespace ayni::ayctl {
namespace {

constexpr std::chrono::milliseconds longest_pause{3'000};

}  // namespace

bool Attempts::wait_after(const grpc::Status& status) {
    const RemoteError error = remote_error_of(status);
    const auto pause = std::max(pause_, error.retry_after.value_or(pause_));
    if (!error.is_worth_repeating() || std::chrono::steady_clock::now() + pause > until_) {
        return false;
    }
    std::this_thread::sleep_for(pause);
    pause_ = std::min(pause_ * 2, longest_pause);
    return true;
}

}  // namespace ayni::ayctl
