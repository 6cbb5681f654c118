#pragma once

#include "base/hash.h"
#include "base/mapped_array.h"
#include "ledger/ledger.h"
#include "ledger/slot_index.h"

namespace ayni::ledger {

/// The ledger's memory and the primitive moves on it. Private to this folder.
struct Ledger::State {
    explicit State(const Options& options);

    const Options options;
    Limits limits;

    base::MappedArray<Participant> participants;
    SlotIndex participant_index;
    std::uint32_t participant_count = 0;

    base::MappedArray<Account> accounts;
    SlotIndex account_index;
    std::uint32_t account_count = 0;

    base::MappedArray<LiveTransfer> live;
    SlotIndex live_index;
    std::uint32_t live_count = 0;
    std::uint32_t live_used = 0;       ///< Slots ever used; those below it and free are chained.
    std::uint32_t live_free_head = 0;  ///< Slot + 1; 0 when the chain is empty.

    /// Binary heap of reserved transfers' slots by (deadline, created_sequence).
    base::MappedArray<std::uint32_t> heap;
    std::uint32_t heap_size = 0;

    /// A ring: the oldest gives way when as many are there as may be, and the floor moves past it.
    base::MappedArray<RememberedTransfer> remembered;
    SlotIndex remembered_index;
    std::uint64_t remembered_begin = 0;  ///< Positions in the ring, counted without end.
    std::uint64_t remembered_end = 0;
    Sequence latest_forgotten;  ///< The latest decision among what was overwritten.

    /// A ring in order of release; at the limit the oldest gives way once its retention is over.
    base::MappedArray<Claim> claims;
    SlotIndex claim_index;
    std::uint64_t claims_begin = 0;
    std::uint64_t claims_end = 0;

    std::array<Totals, currency_count> totals{};
    JournalTime time;
    Sequence last_sequence;
    std::uint64_t floor_ms = 0;
    std::uint64_t protocol_version = 1;
    Digest digest;

    [[nodiscard]] std::uint64_t hash(const TransferId& id) const {
        return base::hash64(id, options.hash_seed);
    }
    [[nodiscard]] std::uint64_t hash(AccountId id) const {
        return base::hash64(id.value(), options.hash_seed);
    }
    [[nodiscard]] std::uint64_t hash(ParticipantId id) const {
        return base::hash64(std::uint64_t{id.value()}, options.hash_seed);
    }
    [[nodiscard]] std::uint64_t hash(const Claim& claim) const;

    [[nodiscard]] std::optional<std::uint32_t> participant_slot(ParticipantId id) const;
    [[nodiscard]] std::optional<std::uint32_t> account_slot(AccountId id) const;
    [[nodiscard]] std::optional<std::uint32_t> live_slot(const TransferId& id) const;
    [[nodiscard]] std::optional<std::uint32_t> remembered_slot(const TransferId& id) const;
    [[nodiscard]] std::optional<std::uint32_t> claim_slot(const Claim& claim) const;

    /// There must be room.
    std::uint32_t add_account(AccountId id, ParticipantId owner, AccountKind kind,
                              Currency currency);
    void add_participant(const Participant& participant);

    /// Remembers a transfer whose id is not remembered yet; may push out the oldest and move the
    /// floor. Returns its slot.
    std::uint32_t remember(const RememberedTransfer& record);

    /// There must be room. Zeroed but for its id.
    std::uint32_t allocate_live(const TransferId& id);
    void free_live(std::uint32_t slot);

    void heap_insert(std::uint32_t slot);
    void heap_remove(std::uint32_t slot);

    [[nodiscard]] TransferView view(const RememberedTransfer& record) const;

    void mix(const Account& account);
    void mix(const RememberedTransfer& record);

private:
    [[nodiscard]] bool is_due_before(std::uint32_t a, std::uint32_t b) const;
    void heap_place(std::uint32_t place, std::uint32_t slot);
    void heap_rise(std::uint32_t place);
    void heap_sink(std::uint32_t place);
    void forget_oldest();
};

// The commands, by subject. Each checks in order of precedence and then takes effect.

// participants.cc
Status apply_create_participant(Ledger::State& state, const CreateParticipant& command);
Status apply_set_participant_state(Ledger::State& state, const SetParticipantState& command);
Status apply_set_net_debit_cap(Ledger::State& state, const SetNetDebitCap& command);
Status apply_create_account(Ledger::State& state, const CreateAccount& command);
Outcome apply_claim_batch(Ledger::State& state, const ClaimBatch& command);
[[nodiscard]] std::optional<Outcome> peek_claim(const Ledger::State& state,
                                                const ClaimBatch& command);

// transfers.cc
Outcome apply_record_funds_in(Ledger::State& state, const RecordFundsIn& command,
                              Listener& listener);
Outcome apply_create_transfer(Ledger::State& state, CommandView command, Listener& listener);
Outcome apply_commit_transfer(Ledger::State& state, const CommitTransfer& command,
                              Listener& listener);
Outcome apply_abort_transfer(Ledger::State& state, const AbortTransfer& command,
                             Listener& listener);
Outcome apply_acknowledge_outcome(Ledger::State& state, const AcknowledgeOutcome& command,
                                  Listener& listener);
Outcome apply_refuse_committed(Ledger::State& state, const RefuseCommitted& command,
                               Listener& listener);
void expire_due(Ledger::State& state, Sequence sequence, Listener& listener);
[[nodiscard]] std::optional<Outcome> peek_transfer(const Ledger::State& state, CommandView command);

}  // namespace ayni::ledger
