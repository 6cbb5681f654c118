#pragma once

#include <memory>
#include <optional>

#include "config/projector_config.h"
#include "projection/batch_source.h"
#include "projection/projector.h"

namespace ayni::projectord {

/// The journal, of whichever kind it is.
class Source : public projection::BatchSource {
public:
    /// Goes to where books that are at `books` can be reached from, with a ledger that stands
    /// there: loaded from the newest good snapshot that is not past them, or a new one. `read` goes
    /// on behind that. `room`: how large the ledger's tables are; made larger by what snapshots
    /// need.
    ///
    /// Comes before `journal` and `read`; can be called again, to start over.
    [[nodiscard]] virtual base::Result<projection::Projector::Replica> open(
        const std::optional<projection::Cursor>& books, ledger::Options& room) = 0;

    /// Whether the last error was that the journal is out of reach: the same call may succeed
    /// later.
    [[nodiscard]] virtual bool is_away() const = 0;
};

/// The only place that knows what kinds of journal there are: a file journal, beside its switch,
/// and rows in PostgreSQL. Reaches for neither before it is asked something. `newest` needs no
/// `open`.
[[nodiscard]] std::unique_ptr<Source> make_source(const config::ProjectorConfig& config);

}  // namespace ayni::projectord
