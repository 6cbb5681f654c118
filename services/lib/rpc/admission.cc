#include "rpc/admission.h"

#include <algorithm>

namespace ayni::rpc {

bool TokenBucket::try_take(std::uint32_t cost, std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    if (now > refilled_) {
        const double seconds = static_cast<double>((now - refilled_).count()) / 1e9;
        tokens_ = std::min(burst_, tokens_ + seconds * per_second_);
        refilled_ = now;
    }
    if (tokens_ < cost) return false;
    tokens_ -= cost;
    return true;
}

}  // namespace ayni::rpc
