#pragma once

#include <chrono>
#include <queue>
#include <vector>

#include "base/id128.h"
#include "base/strong_id.h"

namespace ayni::router {

/// When to tell (again) whom the outcome of which transfer. Whether it is still to be told, the
/// ledger knows; an entry that turns out to be acknowledged is simply dropped when it comes up.
class Tellings {
public:
    struct Entry {
        std::chrono::nanoseconds due{0};  ///< Steady time.
        base::TransferId id;
        base::ParticipantId to;
        std::uint32_t attempt = 0;  ///< How often it was told already.
    };

    void add(const Entry& entry) { entries_.push(entry); }

    /// Steady time of the earliest; max() when there is none.
    [[nodiscard]] std::chrono::nanoseconds next_due() const;

    /// Removes and returns the earliest; there must be one.
    [[nodiscard]] Entry take();

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const {
            if (a.due != b.due) return a.due > b.due;
            return a.id > b.id;
        }
    };
    std::priority_queue<Entry, std::vector<Entry>, Later> entries_;
};

}  // namespace ayni::router
