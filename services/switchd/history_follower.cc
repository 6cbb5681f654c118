#include "switchd/history_follower.h"

#include <algorithm>

namespace ayni::switchd {
namespace {

/// Replay has no batches to hear of, and history waits for room only in `applied`.
constexpr std::size_t replayed_entries_at_once = 65'536;

}  // namespace

void HistoryFollower::transfer_changed(const ledger::TransferView& transfer) {
    const auto& record = transfer.record;
    if (!is_live_ && ++replayed_since_applied_ >= replayed_entries_at_once) {
        replayed_since_applied_ = 0;
        // Commands before this one have been recorded as a whole; this one perhaps not yet.
        history_.applied(base::Sequence(record.decided_sequence.value() - 1));
    }
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
    history_.record(entry);
}

void HistoryFollower::replayed(const ledger::Ledger& ledger) {
    is_live_ = true;
    history_.applied(ledger.last_sequence());
}

void HistoryFollower::batch_applied(const ledger::Ledger& ledger) {
    history_.applied(ledger.last_sequence());
}

}  // namespace ayni::switchd
