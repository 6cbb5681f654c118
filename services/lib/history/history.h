#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/amount.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"
#include "base/strong_id.h"

/// What is older than memory: the interface, in base's terms. Implemented by an on-disk index over
/// the file journal (history/file_history.h) and, over SQL, by projection.
namespace ayni::history {

/// A transfer as it ended, or as it was last known.
struct Entry {
    base::TransferId id;
    base::Sequence created_sequence;  ///< Where its command is in the journal.
    base::Sequence decided_sequence;
    base::JournalTime decided_at;
    base::ParticipantId initiator;
    base::ParticipantId payee;  ///< Zero for all but payments.
    char reason[4] = {};        ///< ISO 20022 external code, zeros when there is none.
    std::uint8_t status = 0;    ///< ledger::Status as a number.
    std::uint8_t state = 0;     ///< ledger::TransferState as a number.
    std::uint8_t type = 0;      ///< ledger::TransferType as a number.
    std::uint8_t reserved = 0;
};

/// Thread-safe. May block on a disk or a database: never call it on a thread of gRPC's or on the
/// sequencer's.
class History {
public:
    virtual ~History() = default;

    /// The last sequence up to which it is complete: an id that is not found did not happen by
    /// then.
    [[nodiscard]] virtual base::Sequence as_of() const = 0;

    [[nodiscard]] virtual base::Result<std::optional<Entry>> find(
        const base::TransferId& id) const = 0;

    /// Payments that `participant` sent or received, newest first, created before sequence `before`
    /// (zero: from the newest), at most `limit`.
    [[nodiscard]] virtual base::Result<std::vector<Entry>> list(base::ParticipantId participant,
                                                                base::Sequence before,
                                                                std::size_t limit) const = 0;
};

}  // namespace ayni::history
