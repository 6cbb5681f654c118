#pragma once

#include "base/strong_id.h"

namespace ayni::ledger::invariants {

/// I5, the ledger's part: each batch begins where the one before it ended. (Chain and checksums are
/// the journal's.)
class DenseSequence {
public:
    explicit DenseSequence(base::Sequence last) : last_(last) {}

    [[nodiscard]] bool accepts(base::Sequence first, std::uint64_t count) {
        if (first != last_.next()) return false;
        last_ = base::Sequence(last_.value() + count);
        return true;
    }

private:
    base::Sequence last_;
};

}  // namespace ayni::ledger::invariants
