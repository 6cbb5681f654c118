#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "journal/memory_journal.h"
#include "sim/faults.h"

namespace ayni::sim {

/// A journal to which several processes may append by comparing first, as to a database: whose
/// batch does not continue the last one has lost. Its appends can be slow, or end in doubt: landed,
/// not landed, or landing while the retry is already under way.
class SharedLog {
public:
    SharedLog(std::chrono::nanoseconds wall_start, base::ManualClock& clock, base::Random& random,
              Faults& faults);

    /// A session of one process. It knows the batches that were there when it began or last
    /// replayed, and its own.
    [[nodiscard]] std::unique_ptr<journal::Journal> open();

    /// Lets appends land that were on their way for long enough.
    void deliver();
    [[nodiscard]] std::chrono::nanoseconds next_due() const;

    [[nodiscard]] const journal::Journal& truth() const { return memory_; }

private:
    class Session;
    struct Late {
        std::chrono::nanoseconds due{0};
        journal::BatchHeader header;
        std::vector<std::uint64_t> payload;
    };

    /// False when another batch has that place.
    [[nodiscard]] bool compare_and_append(const journal::Batch& batch);

    base::ManualClock& clock_;
    base::Random& random_;
    Faults& faults_;
    journal::MemoryJournal memory_;
    std::vector<journal::Hash> hashes_;  ///< By batch number.
    std::vector<Late> late_;
};

}  // namespace ayni::sim
