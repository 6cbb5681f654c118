#pragma once

#include <memory>
#include <optional>

#include "config/projector_config.h"
#include "projection/batch_source.h"
#include "projection/projector.h"

namespace ayni::projectord {

/// The journal, and a ledger that stands where the journal goes on.
struct Opened {
    std::unique_ptr<projection::BatchSource> source;
    projection::Projector::Replica replica;
};

/// The only place that knows what kind of journal there is: a file journal, beside its switch.
///
/// For books that are at `books`: the ledger is loaded from the newest good snapshot that is not
/// past them. `room`: how large the ledger's tables are; made larger by what snapshots need.
[[nodiscard]] base::Result<Opened> open_source(const config::ProjectorConfig& config,
                                               const std::optional<projection::Cursor>& books,
                                               ledger::Options& room);

/// The journal once more, for `newest` alone.
[[nodiscard]] base::Result<std::unique_ptr<projection::BatchSource>> open_watch(
    const config::ProjectorConfig& config);

}  // namespace ayni::projectord
