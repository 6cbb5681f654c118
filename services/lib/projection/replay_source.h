#pragma once

#include "journal/journal.h"
#include "projection/batch_source.h"

namespace ayni::projection {

/// Reads any journal by its replay: for one whose replay can begin anywhere at once, and whose tail
/// moves as it grows. `journal` must outlive it.
class ReplaySource final : public BatchSource {
public:
    /// `genesis`: hash of batch 0. `first`: the batch to begin with.
    ReplaySource(const journal::Journal& journal, const journal::Hash& genesis,
                 base::BatchNumber first)
        : journal_(journal), genesis_(genesis), next_(first) {}

    [[nodiscard]] const journal::Hash& journal() const override { return genesis_; }
    [[nodiscard]] base::Result<void> read(
        const std::function<bool(const journal::Batch&)>& visit) override;
    [[nodiscard]] base::Result<journal::BatchHeader> newest() override { return journal_.tail(); }

private:
    const journal::Journal& journal_;
    const journal::Hash genesis_;
    base::BatchNumber next_;
};

}  // namespace ayni::projection
