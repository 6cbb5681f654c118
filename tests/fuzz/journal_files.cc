#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/memory_files.h"
#include "journal/codec.h"
#include "journal/file_journal.h"
#include "journal/file_tail.h"
#include "journal/scanner.h"
#include "ledger/command.h"

namespace {

using namespace ayni;
using fuzz::MemoryFiles;
using journal::block_bytes;

const std::filesystem::path directory = "journal";
constexpr std::uint64_t segment_bytes = 4 * block_bytes;

/// A batch of `commands` commands that continues `tail`, and its hash.
journal::Hash append(journal::Journal& to, std::size_t commands) {
    const journal::BatchHeader& tail = to.tail();
    ledger::CommandBuffer buffer;
    for (std::size_t i = 0; i < commands; ++i) buffer.add(ledger::Started{.epoch = i});
    journal::Batch batch;
    batch.header.number = tail.number.next();
    batch.header.first_sequence = tail.last_sequence().next();
    batch.header.command_count = static_cast<std::uint32_t>(commands);
    batch.header.epoch = tail.epoch;
    batch.header.timestamp = {tail.timestamp.nanoseconds + 1};
    batch.header.digest_batch = tail.number;
    batch.header.previous_hash = tail.hash;
    batch.payload = buffer.bytes();
    batch.header.hash = journal::hash_of(batch);
    ASSERT(to.append(batch) == journal::AppendOutcome::appended);
    return batch.header.hash;
}

base::Result<std::unique_ptr<journal::FileJournal>> open(MemoryFiles& files) {
    static const base::ManualClock clock{std::chrono::seconds(1'700'000'000)};
    base::SeededRandom random(1);
    return journal::FileJournal::open({.directory = directory,
                                       .segment_bytes = segment_bytes,
                                       .low_water_bytes = 0,
                                       .sync = false,
                                       .files = &files},
                                      clock, random);
}

std::vector<journal::Hash> hashes(const journal::Journal& journal) {
    std::vector<journal::Hash> all;
    const auto done = journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
        all.push_back(batch.header.hash);
    });
    ASSERT(done.has_value());
    return all;
}

/// A journal of three segments, and the hash of each of its batches.
struct Original {
    MemoryFiles::Contents contents;
    std::vector<journal::Hash> hashes;
};
const Original& original() {
    static const Original made = [] {
        Original original;
        MemoryFiles files;
        {
            const auto journal = open(files);
            ASSERT(journal.has_value());
            for (const std::size_t commands : {1U, 3U, 300U, 2U, 1U}) append(**journal, commands);
            original.hashes = hashes(**journal);
        }
        // What the maker of segments had ready by then is a matter of chance.
        for (const auto& [name, bytes] : files.contents()) {
            const auto number = journal::segment_number(name);
            if (number && *number <= 3) original.contents[name] = bytes;
        }
        ASSERT(original.contents.size() == 3);
        return original;
    }();
    return made;
}

/// Makes the batch at `block` whole again after an edit, so that what is behind the checksum is
/// reached. Offsets are those of journal/codec.h.
void reseal(MemoryFiles::Bytes& bytes, std::size_t at) {
    if (at + journal::header_bytes > bytes.size()) return;
    const std::span<std::byte> all(bytes.data() + at, bytes.size() - at);
    const auto payload = journal::framed_payload_bytes(all);
    if (!payload || journal::header_bytes + *payload > all.size()) return;
    const auto whole = all.first(journal::header_bytes + *payload);
    const auto set_crc = [&] {
        const std::uint32_t crc = journal::crc32c(whole.subspan(12));
        std::memcpy(whole.data() + 8, &crc, sizeof crc);
    };
    set_crc();
    const auto decoded = journal::decode(whole);
    if (decoded.reading != journal::Reading::whole) return;
    const journal::Hash hash = journal::hash_of(decoded.batch);
    std::memcpy(whole.data() + 112, hash.data(), hash.size());
    set_crc();
}

/// What may happen to a file. False when the result can hold batches that nobody wrote.
bool edit(fuzz::Input& input, MemoryFiles::Contents& contents) {
    if (contents.empty()) return true;
    const std::uint8_t what = input.byte();
    auto file = contents.begin();
    std::advance(file, static_cast<std::ptrdiff_t>(input.byte() % contents.size()));
    MemoryFiles::Bytes& bytes = file->second;
    const std::size_t offset = bytes.empty() ? 0 : input.next<std::uint16_t>() % bytes.size();
    const std::size_t block = offset / block_bytes * block_bytes;
    switch (what % 8) {
        case 0:
            if (!bytes.empty()) bytes[offset] ^= static_cast<std::byte>(input.byte());
            return true;
        case 1: bytes.resize(offset); return true;
        case 2:
            for (std::size_t i = block; i < std::min(block + block_bytes, bytes.size()); ++i) {
                bytes[i] = std::byte{0};
            }
            return true;
        case 3: {  // a block turns up elsewhere
            auto other = contents.begin();
            std::advance(other, static_cast<std::ptrdiff_t>(input.byte() % contents.size()));
            const std::size_t to = input.byte() % 5U * block_bytes;
            const std::size_t from = std::min(block, bytes.size());
            const MemoryFiles::Bytes copy(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                          bytes.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                              from + block_bytes, bytes.size())));
            if (other->second.size() < to + copy.size()) other->second.resize(to + copy.size());
            std::copy(copy.begin(), copy.end(),
                      other->second.begin() + static_cast<std::ptrdiff_t>(to));
            return true;
        }
        case 4: contents.erase(file); return true;
        case 5:
            contents[journal::segment_name(input.byte() % 6U)] = MemoryFiles::Bytes(bytes);
            return true;
        case 6:
            for (std::size_t i = 0; i < 8 && offset + i < bytes.size(); ++i) {
                bytes[offset + i] = static_cast<std::byte>(input.byte());
            }
            return true;
        default: reseal(bytes, block); return false;
    }
}

/// Scanning by itself, as `ayctl journal` and the index do it.
void scan(MemoryFiles& files) {
    const auto segments = journal::list_segments(files, directory);
    if (!segments) return;
    journal::Scanner scanner(files, directory, *segments);
    for (;;) {
        const auto batch = scanner.next(true);
        if (!batch) return;
        if (!*batch) break;
        static_cast<void>(ledger::for_each_command((*batch)->payload, [](auto) {}));
    }
    static_cast<void>(scanner.find_torn());
}

/// Reading beside the writer: what it gives is a beginning of what was written.
void follow(MemoryFiles& files, bool is_honest) {
    auto tail = journal::FileTail::open(directory, {}, &files);
    if (!tail) return;
    std::vector<journal::Hash> seen;
    const auto read = tail->read([&](const journal::Batch& batch) {
        seen.push_back(batch.header.hash);
        return true;
    });
    if (!read) ASSERT(!read.error().message.empty());
    static_cast<void>(tail->newest());
    const auto& written = original().hashes;
    if (!is_honest || tail->genesis() != written.front()) return;
    ASSERT(seen.size() <= written.size());
    ASSERT(std::equal(seen.begin(), seen.end(), written.begin()));
}

}  // namespace

/// A journal's files after whatever may have happened to them. It is refused with a reason, or it
/// opens with a beginning of what was written, goes on from there, and says the same when it is
/// opened again.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr int most_edits = 12;
    fuzz::Input input(data, size);
    MemoryFiles::Contents contents = original().contents;
    bool is_honest = true;
    for (int i = 0; i < most_edits && !input.empty(); ++i) {
        is_honest = edit(input, contents) && is_honest;
    }
    MemoryFiles files;
    files.replace(contents);
    scan(files);
    follow(files, is_honest);
    ASSERT(files.contents() == contents);
    std::vector<journal::Hash> known;
    {
        const auto journal = open(files);
        if (!journal) {
            ASSERT(!journal.error().message.empty());
            // Refused is not cut: everything is as it was.
            ASSERT(files.contents() == contents);
            return 0;
        }
        known = hashes(**journal);
        ASSERT(!known.empty());
        if (is_honest && known.front() == original().hashes.front()) {
            ASSERT(known.size() <= original().hashes.size());
            ASSERT(std::equal(known.begin(), known.end(), original().hashes.begin()));
        }
        known.push_back(append(**journal, 2));
        ASSERT(hashes(**journal) == known);
    }
    const auto again = open(files);
    ASSERT(again.has_value());
    ASSERT(hashes(**again) == known);
    return 0;
}
