#pragma once

#include <vector>

#include "journal/batch.h"
#include "ledger/ledger.h"
#include "projection/chunk.h"

namespace ayni::projection {

/// Applies batches to a ledger of its own, which decides their outcomes once more, and writes what
/// it hears into a chunk. Knows nothing of databases. One thread.
class Recorder final : private ledger::Listener {
public:
    /// `ledger` must outlive it.
    explicit Recorder(ledger::Ledger& ledger) : ledger_(ledger) {}

    /// Applies `batch`, the next one, and adds its rows to `chunk`; none when `chunk` is null.
    /// Limits that it brings must have room. An error when it holds what is no command of this
    /// build, or not as many as its header says; the ledger is of no use then.
    [[nodiscard]] base::Result<void> record(const journal::Batch& batch, Chunk* chunk);

private:
    void record_genesis(const journal::BatchHeader& header);
    void apply(ledger::CommandView command);
    void record_accounts(std::size_t first);
    void record(ledger::CommandView command, const ledger::Outcome& outcome);

    void transfer_changed(const ledger::TransferView& transfer) override;
    void outcome_acknowledged(const ledger::TransferView& transfer,
                              base::ParticipantId by) override;
    void create(const ledger::TransferView& transfer);
    void decide(const ledger::TransferView& transfer);
    void touch(const ledger::TransferView& transfer);
    void note_posted(const ledger::TransferView& transfer);
    [[nodiscard]] std::vector<ledger::Posting> legs_of_command() const;
    void add_entries();
    [[nodiscard]] bool is_creation(const base::TransferId& id) const;

    ledger::Ledger& ledger_;
    Chunk* chunk_ = nullptr;
    base::JournalTime time_;
    base::Sequence sequence_;
    const ledger::CommandView* command_ = nullptr;  ///< Null while reservations expire.
    bool has_changed_transfer_ = false;
    /// What the transfer credited that is being acknowledged: afterwards nobody remembers.
    std::vector<std::uint32_t> acknowledged_slots_;
    /// What the command posts: written when it is done, by the counters that it leaves behind.
    struct Posted {
        base::TransferId transfer;
        base::JournalTime at;
        bool is_return = false;
        std::vector<ledger::Posting> legs;  ///< A return's are turned round already.
    } posted_;
};

}  // namespace ayni::projection
