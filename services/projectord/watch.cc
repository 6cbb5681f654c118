#include "projectord/watch.h"

#include "projectord/source.h"

namespace ayni::projectord {

std::optional<journal::BatchHeader> Watch::newest() {
    const std::lock_guard lock(mutex_);
    if (source_ == nullptr) {
        auto opened = open_watch(config_);
        if (!opened) return std::nullopt;
        source_ = std::move(*opened);
    }
    const auto found = source_->newest();
    if (!found) return std::nullopt;
    return *found;
}

}  // namespace ayni::projectord
