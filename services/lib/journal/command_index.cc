#include "journal/command_index.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "ledger/command.h"

namespace ayni::journal {
namespace {

constexpr std::uint64_t entry_spacing_bytes = 128 << 10;

/// Bytes of the command at the start of `bytes`; 0 when there is none. Only its frame is looked at:
/// the journal does not know what commands mean.
std::size_t command_bytes(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(ledger::CommandHeader)) return 0;
    ledger::CommandHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.size < sizeof header || header.size % 8 != 0 || header.size > bytes.size()) return 0;
    return header.size;
}

}  // namespace

base::Result<std::optional<CommandReader::Found>> command_in(const Batch& batch, Sequence sequence,
                                                             const std::string& place) {
    ASSERT(sequence >= batch.header.first_sequence);
    ASSERT(sequence <= batch.header.last_sequence());
    std::span<const std::byte> bytes = batch.payload;
    std::uint64_t to_skip = sequence.value() - batch.header.first_sequence.value();
    for (;;) {
        const std::size_t size = command_bytes(bytes);
        if (size == 0) return base::failure(place, "its payload does not divide into commands");
        if (to_skip == 0) {
            CommandReader::Found found{.header = batch.header, .command = {}};
            found.command.resize(size / sizeof(std::uint64_t));
            std::memcpy(found.command.data(), bytes.data(), size);
            return found;
        }
        --to_skip;
        bytes = bytes.subspan(size);
    }
}

void CommandIndex::add(const BatchHeader& header, Place place) {
    const std::lock_guard lock(mutex_);
    last_sequence_ = header.last_sequence();
    const bool is_near = !entries_.empty() && entries_.back().place.segment == place.segment &&
                         place.offset < entries_.back().place.offset + entry_spacing_bytes;
    if (!is_near) entries_.push_back({header.number, header.first_sequence, place});
}

std::optional<Place> CommandIndex::place_before(BatchNumber number) const {
    const std::lock_guard lock(mutex_);
    const auto after = std::upper_bound(
        entries_.begin(), entries_.end(), number,
        [](BatchNumber value, const Entry& entry) { return value < entry.number; });
    if (after == entries_.begin()) return std::nullopt;
    return std::prev(after)->place;
}

std::optional<Place> CommandIndex::place_before(Sequence sequence) const {
    const std::lock_guard lock(mutex_);
    if (sequence.is_zero() || sequence > last_sequence_) return std::nullopt;
    // Genesis has no commands and shares its first sequence with batch 1, which stands behind it.
    const auto after = std::upper_bound(
        entries_.begin(), entries_.end(), sequence,
        [](Sequence value, const Entry& entry) { return value < entry.first_sequence; });
    if (after == entries_.begin()) return std::nullopt;
    return std::prev(after)->place;
}

base::Result<std::optional<CommandReader::Found>> CommandIndex::read_command(
    Sequence sequence) const {
    auto at = place_before(sequence);
    if (!at) return std::nullopt;
    const auto file = files_.open(directory_ / segment_name(at->segment), Access::read);
    if (!file) {
        return base::failure(segment_name(at->segment),
                             "can not be opened: " + file.error().message());
    }
    const auto read = [&](std::span<std::byte> into) -> base::Result<void> {
        const auto error = (*file)->read(into, at->offset);
        if (error) return base::failure(at->to_string(), "can not be read: " + error.message());
        return {};
    };
    for (;;) {
        // Headers lead from the entry to the batch; only that one is read whole.
        alignas(8) std::array<std::byte, header_bytes> head;
        if (const auto done = read(head); !done) return tl::unexpected(done.error());
        const auto payload_bytes = framed_payload_bytes(head);
        if (!payload_bytes) return base::failure(at->to_string(), "no batch is here");
        const BatchHeader header = peek_header(head);
        if (sequence > header.last_sequence()) {
            at->offset += encoded_bytes(*payload_bytes);
            continue;
        }
        const auto buffer = make_aligned_buffer(encoded_bytes(*payload_bytes));
        const std::span<std::byte> bytes(buffer.get(), encoded_bytes(*payload_bytes));
        if (const auto done = read(bytes); !done) return tl::unexpected(done.error());
        const Decoded decoded = decode(bytes);
        if (decoded.reading != Reading::whole ||
            hash_of(decoded.batch) != decoded.batch.header.hash ||
            sequence < decoded.batch.header.first_sequence ||
            sequence > decoded.batch.header.last_sequence()) {
            return base::failure(at->to_string(), "the batch is damaged: it does not verify");
        }
        return command_in(decoded.batch, sequence, at->to_string());
    }
}

}  // namespace ayni::journal
