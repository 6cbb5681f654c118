#include "journal/codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "journal/memory_journal.h"
#include "journal_fixture.h"

namespace ayni::journal {
namespace {

BatchHeader genesis_header() {
    std::array<std::byte, genesis_payload_bytes> payload{};
    return make_genesis({1}, {2}, {1000}, payload).header;
}

std::vector<std::byte> encoded(const Batch& batch) {
    std::vector<std::byte> bytes(encoded_bytes(batch.payload.size()), std::byte{0xAA});
    EXPECT_EQ(encode(batch, bytes), bytes.size());
    return bytes;
}

TEST(Codec, ChecksumIsCastagnoli) {
    // RFC 3720, B.4: 32 bytes of zeros, and of 0xFF.
    std::array<std::byte, 32> bytes{};
    EXPECT_EQ(crc32c(bytes), 0x8A91'36AAU);
    bytes.fill(std::byte{0xFF});
    EXPECT_EQ(crc32c(bytes), 0x62A8'AB43U);
}

TEST(Codec, ReadsBackWhatItWrote) {
    const auto made = make_batch(genesis_header(), 3);
    const auto bytes = encoded(made->batch);
    EXPECT_EQ(bytes.size(), block_bytes);
    const Decoded decoded = decode(bytes);
    ASSERT_EQ(decoded.reading, Reading::whole);
    const BatchHeader& header = decoded.batch.header;
    EXPECT_EQ(header.number, made->batch.header.number);
    EXPECT_EQ(header.first_sequence, made->batch.header.first_sequence);
    EXPECT_EQ(header.command_count, 3U);
    EXPECT_EQ(header.epoch, made->batch.header.epoch);
    EXPECT_EQ(header.timestamp, made->batch.header.timestamp);
    EXPECT_EQ(header.digest_batch, made->batch.header.digest_batch);
    EXPECT_EQ(header.digest, made->batch.header.digest);
    EXPECT_EQ(header.previous_hash, made->batch.header.previous_hash);
    EXPECT_EQ(header.hash, made->batch.header.hash);
    EXPECT_EQ(hash_of(decoded.batch), header.hash);
    EXPECT_TRUE(is_zero(std::span(bytes).subspan(header_bytes + made->batch.payload.size())));
}

TEST(Codec, FindsEveryFlippedByte) {
    const auto made = make_batch(genesis_header(), 2);
    auto bytes = encoded(made->batch);
    const std::size_t end = header_bytes + made->batch.payload.size();
    for (std::size_t i = 0; i < end; ++i) {
        bytes[i] ^= std::byte{0x40};
        EXPECT_EQ(decode(bytes).reading, Reading::broken) << "byte " << i;
        bytes[i] ^= std::byte{0x40};
    }
    EXPECT_EQ(decode(bytes).reading, Reading::whole);
}

TEST(Codec, FindsEveryTruncation) {
    const auto made = make_batch(genesis_header(), 2);
    const auto bytes = encoded(made->batch);
    const std::size_t end = header_bytes + made->batch.payload.size();
    for (std::size_t size = 0; size < end; ++size) {
        EXPECT_EQ(decode(std::span(bytes).first(size)).reading, Reading::broken) << size;
    }
    EXPECT_EQ(decode(std::span(bytes).first(end)).reading, Reading::whole);
}

TEST(Codec, TellsAnotherFormatFromDamage) {
    auto made = make_batch(genesis_header(), 1);
    made->batch.header.format = format_version + 1;
    const auto bytes = encoded(made->batch);
    const Decoded decoded = decode(bytes);
    EXPECT_EQ(decoded.reading, Reading::other_format);
    EXPECT_EQ(decoded.format, format_version + 1);
}

TEST(Codec, HashCoversEveryFieldAndThePayload) {
    const auto made = make_batch(genesis_header(), 2);
    const Hash hash = made->batch.header.hash;
    const auto differs = [&](const std::function<void(BatchHeader&)>& change) {
        Batch changed = made->batch;
        change(changed.header);
        return hash_of(changed) != hash;
    };
    EXPECT_TRUE(differs([](BatchHeader& h) { h.number = h.number.next(); }));
    EXPECT_TRUE(differs([](BatchHeader& h) { h.first_sequence = h.first_sequence.next(); }));
    EXPECT_TRUE(differs([](BatchHeader& h) { ++h.command_count; }));
    EXPECT_TRUE(differs([](BatchHeader& h) { ++h.format; }));
    EXPECT_TRUE(differs([](BatchHeader& h) { h.epoch = h.epoch.next(); }));
    EXPECT_TRUE(differs([](BatchHeader& h) { ++h.timestamp.nanoseconds; }));
    EXPECT_TRUE(differs([](BatchHeader& h) { h.digest_batch = h.digest_batch.next(); }));
    EXPECT_TRUE(differs([](BatchHeader& h) { ++h.digest.high; }));
    EXPECT_TRUE(differs([](BatchHeader& h) { ++h.digest.low; }));
    EXPECT_TRUE(differs([](BatchHeader& h) { ++h.previous_hash[31]; }));
    Batch shorter = made->batch;
    shorter.payload = shorter.payload.first(shorter.payload.size() - 8);
    EXPECT_NE(hash_of(shorter), hash);
}

TEST(Chain, NamesWhatDoesNotFollow) {
    const BatchHeader genesis = genesis_header();
    EXPECT_EQ(fault_in_genesis(genesis), nullptr);
    const BatchHeader good = make_batch(genesis, 2)->batch.header;
    EXPECT_EQ(fault_in_chain(genesis, good), nullptr);
    const auto fault = [&](const std::function<void(BatchHeader&)>& change) {
        BatchHeader changed = good;
        change(changed);
        const char* found = fault_in_chain(genesis, changed);
        return std::string(found == nullptr ? "" : found);
    };
    EXPECT_NE(fault([](BatchHeader& h) { h.number = BatchNumber(2); }).find("number"),
              std::string::npos);
    EXPECT_NE(fault([](BatchHeader& h) { ++h.previous_hash[0]; }).find("chain"), std::string::npos);
    EXPECT_NE(fault([](BatchHeader& h) { h.first_sequence = Sequence(2); }).find("sequence"),
              std::string::npos);
    EXPECT_NE(fault([](BatchHeader& h) { h.command_count = 0; }).find("no commands"),
              std::string::npos);
    EXPECT_NE(fault([](BatchHeader& h) { h.timestamp = {1}; }).find("older"), std::string::npos);
    EXPECT_NE(fault([](BatchHeader& h) { h.digest_batch = h.number; }).find("digest"),
              std::string::npos);
    EXPECT_NE(fault([](BatchHeader& h) { h.hash = {}; }).find("sealed"), std::string::npos);
    BatchHeader of_epoch_two = genesis;
    of_epoch_two.epoch = Epoch(2);
    EXPECT_NE(fault_in_chain(of_epoch_two, good), nullptr);
}

TEST(MemoryJournalDeathTest, RefusesABatchThatDoesNotFollow) {
    MemoryJournal journal({.journal_id = {1}, .ledger_id = {2}, .timestamp = {5}});
    const auto made = make_batch(journal.tail(), 1);
    ASSERT_EQ(journal.append(made->batch), AppendOutcome::appended);
    EXPECT_DEATH(static_cast<void>(journal.append(made->batch)), "fault_in_chain");
}

TEST(MemoryJournal, FindsAChangedHash) {
    MemoryJournal journal({.journal_id = {1}, .ledger_id = {2}, .timestamp = {5}});
    auto made = make_batch(journal.tail(), 1);
    ++made->batch.header.hash[5];
    ASSERT_EQ(journal.append(made->batch), AppendOutcome::appended);
    const auto done = journal.replay(BatchNumber(0), [](const Batch&) {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().field, "batch 1");
}

}  // namespace
}  // namespace ayni::journal
