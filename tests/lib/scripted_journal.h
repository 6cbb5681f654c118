#pragma once

#include <deque>

#include "base/assert.h"
#include "journal/memory_journal.h"

namespace ayni::test {

/// A memory journal whose next append outcomes can be chosen.
class ScriptedJournal final : public journal::Journal {
public:
    enum class Fate { append, doubt_and_land, doubt_and_lose, no_space, lost_leadership };

    explicit ScriptedJournal(journal::MemoryJournal& inner) : inner_(inner) {}

    /// What becomes of the next appends, in order; afterwards all succeed.
    std::deque<Fate> fates;
    std::uint64_t free_bytes = ~std::uint64_t{0};
    std::size_t appends = 0;

    [[nodiscard]] journal::AppendOutcome append(const journal::Batch& batch) override {
        ++appends;
        const bool has_landed = inner_.tail().number == batch.header.number;
        if (has_landed) return journal::AppendOutcome::appended;
        const Fate fate = fates.empty() ? Fate::append : fates.front();
        if (!fates.empty()) fates.pop_front();
        switch (fate) {
            case Fate::append: return inner_.append(batch);
            case Fate::doubt_and_land:
                static_cast<void>(inner_.append(batch));
                return journal::AppendOutcome::in_doubt;
            case Fate::doubt_and_lose: return journal::AppendOutcome::in_doubt;
            case Fate::no_space: return journal::AppendOutcome::no_space;
            case Fate::lost_leadership: return journal::AppendOutcome::lost_leadership;
        }
        UNREACHABLE("fate");
    }
    /// What a writer that does not know of a landed batch sees.
    [[nodiscard]] const journal::BatchHeader& tail() const override { return inner_.tail(); }
    [[nodiscard]] base::Result<void> replay(
        base::BatchNumber from,
        const std::function<void(const journal::Batch&)>& visit) const override {
        return inner_.replay(from, visit);
    }
    [[nodiscard]] std::uint64_t bytes_free() const override { return free_bytes; }

private:
    journal::MemoryJournal& inner_;
};

}  // namespace ayni::test
