#include "switchd/history_follower.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::switchd {
namespace {

/// Replay has no batches to hear of, and history waits for room only when it is handed something.
constexpr std::size_t entries_at_once = 65'536;

history::Entry entry_of(const ledger::RememberedTransfer& record) {
    history::Entry entry;
    entry.id = record.id;
    entry.created_sequence = record.created_sequence;
    entry.decided_sequence = record.decided_sequence;
    entry.decided_at = record.decided_at;
    entry.initiator = record.initiator;
    entry.payee = record.payee;
    std::copy(record.reason.text.begin(), record.reason.text.end(), entry.reason);
    entry.status = static_cast<std::uint8_t>(record.status);
    entry.state = static_cast<std::uint8_t>(record.state);
    entry.type = static_cast<std::uint8_t>(record.type);
    return entry;
}

}  // namespace

void HistoryFollower::catch_up(const ledger::Ledger& ledger) {
    const base::Sequence complete_to = history_.as_of();
    ASSERT(complete_to >= ledger.latest_forgotten());
    if (complete_to >= ledger.last_sequence()) return;
    ledger.for_each_remembered([&](const ledger::RememberedTransfer& record) {
        if (record.decided_sequence <= complete_to) return;
        MARK("history.completed_from_a_snapshot");
        history::Entry entry = entry_of(record);
        if (record.created_sequence > complete_to &&
            record.created_sequence != record.decided_sequence) {
            // The creation is what lists it among its parties' payments.
            entry.decided_sequence = record.created_sequence;
            entry.state = static_cast<std::uint8_t>(ledger::TransferState::reserved);
            history_.record(entry);
            entry = entry_of(record);
        }
        history_.record(entry);
        if (++recorded_since_handed_over_ % entries_at_once == 0) history_.hand_over();
    });
    history_.applied(ledger.last_sequence());
}

void HistoryFollower::transfer_changed(const ledger::TransferView& transfer) {
    const auto& record = transfer.record;
    if (!is_live_ && ++recorded_since_handed_over_ % entries_at_once == 0) {
        // Commands before this one have been recorded as a whole; this one perhaps not yet.
        history_.applied(base::Sequence(record.decided_sequence.value() - 1));
    }
    history_.record(entry_of(record));
}

void HistoryFollower::replayed(const ledger::Ledger& ledger) {
    is_live_ = true;
    history_.applied(ledger.last_sequence());
}

void HistoryFollower::batch_applied(const ledger::Ledger& ledger) {
    history_.applied(ledger.last_sequence());
}

}  // namespace ayni::switchd
