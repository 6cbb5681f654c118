#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "config/projector_config.h"
#include "projectord/source.h"

namespace ayni::projectord {

/// Looks how far the journal is, whatever the run is doing meanwhile. Any thread.
class Watch {
public:
    explicit Watch(const config::ProjectorConfig& config) : source_(make_source(config)) {}

    /// Header of the newest batch; nothing while there is no journal, or it can not be read. What
    /// is wrong with it is said by the run.
    [[nodiscard]] std::optional<journal::BatchHeader> newest();

private:
    std::mutex mutex_;
    const std::unique_ptr<Source> source_;
};

}  // namespace ayni::projectord
