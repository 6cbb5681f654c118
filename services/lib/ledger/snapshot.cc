#include "ledger/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "base/hash.h"
#include "ledger/invariants/invariants.h"
#include "ledger/state.h"

namespace ayni::ledger {
namespace {

static_assert(std::endian::native == std::endian::little, "snapshots are little-endian");

/// Every byte that is written is a member, so that equal states give equal bytes.
static_assert(std::has_unique_object_representations_v<SnapshotHeader> &&
              std::has_unique_object_representations_v<Participant> &&
              std::has_unique_object_representations_v<Account> &&
              std::has_unique_object_representations_v<LiveTransfer> &&
              std::has_unique_object_representations_v<RememberedTransfer> &&
              std::has_unique_object_representations_v<Claim>);

/// Whoever gives the state a member decides whether a snapshot must hold it, and then changes this
/// number. Nothing else would notice that it is lost in a restart.
static_assert(sizeof(Ledger::State) == 552);

constexpr std::array<char, 8> magic{'A', 'Y', 'N', 'I', 'S', 'N', 'A', 'P'};
constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;
constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);
/// How far ahead of the insertion its place in an index is fetched.
constexpr std::size_t prefetch_distance = 16;

/// What stands before the header: enough to tell another format from a damaged one.
struct Frame {
    std::array<char, 8> magic = ledger::magic;
    std::uint32_t format = snapshot_format;
    std::uint32_t header_bytes = sizeof(SnapshotHeader);
    std::array<std::uint32_t, 6> record_bytes{sizeof(Participant),  sizeof(Account),
                                              sizeof(LiveTransfer), sizeof(RememberedTransfer),
                                              sizeof(Claim),        chunk_bytes};
    std::uint64_t body_bytes = 0;
    SnapshotHeader header;
};
static_assert(std::has_unique_object_representations_v<Frame>);

tl::unexpected<base::Error> refuse(std::string message) {
    return base::failure("snapshot", std::move(message));
}

template <typename T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

std::uint64_t body_bytes_of(const SnapshotCounts& used) {
    return used.participants * sizeof(Participant) + used.accounts * sizeof(Account) +
           used.live_transfers * sizeof(LiveTransfer) +
           used.remembered_transfers * sizeof(RememberedTransfer) + used.claims * sizeof(Claim);
}

/// No count that `body_bytes_of` could overflow with: more than any table can index.
bool are_plausible(const SnapshotCounts& used) {
    constexpr std::uint64_t most = std::uint64_t{1} << 31U;
    return std::max({used.participants, used.accounts, used.live_transfers,
                     used.remembered_transfers, used.claims}) < most;
}

bool is_within(const SnapshotCounts& used, const Limits& limits) {
    return used.participants <= limits.participants && used.accounts <= limits.accounts &&
           used.live_transfers <= limits.live_transfers &&
           used.remembered_transfers <= limits.remembered_transfers && used.claims <= limits.claims;
}

/// Divides the body into chunks. The first error is kept, and what follows it is not written.
class BodyWriter {
public:
    BodyWriter(SnapshotSink& sink, std::uint64_t seed) : sink_(sink), checksum_(seed) {
        chunk_.reserve(chunk_bytes + checksum_bytes);
    }

    void put(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const std::size_t size = std::min(bytes.size(), chunk_bytes - chunk_.size());
            chunk_.insert(chunk_.end(), bytes.begin(),
                          bytes.begin() + static_cast<std::ptrdiff_t>(size));
            bytes = bytes.subspan(size);
            if (chunk_.size() == chunk_bytes) close_chunk();
        }
    }

    [[nodiscard]] base::Result<void> finish() {
        if (!chunk_.empty()) close_chunk();
        return done_;
    }

private:
    void close_chunk() {
        checksum_ = base::hash64(chunk_, checksum_);
        const auto checksum = bytes_of(checksum_);
        chunk_.insert(chunk_.end(), checksum.begin(), checksum.end());
        if (done_) done_ = sink_.write(chunk_);
        chunk_.clear();
    }

    SnapshotSink& sink_;
    std::uint64_t checksum_;
    std::vector<std::byte> chunk_;
    base::Result<void> done_;
};

class BodyReader {
public:
    BodyReader(SnapshotSource& source, std::uint64_t seed, std::uint64_t bytes)
        : source_(source), checksum_(seed), left_(bytes), chunk_(chunk_bytes) {}

    [[nodiscard]] base::Result<void> get(std::span<std::byte> into) {
        while (!into.empty()) {
            if (at_ == size_) {
                if (auto done = open_chunk(); !done) return done;
            }
            const std::size_t size = std::min(into.size(), size_ - at_);
            std::memcpy(into.data(), chunk_.data() + at_, size);
            at_ += size;
            into = into.subspan(size);
        }
        return {};
    }

    [[nodiscard]] base::Result<void> skip_all() {
        while (left_ > 0) {
            if (auto done = open_chunk(); !done) return done;
        }
        return {};
    }

private:
    base::Result<void> open_chunk() {
        ASSERT(left_ > 0);
        size_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, chunk_bytes));
        at_ = 0;
        const std::span<std::byte> chunk(chunk_.data(), size_);
        if (auto done = source_.read(chunk); !done) return done;
        std::uint64_t written = 0;
        if (auto done = source_.read(std::as_writable_bytes(std::span(&written, 1))); !done) {
            return done;
        }
        checksum_ = base::hash64(chunk, checksum_);
        if (checksum_ != written) {
            return refuse(fmt::format("the chunk {} MiB into the body is damaged", index_));
        }
        ++index_;
        left_ -= size_;
        return {};
    }

    SnapshotSource& source_;
    std::uint64_t checksum_;
    std::uint64_t left_;
    std::vector<std::byte> chunk_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;
    std::uint64_t index_ = 0;
};

/// The frame, verified, and the checksum that the body's first chunk continues.
struct Opening {
    Frame frame;
    std::uint64_t checksum = 0;
};

base::Result<Opening> read_opening(SnapshotSource& source) {
    Opening opening;
    Frame& frame = opening.frame;
    std::uint64_t written = 0;
    for (const auto part : {std::as_writable_bytes(std::span(&frame, 1)),
                            std::as_writable_bytes(std::span(&written, 1))}) {
        if (auto done = source.read(part); !done) return tl::unexpected(done.error());
    }
    if (frame.magic != magic) return refuse("does not begin as a snapshot does");
    if (frame.format != snapshot_format) {
        return base::failure(other_build_field,
                             fmt::format("has format {}, and this build reads format {} only",
                                         frame.format, snapshot_format));
    }
    opening.checksum = base::hash64(bytes_of(frame), 0);
    if (opening.checksum != written) return refuse("the header is damaged");
    const Frame mine;
    if (frame.header_bytes != mine.header_bytes || frame.record_bytes != mine.record_bytes) {
        return base::failure(other_build_field, "its records have other sizes");
    }
    const SnapshotCounts& used = frame.header.used;
    if (!are_plausible(used) || frame.body_bytes != body_bytes_of(used)) {
        return refuse("the header contradicts itself");
    }
    return opening;
}

}  // namespace

/// Private to this file: the way to a ledger's memory.
struct SnapshotAccess {
    static const Ledger::State& of(const Ledger& ledger) { return *ledger.state_; }
    static Ledger::State& of(Ledger& ledger) { return *ledger.state_; }
};

namespace {

using State = Ledger::State;

/// Slots in use, in the order of creation. A free slot keeps its last id; the index knows better.
std::vector<std::uint32_t> live_slots(const State& state) {
    std::vector<std::uint32_t> slots;
    slots.reserve(state.live_count);
    for (std::uint32_t slot = 0; slot < state.live_used; ++slot) {
        const TransferId& id = state.live[slot].id;
        if (!id.is_zero() && state.live_slot(id) == slot) slots.push_back(slot);
    }
    ASSERT(slots.size() == state.live_count);
    std::sort(slots.begin(), slots.end(), [&](std::uint32_t a, std::uint32_t b) {
        return state.live[a].created_sequence < state.live[b].created_sequence;
    });
    return slots;
}

/// Where a transfer stands in the ring, counted from the oldest.
std::uint32_t ordinal_of(const State& state, std::uint32_t remembered_slot) {
    const std::size_t capacity = state.remembered.capacity();
    const std::size_t begin = state.remembered_begin % capacity;
    return static_cast<std::uint32_t>((remembered_slot + capacity - begin) % capacity);
}

void put_live(const State& state, BodyWriter& body) {
    for (const std::uint32_t slot : live_slots(state)) {
        LiveTransfer record = state.live[slot];
        record.remembered_slot = ordinal_of(state, record.remembered_slot);
        record.heap_place = 0;
        record.next_free = 0;
        body.put(bytes_of(record));
    }
}

template <typename Record>
void put_ring(const base::MappedArray<Record>& ring, std::uint64_t begin, std::uint64_t end,
              BodyWriter& body) {
    const std::size_t first = begin % ring.capacity();
    const auto count = static_cast<std::size_t>(end - begin);
    const std::size_t before_the_seam = std::min(count, ring.capacity() - first);
    body.put(std::as_bytes(ring.slice(first, before_the_seam)));
    body.put(std::as_bytes(ring.slice(0, count - before_the_seam)));
}

/// Calls `insert(slot, hash)` for slots `first` to `count`, with their places in `index` fetched
/// ahead: ten million dependent misses would take seconds.
template <typename HashOf>
void fill_index(SlotIndex& index, std::uint32_t first, std::uint32_t count, HashOf&& hash_of) {
    for (std::uint32_t slot = first; slot < count; ++slot) {
        if (slot + prefetch_distance < count) {
            index.prefetch(hash_of(slot + static_cast<std::uint32_t>(prefetch_distance)));
        }
        index.insert(hash_of(slot), slot);
    }
}

template <typename Record>
base::Result<void> get_records(BodyReader& body, base::MappedArray<Record>& table,
                               std::uint64_t count) {
    return body.get(std::as_writable_bytes(table.slice(0, static_cast<std::size_t>(count))));
}

base::Result<void> get_participants(BodyReader& body, State& state, const SnapshotCounts& used) {
    if (auto done = get_records(body, state.participants, used.participants); !done) return done;
    state.participant_count = static_cast<std::uint32_t>(used.participants);
    for (const Participant& participant :
         state.participants.slice(0, static_cast<std::size_t>(used.participants))) {
        for (std::size_t currency = 0; currency < currency_count; ++currency) {
            if (participant.settlement_slot[currency] >= used.accounts ||
                participant.position_slot[currency] >= used.accounts) {
                return refuse("a participant has accounts that are not there");
            }
        }
    }
    fill_index(state.participant_index, 0, state.participant_count,
               [&](std::uint32_t slot) { return state.hash(state.participants[slot].id); });
    return {};
}

base::Result<void> get_accounts(BodyReader& body, State& state, const SnapshotCounts& used) {
    // A new ledger has the hub's accounts, at the same places.
    const std::uint32_t own = state.account_count;
    if (used.accounts < own) return refuse("the hub's accounts are not there");
    const AccountId first = state.accounts[0].id;
    if (auto done = get_records(body, state.accounts, used.accounts); !done) return done;
    if (state.accounts[0].id != first) return refuse("the hub's accounts are not there");
    state.account_count = static_cast<std::uint32_t>(used.accounts);
    for (const Account& account :
         state.accounts.slice(0, static_cast<std::size_t>(used.accounts))) {
        if (account.settlement_slot >= used.accounts) {
            return refuse("a position has a settlement account that is not there");
        }
    }
    fill_index(state.account_index, own, state.account_count,
               [&](std::uint32_t slot) { return state.hash(state.accounts[slot].id); });
    return {};
}

base::Result<void> get_live(BodyReader& body, State& state, const SnapshotCounts& used) {
    if (auto done = get_records(body, state.live, used.live_transfers); !done) return done;
    state.live_count = static_cast<std::uint32_t>(used.live_transfers);
    state.live_used = state.live_count;
    for (std::uint32_t slot = 0; slot < state.live_count; ++slot) {
        LiveTransfer& live = state.live[slot];
        if (live.posting_count > max_postings ||
            live.remembered_slot >= used.remembered_transfers) {
            return refuse("a live transfer is not as live transfers are");
        }
        for (const Posting& posting : live.postings) {
            if (posting.debit_slot >= used.accounts || posting.credit_slot >= used.accounts) {
                return refuse("a live transfer has accounts that are not there");
            }
        }
        state.live_index.insert(state.hash(live.id), slot);
        live.heap_place = 0;
        if (live.state == TransferState::reserved) state.heap_insert(slot);
    }
    return {};
}

base::Result<void> get_remembered(BodyReader& body, State& state, const SnapshotCounts& used) {
    if (auto done = get_records(body, state.remembered, used.remembered_transfers); !done) {
        return done;
    }
    state.remembered_begin = 0;
    state.remembered_end = used.remembered_transfers;
    std::uint64_t live = 0;
    for (std::uint32_t slot = 0; slot < state.live_count; ++slot) {
        const RememberedTransfer& record = state.remembered[state.live[slot].remembered_slot];
        if (record.is_live && record.id == state.live[slot].id) ++live;
    }
    if (live != used.live_transfers) return refuse("a live transfer is not remembered");
    fill_index(state.remembered_index, 0, static_cast<std::uint32_t>(used.remembered_transfers),
               [&](std::uint32_t slot) { return state.hash(state.remembered[slot].id); });
    return {};
}

base::Result<void> get_claims(BodyReader& body, State& state, const SnapshotCounts& used) {
    if (auto done = get_records(body, state.claims, used.claims); !done) return done;
    state.claims_begin = 0;
    state.claims_end = used.claims;
    for (const Claim& claim : state.claims.slice(0, static_cast<std::size_t>(used.claims))) {
        if (claim.message_id_size > claim.message_id.size()) {
            return refuse("a claim's message id has no end");
        }
    }
    fill_index(state.claim_index, 0, static_cast<std::uint32_t>(used.claims),
               [&](std::uint32_t slot) { return state.hash(state.claims[slot]); });
    return {};
}

}  // namespace

SnapshotHeader header_of(const Ledger& ledger, const SnapshotStand& stand) {
    const State& state = SnapshotAccess::of(ledger);
    return {.stand = stand,
            .last_sequence = state.last_sequence,
            .time = state.time,
            .digest = state.digest,
            .protocol_version = state.protocol_version,
            .floor_ms = state.floor_ms,
            .latest_forgotten = state.latest_forgotten,
            .used = {.participants = state.participant_count,
                     .accounts = state.account_count,
                     .live_transfers = state.live_count,
                     .remembered_transfers = state.remembered_end - state.remembered_begin,
                     .claims = state.claims_end - state.claims_begin},
            .limits = state.limits,
            .totals = state.totals};
}

base::Result<void> write_snapshot(const Ledger& ledger, const SnapshotStand& stand,
                                  SnapshotSink& sink) {
    const State& state = SnapshotAccess::of(ledger);
    Frame frame;
    frame.header = header_of(ledger, stand);
    frame.body_bytes = body_bytes_of(frame.header.used);
    const std::uint64_t checksum = base::hash64(bytes_of(frame), 0);
    for (const auto part : {bytes_of(frame), bytes_of(checksum)}) {
        if (auto done = sink.write(part); !done) return done;
    }
    BodyWriter body(sink, checksum);
    body.put(std::as_bytes(state.participants.slice(0, state.participant_count)));
    body.put(std::as_bytes(state.accounts.slice(0, state.account_count)));
    put_live(state, body);
    put_ring(state.remembered, state.remembered_begin, state.remembered_end, body);
    put_ring(state.claims, state.claims_begin, state.claims_end, body);
    return body.finish();
}

base::Result<SnapshotHeader> read_snapshot_header(SnapshotSource& source) {
    const auto opening = read_opening(source);
    if (!opening) return tl::unexpected(opening.error());
    return opening->frame.header;
}

base::Result<SnapshotHeader> read_snapshot(SnapshotSource& source, Ledger& ledger) {
    State& state = SnapshotAccess::of(ledger);
    ASSERT(state.last_sequence.is_zero());
    ASSERT(state.participant_count == 0);
    const auto opening = read_opening(source);
    if (!opening) return tl::unexpected(opening.error());
    const SnapshotHeader& header = opening->frame.header;
    if (auto done = check_room(header.limits, state.options); !done) {
        return tl::unexpected(done.error());
    }
    if (!is_within(header.used, header.limits)) return refuse("it holds more than its limits");
    if (header.protocol_version == 0 || header.protocol_version > latest_protocol_version) {
        return base::failure(
            other_build_field,
            fmt::format("the ledger behaved by protocol version {}", header.protocol_version));
    }
    BodyReader body(source, opening->checksum, opening->frame.body_bytes);
    for (const auto get : {get_participants, get_accounts, get_live, get_remembered, get_claims}) {
        if (auto done = get(body, state, header.used); !done) return tl::unexpected(done.error());
    }
    state.limits = header.limits;
    state.totals = header.totals;
    state.time = header.time;
    state.last_sequence = header.last_sequence;
    state.floor_ms = header.floor_ms;
    state.latest_forgotten = header.latest_forgotten;
    state.protocol_version = header.protocol_version;
    state.digest = header.digest;
    for (const auto check :
         {invariants::DebitsEqualCredits::check, invariants::ReservationsEndOnce::check}) {
        if (std::string broken = check(ledger); !broken.empty()) return refuse(std::move(broken));
    }
    return header;
}

base::Result<SnapshotHeader> check_snapshot(SnapshotSource& source) {
    const auto opening = read_opening(source);
    if (!opening) return tl::unexpected(opening.error());
    BodyReader body(source, opening->checksum, opening->frame.body_bytes);
    if (auto done = body.skip_all(); !done) return tl::unexpected(done.error());
    return opening->frame.header;
}

std::uint64_t snapshot_bytes(const SnapshotHeader& header) {
    const std::uint64_t body = body_bytes_of(header.used);
    const std::uint64_t chunks = (body + chunk_bytes - 1) / chunk_bytes;
    return sizeof(Frame) + checksum_bytes + body + chunks * checksum_bytes;
}

base::Result<void> SnapshotSpan::read(std::span<std::byte> into) {
    if (into.size() > rest_.size()) return refuse("it ends too early");
    std::copy_n(rest_.begin(), into.size(), into.begin());
    rest_ = rest_.subspan(into.size());
    return {};
}

}  // namespace ayni::ledger
