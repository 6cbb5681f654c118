#pragma once

#include <functional>

#include "base/result.h"
#include "journal/batch.h"

namespace ayni::projection {

/// Batches of one journal, in order, as far as they are there now: all that projection knows of
/// journals. One thread.
class BatchSource {
public:
    virtual ~BatchSource() = default;

    /// Hash of batch 0, which names the journal.
    [[nodiscard]] virtual const journal::Hash& journal() const = 0;

    /// Visits each batch behind the last one that was visited, verified (checksum, chain, density)
    /// and durable: no crash of its writer can take it back. Returns when there is none, or after a
    /// visit that said false. The payload is valid during the visit only. An error names the place.
    [[nodiscard]] virtual base::Result<void> read(
        const std::function<bool(const journal::Batch&)>& visit) = 0;

    /// Header of the newest batch that a quick look finds, unverified: how far there is to go.
    [[nodiscard]] virtual base::Result<journal::BatchHeader> newest() = 0;
};

}  // namespace ayni::projection
