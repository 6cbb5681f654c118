#include "projection/replay_source.h"

namespace ayni::projection {

base::Result<void> ReplaySource::read(const std::function<bool(const journal::Batch&)>& visit) {
    if (next_ > journal_.tail().number) return {};
    bool goes_on = true;
    // A replay can not be ended early; what follows is left for the next time.
    return journal_.replay(next_, [&](const journal::Batch& batch) {
        if (!goes_on) return;
        next_ = batch.header.number.next();
        goes_on = visit(batch);
    });
}

}  // namespace ayni::projection
