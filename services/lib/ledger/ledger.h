#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "ledger/command.h"
#include "ledger/digest.h"
#include "ledger/model.h"

namespace ayni::ledger {

/// How much memory the ledger has. It is reserved at construction and used as it fills; the figures
/// in brackets are bytes for each. Until a Started brings Limits these are the limits as well.
struct Options {
    std::size_t participants = 4'096;               ///< [48 + 6 accounts]
    std::size_t accounts = 1'048'576;               ///< [128 + 16]
    std::size_t live_transfers = 262'144;           ///< [256 + 4 + 16]
    std::size_t remembered_transfers = 16'777'216;  ///< [64 + 16]
    std::size_t claims = 65'536;                    ///< [88 + 16]
    /// Outcomes that one participant may owe an acknowledgement for.
    std::uint32_t unacknowledged_per_participant = 100'000;
    /// Random for each process, so that nobody can choose ids that collide in its indexes. Has no
    /// influence on any outcome.
    std::uint64_t hash_seed = 0;
};

/// The limits of a ledger that uses all its memory.
[[nodiscard]] Limits limits_of(const Options& options);

/// An error that names the key of the table that is smaller than `limits` are. Limits grow only:
/// what a journal was ever given must fit whoever replays it.
[[nodiscard]] base::Result<void> check_room(const Limits& limits, const Options& options);

/// Makes `options` large enough for `limits`: for whoever replays, and takes what the journal says.
void make_room(Options& options, const Limits& limits);

/// The memory that a ledger of these capacities has taken once it is full.
[[nodiscard]] std::uint64_t bytes_when_full(const Options& options);

/// The answer to one command.
struct Outcome {
    Status status = Status::ok;
    TransferState state = TransferState::rejected;  ///< Of the transfer, after the command.
    ReasonCode reason;          ///< Of the transfer's state, or of the rejection.
    bool replayed = false;      ///< This is the outcome of an earlier command with the same id.
    Sequence decided_sequence;  ///< Of the command that brought the transfer into `state`.
    JournalTime decided_at;     ///< For ClaimBatch: the release time.
};

/// A transfer as it is known in memory.
struct TransferView {
    RememberedTransfer record;
    const LiveTransfer* live = nullptr;  ///< Null unless reserved or still to be acknowledged.
};

/// Hears what the ledger did, in order. Called inside apply; must not call back into the ledger's
/// changing methods.
class Listener {
public:
    virtual ~Listener() = default;

    /// A transfer was created (in whatever state) or changed its state, by a command or by expiry.
    virtual void transfer_changed(const TransferView& transfer) = 0;

    /// Somebody acknowledged; `transfer.live` is null when nobody has to be told any more.
    virtual void outcome_acknowledged(const TransferView& transfer, ParticipantId by) = 0;
};

/// The deterministic state machine that decides about money (DESIGN §5). Equal commands with equal
/// timestamps give equal states and outcomes, on every machine and build (I7).
///
/// Pure: no clock, IO, thread, log or allocation after construction. Not thread-safe. Whatever it
/// is given must be durable in the journal already; there is no way back.
class Ledger {
public:
    explicit Ledger(const Options& options);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    /// Starts a batch whose first command has `first_sequence`. Time moves to `timestamp` (never
    /// back) and every reservation that is due by then is aborted with AB05, before any command.
    void begin_batch(Sequence first_sequence, JournalTime timestamp, Listener& listener);

    /// Applies the next command of the batch. Limits that it brings must have room (`check_room`).
    Outcome apply(CommandView command, Listener& listener);

    /// Brings what `command` will touch towards the processor. Call `prefetch_index` about 16 and
    /// `prefetch_records` about 8 commands ahead of `apply`.
    void prefetch_index(CommandView command) const;
    void prefetch_records(CommandView command) const;

    /// The outcome that `command` would get because its id is known already, or nothing when it
    /// needs to be journalled and applied. Lets a repeat be answered without a journal entry.
    [[nodiscard]] std::optional<Outcome> peek(CommandView command) const;

    // What is known. All answers are as of `last_sequence()`.

    [[nodiscard]] std::optional<TransferView> find_transfer(const TransferId& id) const;
    [[nodiscard]] const Account* find_account(AccountId id) const;
    [[nodiscard]] const Participant* find_participant(ParticipantId id) const;
    [[nodiscard]] const Participant* find_participant(std::string_view code) const;
    [[nodiscard]] const Participant* find_participant_by_entity(std::uint16_t entity_code) const;

    /// Position, cover and headroom of a participant in one currency, in minor units.
    struct Position {
        std::int64_t settlement = 0;      ///< Prefunded, what is reserved for funds out deducted.
        std::int64_t net = 0;             ///< Credits − debits posted, unsettled.
        std::int64_t reserved = 0;        ///< Debits pending.
        std::int64_t incoming = 0;        ///< Credits pending.
        std::int64_t unacknowledged = 0;  ///< Part of `net` that is no cover yet.
        std::int64_t net_debit_cap = 0;
        std::int64_t available = 0;  ///< What can be sent now: by cover and by cap.
    };
    [[nodiscard]] std::optional<Position> position(ParticipantId id, Currency currency) const;

    /// When the next reservation expires; nothing when none is held.
    [[nodiscard]] std::optional<JournalTime> next_deadline() const;

    /// Visits every live transfer (after a restart: what must be expired or told).
    void for_each_live(void (*visit)(const TransferView&, void*), void* context) const;

    template <typename Visit>
    void for_each_participant(Visit&& visit) const {
        for (std::size_t i = 0; i < participant_count(); ++i) visit(participant_at(i));
    }
    template <typename Visit>
    void for_each_account(Visit&& visit) const {
        for (std::size_t i = 0; i < account_count(); ++i) visit(account_at(i));
    }
    [[nodiscard]] std::size_t participant_count() const;
    [[nodiscard]] const Participant& participant_at(std::size_t index) const;
    template <typename Visit>
    void for_each_remembered(Visit&& visit) const {  // the oldest first
        for (std::size_t i = 0; i < remembered_count(); ++i) visit(remembered_at(i));
    }
    [[nodiscard]] std::size_t account_count() const;
    [[nodiscard]] const Account& account_at(std::size_t index) const;
    [[nodiscard]] std::size_t remembered_count() const;
    [[nodiscard]] const RememberedTransfer& remembered_at(std::size_t index) const;

    /// The last command that decided a transfer which is not remembered any more: every transfer
    /// that was decided after it is. Zero while nothing was forgotten.
    [[nodiscard]] Sequence latest_forgotten() const;

    /// Σ over all accounts of one currency, kept as it changes (I1).
    struct Totals {
        std::int64_t debits_pending = 0;
        std::int64_t debits_posted = 0;
        std::int64_t credits_pending = 0;
        std::int64_t credits_posted = 0;
    };
    [[nodiscard]] Totals totals(Currency currency) const;

    struct Usage {
        std::size_t participants = 0;
        std::size_t accounts = 0;
        std::size_t live_transfers = 0;
        std::size_t reserved_transfers = 0;
        std::size_t remembered_transfers = 0;
        std::size_t claims = 0;
    };
    [[nodiscard]] Usage usage() const;
    [[nodiscard]] const Options& options() const;
    [[nodiscard]] const Limits& limits() const;

    [[nodiscard]] Sequence last_sequence() const;  ///< Of the last command applied.
    [[nodiscard]] JournalTime time() const;
    [[nodiscard]] std::uint64_t floor_ms() const;  ///< Oldest id time still accepted.
    [[nodiscard]] std::uint64_t protocol_version() const;
    [[nodiscard]] Digest digest() const;

    /// Its memory; defined in state.h, for this folder only.
    struct State;

private:
    friend struct SnapshotAccess;  // snapshot.cc
    std::unique_ptr<State> state_;
};

/// The newest behaviour that this build knows.
inline constexpr std::uint64_t latest_protocol_version = 1;

}  // namespace ayni::ledger
