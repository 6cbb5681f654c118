#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "journal/journal.h"

namespace ayni::journal {

/// Keeps batches in memory. For simulation and tests: "durable" means that it outlives the ledger,
/// sequencer and router of a simulated process.
class MemoryJournal final : public Journal, public CommandReader {
public:
    /// `journal_id` and `ledger_id` are 16 random bytes each, written into genesis.
    struct Genesis {
        std::array<std::uint8_t, 16> journal_id{};
        std::array<std::uint8_t, 16> ledger_id{};
        JournalTime timestamp;
    };
    explicit MemoryJournal(const Genesis& genesis);

    [[nodiscard]] AppendOutcome append(const Batch& batch) override;
    [[nodiscard]] const BatchHeader& tail() const override { return batches_.back().header; }
    [[nodiscard]] base::Result<void> replay(
        BatchNumber from, const std::function<void(const Batch&)>& visit) const override;
    [[nodiscard]] std::uint64_t bytes_free() const override { return ~std::uint64_t{0}; }
    [[nodiscard]] base::Result<std::optional<Found>> read_command(Sequence sequence) const override;

private:
    struct Stored {
        BatchHeader header;
        std::vector<std::uint64_t> payload;  // 64-bit words keep the commands aligned
    };
    void store(const Batch& batch);

    mutable std::mutex mutex_;  // read_command comes from other threads
    std::deque<Stored> batches_;
};

}  // namespace ayni::journal
