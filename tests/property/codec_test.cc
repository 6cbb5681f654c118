#include <gtest/gtest.h>
// Needs GoogleTest above it.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>

#include "journal/codec.h"
#include "property/generators.h"

namespace ayni::property {
namespace {

using journal::Batch;
using journal::Decoded;
using journal::Reading;

struct MadeBatch {
    ledger::CommandBuffer commands;
    Batch batch;
};

/// A sealed batch with whatever in its header.
MadeBatch any_batch() {
    MadeBatch made;
    const std::vector<Command> commands = commands_of(*scripts());
    for (const Command& command : commands) made.commands.add(encode(command));
    journal::BatchHeader& header = made.batch.header;
    header.number = base::BatchNumber(*anything<std::uint64_t>());
    header.first_sequence = Sequence(*anything<std::uint64_t>());
    header.command_count = static_cast<std::uint32_t>(made.commands.count());
    header.epoch = base::Epoch(*anything<std::uint64_t>());
    header.timestamp = {*anything<std::int64_t>()};
    header.digest_batch = base::BatchNumber(*anything<std::uint64_t>());
    header.digest = {.high = *anything<std::uint64_t>(), .low = *anything<std::uint64_t>()};
    header.previous_hash = *anything<journal::Hash>();
    made.batch.payload = made.commands.bytes();
    header.hash = journal::hash_of(made.batch);
    return made;
}

bool is_same(const Batch& a, const Batch& b) {
    const journal::BatchHeader& x = a.header;
    const journal::BatchHeader& y = b.header;
    return x.number == y.number && x.first_sequence == y.first_sequence &&
           x.command_count == y.command_count && x.format == y.format && x.epoch == y.epoch &&
           x.timestamp == y.timestamp && x.digest_batch == y.digest_batch && x.digest == y.digest &&
           x.previous_hash == y.previous_hash && x.hash == y.hash &&
           std::equal(a.payload.begin(), a.payload.end(), b.payload.begin(), b.payload.end());
}

std::span<std::byte> encoded(const Batch& batch, journal::AlignedBuffer& buffer) {
    const std::size_t size = journal::encoded_bytes(batch.payload.size());
    buffer = journal::make_aligned_buffer(size);
    RC_ASSERT(journal::encode(batch, {buffer.get(), size}) == size);
    return {buffer.get(), size};
}

RC_GTEST_PROP(JournalCodec, GivesBackAnyBatch, ()) {
    const MadeBatch made = any_batch();
    journal::AlignedBuffer buffer;
    const auto bytes = encoded(made.batch, buffer);
    const Decoded decoded = journal::decode(bytes);
    RC_ASSERT(decoded.reading == Reading::whole);
    RC_ASSERT(is_same(decoded.batch, made.batch));
    RC_ASSERT(journal::hash_of(decoded.batch) == made.batch.header.hash);
}

RC_GTEST_PROP(JournalCodec, NoChangedByteIsReadAsAnotherBatch, ()) {
    const MadeBatch made = any_batch();
    journal::AlignedBuffer buffer;
    const auto bytes = encoded(made.batch, buffer);
    const std::size_t at = *anything<std::size_t>() % bytes.size();
    const auto change = static_cast<std::byte>(*rc::gen::inRange(1, 256));
    bytes[at] ^= change;
    const Decoded decoded = journal::decode(bytes);
    // What lies behind the payload only fills the block.
    const bool is_filling = at >= journal::header_bytes + made.batch.payload.size();
    RC_ASSERT((decoded.reading == Reading::whole) == is_filling);
    if (is_filling) RC_ASSERT(is_same(decoded.batch, made.batch));
}

RC_GTEST_PROP(JournalCodec, NoPartOfABatchIsReadAsABatch, ()) {
    const MadeBatch made = any_batch();
    journal::AlignedBuffer buffer;
    const auto bytes = encoded(made.batch, buffer);
    const std::size_t end = journal::header_bytes + made.batch.payload.size();
    const std::size_t size = *anything<std::size_t>() % end;
    RC_ASSERT(journal::decode(bytes.first(size)).reading == Reading::broken);
}

/// The bytes with room behind them that the reader must not look at, 8-byte aligned.
std::vector<std::uint64_t> words_of(std::span<const std::byte> bytes) {
    std::vector<std::uint64_t> words(bytes.size() / 8 + 1);
    if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
    return words;
}

RC_GTEST_PROP(CommandView, ReadsWhatWasWritten, ()) {
    const std::vector<Command> commands = commands_of(*scripts());
    ledger::CommandBuffer buffer;
    for (const Command& command : commands) buffer.add(encode(command));
    ledger::CommandBuffer again;
    std::size_t visited = 0;
    RC_ASSERT(ledger::for_each_command(buffer.bytes(), [&](ledger::CommandView view) {
        RC_ASSERT(decode(view).index() == commands.at(visited).index());
        ++visited;
        again.add(encode(decode(view)));
    }));
    RC_ASSERT(visited == commands.size());
    RC_ASSERT(std::equal(buffer.bytes().begin(), buffer.bytes().end(), again.bytes().begin(),
                         again.bytes().end()));
}

/// Whatever is accepted is exactly what its own meaning would be written as: no second spelling.
RC_GTEST_PROP(CommandView, AcceptsNothingThatWouldBeWrittenDifferently, ()) {
    Script script;
    const Command command =
        script.make(*anything<Step>(), {Script::start_ms * 1'000'000}, 0).command;
    const ledger::CommandBuffer buffer = encode(command);
    std::vector<std::uint64_t> words = words_of(buffer.bytes());
    const auto bytes = std::as_writable_bytes(std::span(words));
    const std::size_t changes = *rc::gen::inRange(0, 4);
    for (std::size_t i = 0; i < changes; ++i) {
        // Mostly where sizes, kinds and counts are.
        const std::size_t most = *rc::gen::inRange(0, 4) == 0 ? buffer.bytes().size() : 48;
        const std::size_t at = *anything<std::size_t>() % std::min(most, buffer.bytes().size());
        bytes[at] = static_cast<std::byte>(*anything<std::uint8_t>());
    }
    const std::size_t size = *rc::gen::weightedElement<std::size_t>(
        {{4, buffer.bytes().size()}, {1, *anything<std::size_t>() % (bytes.size() + 1)}});
    const auto view = ledger::CommandView::read(bytes.first(size));
    if (!view) return;
    RC_ASSERT(view->size() <= size);
    const ledger::CommandBuffer again = encode(decode(*view));
    RC_ASSERT(std::equal(view->bytes().begin(), view->bytes().end(), again.bytes().begin(),
                         again.bytes().end()));
}

}  // namespace
}  // namespace ayni::property
