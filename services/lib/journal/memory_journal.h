#pragma once

#include <vector>

#include "journal/journal.h"

namespace ayni::journal {

/// Keeps batches in memory, in the encoding of the file. For simulation and tests: "durable" means
/// that it outlives the ledger, sequencer and router of a simulated process.
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
    [[nodiscard]] const BatchHeader& tail() const override { return headers_.back(); }
    [[nodiscard]] base::Result<void> replay(
        BatchNumber from, const std::function<void(const Batch&)>& visit) const override;
    [[nodiscard]] std::uint64_t bytes_free() const override { return ~std::uint64_t{0}; }
    [[nodiscard]] base::Result<std::optional<Found>> read_command(Sequence sequence) const override;

private:
    std::vector<BatchHeader> headers_;
    std::vector<std::vector<std::uint64_t>> payloads_;
};

}  // namespace ayni::journal
