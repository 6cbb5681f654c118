#include "journal/command_index.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/mark.h"
#include "ledger/command.h"

namespace ayni::journal {
namespace {

constexpr std::uint64_t entry_spacing_bytes = 128 << 10;

/// The last of `entries`, ascending, that is not behind `sequence`.
template <typename Entries>
std::optional<Place> last_before(const Entries& entries, Sequence sequence) {
    // Genesis has no commands and shares its first sequence with batch 1, which stands behind it.
    const auto after = std::upper_bound(
        entries.begin(), entries.end(), sequence,
        [](Sequence value, const auto& entry) { return value < entry.first_sequence; });
    if (after == entries.begin()) return std::nullopt;
    return std::prev(after)->place;
}

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
    if (after != entries_.begin()) return std::prev(after)->place;
    if (entries_.empty()) return std::nullopt;
    return Place{1, first_batch_offset};
}

base::Result<std::optional<Place>> CommandIndex::place_before(Sequence sequence) const {
    Entry first;
    {
        const std::lock_guard lock(mutex_);
        if (sequence.is_zero() || sequence > last_sequence_) return std::nullopt;
        if (const auto place = last_before(entries_, sequence)) return place;
        if (entries_.empty()) return std::nullopt;
        first = entries_.front();
    }
    return place_in_the_past(sequence, first);
}

base::Result<std::optional<Place>> CommandIndex::place_in_the_past(Sequence sequence,
                                                                   const Entry& first) const {
    const std::lock_guard lock(past_mutex_);
    const auto segment = segment_of(sequence, first.place.segment);
    if (!segment) return tl::unexpected(segment.error());
    auto walked = walked_segments_.find(*segment);
    if (walked == walked_segments_.end()) {
        MARK("journal.segment_walked_for_an_old_command");
        auto entries = walk(*segment, first);
        if (!entries) return tl::unexpected(entries.error());
        walked = walked_segments_.emplace(*segment, std::move(*entries)).first;
    }
    return last_before(walked->second, sequence);
}

/// The last segment up to `last` whose first batch is not behind `sequence`.
base::Result<std::uint32_t> CommandIndex::segment_of(Sequence sequence, std::uint32_t last) const {
    std::uint32_t low = 1;
    std::uint32_t high = last;
    while (low < high) {
        const std::uint32_t middle = low + (high - low + 1) / 2;
        const auto first = first_of(middle);
        if (!first) return tl::unexpected(first.error());
        if (first->first_sequence <= sequence) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

base::Result<CommandIndex::Entry> CommandIndex::first_of(std::uint32_t segment) const {
    const auto known = first_of_segment_.find(segment);
    if (known != first_of_segment_.end()) return known->second;
    const Place place{segment, first_batch_offset};
    const auto file = files_.open(directory_ / segment_name(segment), Access::read);
    if (!file) {
        return base::failure(segment_name(segment), "can not be opened: " + file.error().message());
    }
    std::array<std::byte, header_bytes> head;
    if (const auto error = (*file)->read(head, place.offset)) {
        return base::failure(place.to_string(), "can not be read: " + error.message());
    }
    if (!framed_payload_bytes(head)) return base::failure(place.to_string(), "no batch is here");
    const BatchHeader header = peek_header(head);
    const Entry entry{header.number, header.first_sequence, place};
    first_of_segment_.emplace(segment, entry);
    return entry;
}

/// Sparse entries of `segment`, up to its end or to the entry `until`.
base::Result<CommandIndex::Entries> CommandIndex::walk(std::uint32_t segment,
                                                       const Entry& until) const {
    auto reader = SegmentReader::open(files_, directory_, segment);
    if (!reader) return tl::unexpected(reader.error());
    Entries entries;
    Place place{segment, first_batch_offset};
    while (place.offset + block_bytes <= reader->bytes()) {
        const auto head = reader->view(place.offset, header_bytes);
        if (!head) return tl::unexpected(head.error());
        const auto payload_bytes = framed_payload_bytes(*head);
        if (!payload_bytes) break;
        const BatchHeader header = peek_header(*head);
        if (header.number >= until.number) break;
        if (entries.empty() || place.offset >= entries.back().place.offset + entry_spacing_bytes) {
            entries.push_back({header.number, header.first_sequence, place});
        }
        place.offset += encoded_bytes(*payload_bytes);
    }
    return entries;
}

base::Result<std::optional<CommandReader::Found>> CommandIndex::read_command(
    Sequence sequence) const {
    const auto place = place_before(sequence);
    if (!place) return tl::unexpected(place.error());
    std::optional<Place> at = *place;
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
