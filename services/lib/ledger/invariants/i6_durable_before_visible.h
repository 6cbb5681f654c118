#pragma once

#include "base/strong_id.h"

namespace ayni::ledger::invariants {

/// I6: nothing is acknowledged, readable or notified before its batch is durable. The sequencer
/// says what became durable and what it is about to show.
class DurableBeforeVisible {
public:
    void became_durable(base::Sequence last) { durable_ = last; }

    [[nodiscard]] bool may_show(base::Sequence sequence) const { return sequence <= durable_; }

private:
    base::Sequence durable_;
};

}  // namespace ayni::ledger::invariants
