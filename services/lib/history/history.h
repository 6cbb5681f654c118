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

/// Why there is no answer.
struct Failure {
    enum class Kind : std::uint8_t {
        unavailable,  ///< Whoever could answer is away: later the same question has an answer.
        unreadable,   ///< What was found can not be understood; asking again changes nothing.
    };
    Kind kind = Kind::unavailable;
    base::Error error;
};
template <typename Value>
using Answer = tl::expected<Value, Failure>;

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

// An answer is complete up to `as_of`: what is not in it did not happen by then.

struct Found {
    base::Sequence as_of;
    std::optional<Entry> entry;
};
struct Listed {
    base::Sequence as_of;
    std::vector<Entry> entries;
};

/// Thread-safe. `find` and `list` may block on a disk or a database: never call them on a thread of
/// gRPC's or on the sequencer's.
class History {
public:
    virtual ~History() = default;

    /// How far it is complete, as far as is known without asking anybody. Never blocks.
    [[nodiscard]] virtual base::Sequence as_of() const = 0;

    [[nodiscard]] virtual Answer<Found> find(const base::TransferId& id) const = 0;

    /// Payments that `participant` sent or received, newest first, created before sequence `before`
    /// (zero: from the newest), at most `limit`.
    [[nodiscard]] virtual Answer<Listed> list(base::ParticipantId participant,
                                              base::Sequence before, std::size_t limit) const = 0;
};

}  // namespace ayni::history
