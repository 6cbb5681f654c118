#include "projectord/watch.h"

namespace ayni::projectord {

std::optional<journal::BatchHeader> Watch::newest() {
    const std::lock_guard lock(mutex_);
    const auto found = source_->newest();
    if (!found) return std::nullopt;
    return *found;
}

}  // namespace ayni::projectord
