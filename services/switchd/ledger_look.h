#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "sequencer/sequencer.h"
#include "switchd/transfer_meter.h"

namespace ayni::switchd {

/// What a scrape needs to know of the ledger, copied between two batches.
struct LedgerLook {
    struct Participant {
        std::uint32_t id = 0;
        std::string code;
        std::uint32_t unacknowledged_outcomes = 0;
        std::array<ledger::Ledger::Position, ledger::currency_count> positions;
    };
    std::vector<Participant> participants;
    std::array<ledger::Ledger::Totals, ledger::currency_count> totals;
    ledger::Ledger::Usage usage;
    ledger::Limits limits;
    base::JournalTime time;
    base::Sequence last_sequence;
    base::Sequence latest_forgotten;
    std::uint64_t floor_ms = 0;
    std::uint64_t protocol_version = 0;
    TransferMeter::Counts counts;
    base::JournalTime oldest_unacknowledged;
    std::uint64_t journal_bytes_free = 0;
};

/// Asks on the sequencer's thread and waits for at most `patience`. Nothing when no answer came.
[[nodiscard]] std::optional<LedgerLook> look_at_ledger(sequencer::Sequencer& sequencer,
                                                       const TransferMeter& meter,
                                                       const journal::Journal& journal,
                                                       std::chrono::milliseconds patience);

}  // namespace ayni::switchd
