#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "config/projector_config.h"
#include "projection/batch_source.h"

namespace ayni::projectord {

/// Looks how far the journal is, whatever the run is doing meanwhile. Any thread.
class Watch {
public:
    /// `config` must outlive it.
    explicit Watch(const config::ProjectorConfig& config) : config_(config) {}

    /// Header of the newest batch; nothing while there is no journal, or it can not be read. What
    /// is wrong with it is said by the run.
    [[nodiscard]] std::optional<journal::BatchHeader> newest();

private:
    const config::ProjectorConfig& config_;
    std::mutex mutex_;
    std::unique_ptr<projection::BatchSource> source_;
};

}  // namespace ayni::projectord
