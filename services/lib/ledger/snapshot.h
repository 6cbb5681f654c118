#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/ledger.h"

/// The whole state of a ledger as bytes, so that a restart does not begin at the first command.
///
/// A ledger that was loaded behaves from there on as the one that was written: same outcomes, same
/// repeats, same expiries, same digests. What nobody can observe is not kept but built again: the
/// indexes, the chain of free slots, the shape of the heap, where a ring begins. So equal states
/// give equal bytes, however they were reached, and a snapshot fits into larger tables.
///
///     frame    magic, format, sizes of the records, bytes of the body, SnapshotHeader, checksum
///     body     chunks of 1 MiB (the last is shorter), each followed by its checksum: participants,
///              accounts, live transfers by creation, remembered transfers and claims, oldest first
///
/// A checksum is XXH3 over its chunk, seeded with the checksum before it, so that nothing can be
/// flipped, cut, exchanged or repeated without being noticed.
///
/// To start a simulated process from an old snapshot:
///
///     SnapshotBytes bytes;
///     write_snapshot(ledger, {.batch = journal.tail().number.value()}, bytes);   // then or later
///     Ledger fresh(options);
///     SnapshotSpan span(bytes.bytes());
///     const auto header = read_snapshot(span, fresh);
///     Sequencer sequencer(…, fresh, journal, …);
///     sequencer.start(BatchNumber(header->stand.batch));                         // only the tail
namespace ayni::ledger {

/// To be increased whenever a record or the header changes, in size or in meaning. A build reads
/// its own format only: whatever it can not read, it replays.
inline constexpr std::uint32_t snapshot_format = 2;

/// The field of an error that says nothing against the snapshot, only that this build can not read
/// it.
inline constexpr const char* other_build_field = "snapshot of another build";

/// Where in the journal the ledger stood, in the journal's terms, of which the ledger knows
/// nothing.
struct SnapshotStand {
    std::array<std::uint8_t, 32> journal{};  ///< Names the journal: the hash of its batch 0.
    std::array<std::uint8_t, 32> batch_hash{};
    std::uint64_t batch = 0;    ///< The last batch that was applied, as a whole.
    std::uint64_t segment = 0;  ///< Where that batch begins in a journal of files; otherwise 0.
    std::uint64_t offset = 0;

    friend bool operator==(const SnapshotStand&, const SnapshotStand&) = default;
};

/// Records by table.
struct SnapshotCounts {
    std::uint64_t participants = 0;
    std::uint64_t accounts = 0;
    std::uint64_t live_transfers = 0;
    std::uint64_t remembered_transfers = 0;
    std::uint64_t claims = 0;

    friend bool operator==(const SnapshotCounts&, const SnapshotCounts&) = default;
};

/// Everything but the records.
struct SnapshotHeader {
    SnapshotStand stand;
    Sequence last_sequence;
    JournalTime time;
    Digest digest;
    std::uint64_t protocol_version = 0;
    std::uint64_t floor_ms = 0;
    Sequence latest_forgotten;  ///< See Ledger::latest_forgotten.
    SnapshotCounts used;
    Limits limits;
    std::array<Ledger::Totals, currency_count> totals{};
};

[[nodiscard]] SnapshotHeader header_of(const Ledger& ledger, const SnapshotStand& stand);

/// Takes the bytes of a snapshot, in order. An error ends the writing and becomes its outcome.
class SnapshotSink {
public:
    virtual ~SnapshotSink() = default;
    [[nodiscard]] virtual base::Result<void> write(std::span<const std::byte> bytes) = 0;
};

/// Gives the bytes of a snapshot, in order: fills `into` as a whole, or says why it can not.
class SnapshotSource {
public:
    virtual ~SnapshotSource() = default;
    [[nodiscard]] virtual base::Result<void> read(std::span<std::byte> into) = 0;
};

/// Writes the state of `ledger`, which must stand between two batches. Allocates a few MiB and four
/// bytes for each live transfer.
[[nodiscard]] base::Result<void> write_snapshot(const Ledger& ledger, const SnapshotStand& stand,
                                                SnapshotSink& sink);

/// Reads no further than the header. An error when it is damaged, or of another format.
[[nodiscard]] base::Result<SnapshotHeader> read_snapshot_header(SnapshotSource& source);

/// Loads into `ledger`, to which nothing was ever applied; it may have more room than the limits
/// need (`check_room`). After an error it is to be thrown away: it holds half a state.
///
/// Besides the checksums it checks what a faulty writer could have written: that the accounts add
/// up to the totals (I1), that reservations are as they must be (I10), and that every reference
/// leads to a record.
[[nodiscard]] base::Result<SnapshotHeader> read_snapshot(SnapshotSource& source, Ledger& ledger);

/// Reads everything and compares the checksums, without a ledger.
[[nodiscard]] base::Result<SnapshotHeader> check_snapshot(SnapshotSource& source);

/// How long the snapshot is that `header` tells of.
[[nodiscard]] std::uint64_t snapshot_bytes(const SnapshotHeader& header);

/// A snapshot in memory.
class SnapshotBytes final : public SnapshotSink {
public:
    [[nodiscard]] base::Result<void> write(std::span<const std::byte> bytes) override {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return {};
    }
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

/// Reads from bytes that somebody else owns.
class SnapshotSpan final : public SnapshotSource {
public:
    explicit SnapshotSpan(std::span<const std::byte> bytes) : rest_(bytes) {}
    [[nodiscard]] base::Result<void> read(std::span<std::byte> into) override;
    /// What lies behind the snapshot; a whole one leaves nothing.
    [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }

private:
    std::span<const std::byte> rest_;
};

}  // namespace ayni::ledger
