#include "ledger/state.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mark.h"
#include "ledger/rules/balances.h"

namespace ayni::ledger {
namespace {

constexpr std::uint32_t none = 0;

}  // namespace

Limits limits_of(const Options& options) {
    return {.participants = options.participants,
            .accounts = options.accounts,
            .live_transfers = options.live_transfers,
            .remembered_transfers = options.remembered_transfers,
            .claims = options.claims,
            .unacknowledged_per_participant = options.unacknowledged_per_participant};
}

base::Result<void> check_room(const Limits& limits, const Options& options) {
    const auto check = [](const char* table, std::uint64_t limit,
                          std::size_t room) -> base::Result<void> {
        if (limit <= room) return {};
        return base::failure(fmt::format("ledger.{}", table),
                             fmt::format("there is room for {}, and the journal was begun or went "
                                         "on with {}; it can only grow",
                                         room, limit));
    };
    for (const auto& done :
         {check("participants", limits.participants, options.participants),
          check("accounts", limits.accounts, options.accounts),
          check("live_transfers", limits.live_transfers, options.live_transfers),
          check("remembered_transfers", limits.remembered_transfers, options.remembered_transfers),
          check("claims", limits.claims, options.claims)}) {
        if (!done) return done;
    }
    return {};
}

void make_room(Options& options, const Limits& limits) {
    const auto grow = [](std::size_t& room, std::uint64_t limit) {
        room = std::max(room, static_cast<std::size_t>(limit));
    };
    grow(options.participants, limits.participants);
    grow(options.accounts, limits.accounts);
    grow(options.live_transfers, limits.live_transfers);
    grow(options.remembered_transfers, limits.remembered_transfers);
    grow(options.claims, limits.claims);
}

std::uint64_t bytes_when_full(const Options& options) {
    const auto with_index = [](std::size_t capacity, std::size_t record_bytes) {
        return capacity * record_bytes + SlotIndex::bytes_for(capacity);
    };
    return with_index(options.participants, sizeof(Participant)) +
           with_index(options.accounts, sizeof(Account)) +
           with_index(options.live_transfers, sizeof(LiveTransfer) + sizeof(std::uint32_t)) +
           with_index(options.remembered_transfers, sizeof(RememberedTransfer)) +
           with_index(options.claims, sizeof(Claim));
}

Ledger::State::State(const Options& given)
    : options(given),
      limits(limits_of(given)),
      participants(given.participants),
      participant_index(given.participants),
      accounts(given.accounts),
      account_index(given.accounts),
      live(given.live_transfers),
      live_index(given.live_transfers),
      heap(given.live_transfers),
      remembered(given.remembered_transfers),
      remembered_index(given.remembered_transfers),
      claims(given.claims),
      claim_index(given.claims) {
    // Live transfers move along when the ring comes round, so most of the ring must be others'.
    ASSERT(given.remembered_transfers >= 2 * given.live_transfers);
    ASSERT(given.accounts >= currency_count);
    for (const Currency currency : currencies) {
        add_account(system_account(hub, AccountKind::settlement_bank, currency), hub,
                    AccountKind::settlement_bank, currency);
    }
}

std::uint64_t Ledger::State::hash(const Claim& claim) const {
    const std::uint64_t of_text =
        base::hash64(std::as_bytes(std::span(claim.message_id.data(), claim.message_id_size)),
                     options.hash_seed);
    return base::hash64(std::uint64_t{claim.initiator.value()}, of_text);
}

std::optional<std::uint32_t> Ledger::State::participant_slot(ParticipantId id) const {
    return participant_index.find(hash(id),
                                  [&](std::uint32_t slot) { return participants[slot].id == id; });
}

std::optional<std::uint32_t> Ledger::State::account_slot(AccountId id) const {
    return account_index.find(hash(id),
                              [&](std::uint32_t slot) { return accounts[slot].id == id; });
}

std::optional<std::uint32_t> Ledger::State::live_slot(const TransferId& id) const {
    return live_index.find(hash(id), [&](std::uint32_t slot) { return live[slot].id == id; });
}

std::optional<std::uint32_t> Ledger::State::remembered_slot(const TransferId& id) const {
    return remembered_index.find(hash(id),
                                 [&](std::uint32_t slot) { return remembered[slot].id == id; });
}

std::optional<std::uint32_t> Ledger::State::claim_slot(const Claim& claim) const {
    return claim_index.find(hash(claim), [&](std::uint32_t slot) {
        return claims[slot].initiator == claim.initiator &&
               claims[slot].message_id == claim.message_id;
    });
}

std::uint32_t Ledger::State::add_account(AccountId id, ParticipantId owner, AccountKind kind,
                                         Currency currency) {
    ASSERT(account_count < accounts.capacity());
    const std::uint32_t slot = account_count++;
    Account& account = accounts[slot];
    account.id = id;
    account.owner = owner;
    account.currency = currency;
    account.kind = kind;
    account.created_at = time;
    if (kind == AccountKind::position) account.net_debit_cap = rules::no_cap;
    account_index.insert(hash(id), slot);
    return slot;
}

void Ledger::State::add_participant(const Participant& participant) {
    ASSERT(participant_count < participants.capacity());
    const std::uint32_t slot = participant_count++;
    Participant& added = participants[slot];
    added = participant;
    participant_index.insert(hash(added.id), slot);
    for (const Currency currency : currencies) {
        const auto add = [&](AccountKind kind) {
            return add_account(system_account(added.id, kind, currency), added.id, kind, currency);
        };
        const std::uint32_t settlement = add(AccountKind::settlement);
        const std::uint32_t position = add(AccountKind::position);
        add(AccountKind::hosted_clearing);
        accounts[position].settlement_slot = settlement;
        accounts[position].window = 1;
        added.settlement_slot[currency_index(currency)] = settlement;
        added.position_slot[currency_index(currency)] = position;
    }
}

std::uint32_t Ledger::State::remember(const RememberedTransfer& record) {
    while (remembered_end - remembered_begin >= limits.remembered_transfers) forget_oldest();
    const auto slot = static_cast<std::uint32_t>(remembered_end++ % remembered.capacity());
    remembered[slot] = record;
    remembered_index.insert(hash(record.id), slot);
    return slot;
}

void Ledger::State::forget_oldest() {
    const auto slot = static_cast<std::uint32_t>(remembered_begin++ % remembered.capacity());
    RememberedTransfer& oldest = remembered[slot];
    const std::uint64_t oldest_hash = hash(oldest.id);
    if (oldest.is_live) {
        // Its outcome is still to come or to be told: it moves to the young end of the ring.
        MARK("ledger.live_transfer_outlives_the_ring");
        const auto live_at = live_slot(oldest.id);
        ASSERT(live_at.has_value());
        const auto to = static_cast<std::uint32_t>(remembered_end++ % remembered.capacity());
        if (to != slot) {
            remembered[to] = oldest;
            remembered_index.move(oldest_hash, slot, to);
        }
        live[*live_at].remembered_slot = to;
        return;
    }
    remembered_index.erase(oldest_hash, slot);
    floor_ms = std::max(floor_ms, oldest.id.time_ms() + 1);
    latest_forgotten = std::max(latest_forgotten, oldest.decided_sequence);
    MARK("ledger.floor_moved_by_capacity");
}

std::uint32_t Ledger::State::allocate_live(const TransferId& id) {
    ASSERT(live_count < live.capacity());
    std::uint32_t slot = 0;
    if (live_free_head != none) {
        slot = live_free_head - 1;
        live_free_head = live[slot].next_free;
    } else {
        slot = live_used++;
    }
    live[slot] = LiveTransfer{};
    live[slot].id = id;
    live_index.insert(hash(id), slot);
    ++live_count;
    return slot;
}

void Ledger::State::free_live(std::uint32_t slot) {
    LiveTransfer& transfer = live[slot];
    ASSERT(transfer.heap_place == none);
    ASSERT(transfer.state != TransferState::reserved);
    live_index.erase(hash(transfer.id), slot);
    remembered[transfer.remembered_slot].is_live = false;
    transfer.next_free = live_free_head;
    live_free_head = slot + 1;
    ASSERT(live_count > 0);
    --live_count;
}

bool Ledger::State::is_due_before(std::uint32_t a, std::uint32_t b) const {
    if (live[a].deadline != live[b].deadline) return live[a].deadline < live[b].deadline;
    return live[a].created_sequence < live[b].created_sequence;
}

void Ledger::State::heap_place(std::uint32_t place, std::uint32_t slot) {
    heap[place] = slot;
    live[slot].heap_place = place + 1;
}

void Ledger::State::heap_rise(std::uint32_t place) {
    const std::uint32_t slot = heap[place];
    while (place > 0) {
        const std::uint32_t parent = (place - 1) / 2;
        if (!is_due_before(slot, heap[parent])) break;
        heap_place(place, heap[parent]);
        place = parent;
    }
    heap_place(place, slot);
}

void Ledger::State::heap_sink(std::uint32_t place) {
    const std::uint32_t slot = heap[place];
    for (;;) {
        std::uint32_t child = 2 * place + 1;
        if (child >= heap_size) break;
        if (child + 1 < heap_size && is_due_before(heap[child + 1], heap[child])) ++child;
        if (!is_due_before(heap[child], slot)) break;
        heap_place(place, heap[child]);
        place = child;
    }
    heap_place(place, slot);
}

void Ledger::State::heap_insert(std::uint32_t slot) {
    ASSERT(live[slot].heap_place == none);
    const std::uint32_t place = heap_size++;
    heap[place] = slot;
    heap_rise(place);
}

void Ledger::State::heap_remove(std::uint32_t slot) {
    ASSERT(live[slot].heap_place != none);
    const std::uint32_t place = live[slot].heap_place - 1;
    ASSERT(heap[place] == slot);
    live[slot].heap_place = none;
    const std::uint32_t last = heap[--heap_size];
    if (last == slot) return;
    heap_place(place, last);
    heap_rise(place);
    heap_sink(live[last].heap_place - 1);
}

TransferView Ledger::State::view(const RememberedTransfer& record) const {
    TransferView view{.record = record, .live = nullptr};
    if (record.is_live) {
        const auto slot = live_slot(record.id);
        ASSERT(slot.has_value());
        view.live = &live[*slot];
    }
    return view;
}

void Ledger::State::mix(const Account& account) {
    const auto word = [](std::int64_t counter) { return static_cast<std::uint64_t>(counter); };
    digest.add(account.id.value());
    digest.add(word(account.debits_pending) ^ std::rotl(word(account.credits_pending), 32));
    digest.add(word(account.debits_posted) ^ std::rotl(word(account.credits_posted), 32));
}

void Ledger::State::mix(const RememberedTransfer& record) {
    digest.add(record.id.high);
    digest.add(record.id.low);
    digest.add(
        static_cast<std::uint64_t>(record.status) | static_cast<std::uint64_t>(record.state) << 8U |
        static_cast<std::uint64_t>(record.type) << 16U | record.decided_sequence.value() << 24U);
}

}  // namespace ayni::ledger
