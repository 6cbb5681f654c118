#include "journal/memory_journal.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "journal/codec.h"
#include "journal/command_index.h"

namespace ayni::journal {
namespace {

std::string name_of(BatchNumber number) { return "batch " + std::to_string(number.value()); }

}  // namespace

MemoryJournal::MemoryJournal(const Genesis& genesis) {
    std::array<std::byte, genesis_payload_bytes> payload{};
    store(make_genesis(genesis.journal_id, genesis.ledger_id, genesis.timestamp, payload));
}

void MemoryJournal::store(const Batch& batch) {
    ASSERT(batch.payload.size() % sizeof(std::uint64_t) == 0);
    Stored stored{.header = batch.header, .payload = {}};
    stored.payload.resize(batch.payload.size() / sizeof(std::uint64_t));
    std::memcpy(stored.payload.data(), batch.payload.data(), batch.payload.size());
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(stored));
}

AppendOutcome MemoryJournal::append(const Batch& batch) {
    ASSERT(fault_in_chain(tail(), batch.header) == nullptr);
    ASSERT(!batch.payload.empty());
    ASSERT(batch.payload.size() <= max_batch_payload_bytes);
    store(batch);
    return AppendOutcome::appended;
}

base::Result<void> MemoryJournal::replay(BatchNumber from,
                                         const std::function<void(const Batch&)>& visit) const {
    const std::uint64_t last = tail().number.value();
    for (std::uint64_t number = from.value(); number <= last; ++number) {
        const Stored& stored = batches_[number];
        const Batch batch{.header = stored.header,
                          .payload = std::as_bytes(std::span(stored.payload))};
        if (hash_of(batch) != batch.header.hash) {
            return base::failure(name_of(batch.header.number),
                                 "its hash is not that of its contents");
        }
        if (number > 0) {
            const char* fault = fault_in_chain(batches_[number - 1].header, batch.header);
            if (fault != nullptr) {
                return base::failure(name_of(batch.header.number), std::string("it ") + fault);
            }
        }
        visit(batch);
    }
    return {};
}

base::Result<std::optional<CommandReader::Found>> MemoryJournal::read_command(
    Sequence sequence) const {
    const std::lock_guard lock(mutex_);
    const auto after = std::upper_bound(
        batches_.begin(), batches_.end(), sequence,
        [](Sequence value, const Stored& stored) { return value < stored.header.first_sequence; });
    if (after == batches_.begin()) return std::nullopt;
    const Stored& stored = *std::prev(after);
    if (sequence > stored.header.last_sequence()) return std::nullopt;
    return command_in(
        {.header = stored.header, .payload = std::as_bytes(std::span(stored.payload))}, sequence,
        name_of(stored.header.number));
}

}  // namespace ayni::journal
