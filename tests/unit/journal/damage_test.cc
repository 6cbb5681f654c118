#include "base/mark.h"
#include "journal_fixture.h"

/// What a crash or a bad disk leaves: a torn tail is cut, damage in the middle is refused by place.
namespace ayni::journal {
namespace {

/// Segments of 32 KiB hold seven blocks: batches of one block, so 0 to 6 stand in the first.
class DamageTest : public FileJournalTest {
protected:
    void fill(int batches) {
        const auto journal = open();
        for (int i = 0; i < batches; ++i) {
            ASSERT_EQ(append(*journal, 2), AppendOutcome::appended);
        }
        whole_ = contents(*journal);
    }
    /// Everything that replay gives is a prefix of what was there; its length.
    std::size_t prefix_length(const FileJournal& journal) {
        const auto lines = contents(journal);
        EXPECT_LE(lines.size(), whole_.size());
        for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], whole_[i]);
        return lines.size();
    }
    std::vector<std::string> whole_;
};

TEST_F(DamageTest, EveryFlippedByteIsFoundOrHarmless) {
    fill(3);
    const std::string original = read_file(segment(1));
    std::filesystem::remove(segment(2));
    const std::size_t end = 5 * block_bytes;
    const std::size_t batch_end = header_bytes + 2 * 24;
    std::size_t refused = 0;
    std::size_t cut = 0;
    for (std::size_t i = 0; i < end + 64; ++i) {
        // Inside the padding, each seventh will do.
        if (i % block_bytes > batch_end && i % 7 != 0) continue;
        std::string damaged = original;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        write_file(segment(1), damaged);
        std::filesystem::remove(segment(2));
        const auto journal = try_open(options());
        if (!journal) {
            ++refused;
            EXPECT_NE(journal.error().to_string().find("00000001.journal"), std::string::npos) << i;
            EXPECT_EQ(read_file(segment(1)), damaged) << "changed what it refused, byte " << i;
            EXPECT_LT(i, 4 * block_bytes);
            continue;
        }
        const std::size_t length = prefix_length(**journal);
        if (length < whole_.size()) {
            ++cut;
            EXPECT_EQ(length, whole_.size() - 1) << "byte " << i;
            EXPECT_GT((*journal)->recovery().torn_bytes, 0U) << "byte " << i;
            EXPECT_GE(i, 4 * block_bytes);
        }
        EXPECT_EQ(append(**journal, 1), AppendOutcome::appended);
    }
    // The header of the segment, three batches with others behind them; the last one.
    EXPECT_GE(refused, 3 * header_bytes);
    EXPECT_EQ(cut, batch_end);
}

TEST_F(DamageTest, EveryTruncationRecoversToAPrefix) {
    fill(3);
    const std::string original = read_file(segment(1));
    for (std::size_t size = 0; size <= 5 * block_bytes; size += size % block_bytes < 220 ? 1 : 97) {
        write_file(segment(1), original.substr(0, size));
        std::filesystem::remove(segment(2));
        const auto journal = try_open(options());
        ASSERT_TRUE(journal) << size << " " << journal.error().to_string();
        const std::size_t batches_before = size < block_bytes ? 0 : size / block_bytes - 1;
        const std::size_t length = (*journal)->recovery().batches;
        if (size < block_bytes + header_bytes + genesis_payload_bytes) {
            EXPECT_EQ(length, 1U) << "a new genesis, size " << size;
        } else {
            EXPECT_GE(length, batches_before) << size;
            EXPECT_LE(length, batches_before + 1) << size;
            EXPECT_EQ(prefix_length(**journal), length);
        }
        EXPECT_EQ(append(**journal, 1), AppendOutcome::appended);
        EXPECT_EQ(std::filesystem::file_size(segment(1)), segment_bytes);
    }
}

TEST_F(DamageTest, TornTailIsCutAndZeroed) {
    fill(3);
    const auto cuts = base::mark_hits("journal.torn_tail_cut");
    auto bytes = read_file(segment(1));
    bytes.replace(5 * block_bytes, 2 * block_bytes, std::string(2 * block_bytes, 'x'));
    write_file(segment(1), bytes);
    {
        const auto journal = open();
        EXPECT_EQ(prefix_length(*journal), 4U);
        EXPECT_EQ(journal->recovery().torn_bytes, 2 * block_bytes);
        EXPECT_EQ(journal->recovery().torn_at, "00000001.journal offset 20480");
    }
    const auto after = read_file(segment(1));
    EXPECT_EQ(after.substr(5 * block_bytes), std::string(segment_bytes - 5 * block_bytes, '\0'));
#ifdef AYNI_MARKS
    EXPECT_EQ(base::mark_hits("journal.torn_tail_cut"), cuts + 1);
#else
    static_cast<void>(cuts);
#endif
    EXPECT_EQ(open()->recovery().torn_bytes, 0U);
}

TEST_F(DamageTest, TornFirstBatchOfASegmentIsCut) {
    fill(7);  // batch 7 is the first of segment 2
    auto bytes = read_file(segment(2));
    bytes[block_bytes + 50] = '!';
    write_file(segment(2), bytes);
    const auto journal = open();
    EXPECT_EQ(prefix_length(*journal), 7U);
    EXPECT_EQ(journal->recovery().torn_at, "00000002.journal offset 4096");
    for (int i = 0; i < 20; ++i) ASSERT_EQ(append(*journal, 2), AppendOutcome::appended);
    EXPECT_EQ(contents(*journal).size(), 27U);
}

TEST_F(DamageTest, DamagedMiddleIsRefusedByPlace) {
    fill(20);
    auto bytes = read_file(segment(2));
    bytes[3 * block_bytes + header_bytes] = '!';
    write_file(segment(2), bytes);
    const auto journal = try_open(options());
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().field, "00000002.journal offset 12288");
    EXPECT_NE(journal.error().message.find("damaged"), std::string::npos);
    const auto reader = FileJournal::open_to_read(directory_);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().field, "00000002.journal offset 12288");
}

TEST_F(DamageTest, LastBatchOfASegmentIsNoTail) {
    fill(20);
    for (const bool erase : {false, true}) {
        const auto original = read_file(segment(1));
        auto bytes = original;
        bytes.replace(7 * block_bytes, block_bytes, std::string(block_bytes, erase ? '\0' : 'x'));
        write_file(segment(1), bytes);
        const auto journal = try_open(options());
        ASSERT_FALSE(journal);
        EXPECT_NE(journal.error().message.find("damaged"), std::string::npos);
        write_file(segment(1), original);
    }
    EXPECT_EQ(prefix_length(*open()), 21U);
}

TEST_F(DamageTest, ZeroedBatchInTheMiddleIsRefused) {
    fill(5);
    auto bytes = read_file(segment(1));
    bytes.replace(3 * block_bytes, block_bytes, std::string(block_bytes, '\0'));
    write_file(segment(1), bytes);
    const auto journal = try_open(options());
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().field, "00000001.journal offset 12288");
}

TEST_F(DamageTest, SwappedBatchesAreRefused) {
    fill(5);
    auto bytes = read_file(segment(1));
    const auto third = bytes.substr(3 * block_bytes, block_bytes);
    bytes.replace(3 * block_bytes, block_bytes, bytes.substr(4 * block_bytes, block_bytes));
    bytes.replace(4 * block_bytes, block_bytes, third);
    write_file(segment(1), bytes);
    const auto journal = try_open(options());
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().field, "00000001.journal offset 12288");
    EXPECT_NE(journal.error().message.find("number"), std::string::npos);
}

TEST_F(DamageTest, MissingSegmentIsRefused) {
    fill(20);
    std::filesystem::remove(segment(2));
    const auto journal = try_open(options());
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().field, "00000002.journal");
}

TEST_F(DamageTest, RenamedSegmentIsRefused) {
    fill(20);
    std::filesystem::rename(segment(1), temp_.path() / "kept");
    std::filesystem::rename(segment(2), segment(1));
    std::filesystem::rename(temp_.path() / "kept", segment(2));
    const auto journal = try_open(options());
    ASSERT_FALSE(journal);
    EXPECT_NE(journal.error().message.find("renamed"), std::string::npos);
}

TEST_F(DamageTest, SegmentHeaderWithBatchesBehindItIsRefused) {
    fill(20);
    for (const int number : {1, 2}) {
        const auto original = read_file(segment(number));
        auto bytes = original;
        bytes[20] = '!';
        write_file(segment(number), bytes);
        const auto journal = try_open(options());
        ASSERT_FALSE(journal);
        EXPECT_EQ(journal.error().field, "0000000" + std::to_string(number) + ".journal offset 0");
        write_file(segment(number), original);
    }
}

TEST_F(DamageTest, AForgedBatchIsFoundByItsHash) {
    fill(3);
    auto bytes = read_file(segment(1));
    // Changes the last batch and makes its checksum right again, as a bad disk never does.
    const std::span<std::byte> block(reinterpret_cast<std::byte*>(bytes.data()) + 4 * block_bytes,
                                     block_bytes);
    Decoded decoded = decode(block);
    ASSERT_EQ(decoded.reading, Reading::whole);
    std::vector<std::byte> payload(decoded.batch.payload.begin(), decoded.batch.payload.end());
    payload[9] ^= std::byte{1};
    encode({.header = decoded.batch.header, .payload = payload}, block);
    write_file(segment(1), bytes);
    const auto journal = open();
    const auto done = journal->replay(BatchNumber(0), [](const Batch&) {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().field, "00000001.journal offset 16384");
    EXPECT_NE(done.error().message.find("hash"), std::string::npos);
}

TEST_F(DamageTest, AnotherFormatIsRefusedAndLeftAlone) {
    fill(3);
    {
        const auto journal = open();
        auto made = make_batch(journal->tail(), 1);
        auto bytes = read_file(segment(1));
        made->batch.header.format = format_version + 1;
        encode(made->batch,
               {reinterpret_cast<std::byte*>(bytes.data()) + 5 * block_bytes, block_bytes});
        write_file(segment(1), bytes);
    }
    const auto before = read_file(segment(1));
    const auto journal = try_open(options());
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().field, "00000001.journal offset 20480");
    EXPECT_NE(journal.error().message.find("format 2"), std::string::npos);
    EXPECT_EQ(read_file(segment(1)), before);
}

TEST_F(DamageTest, UnfinishedSegmentsAreRemoved) {
    fill(3);
    const auto unfinished = directory_ / "00000009.journal.filling";
    write_file(unfinished, "half");
    const auto journal = open();
    EXPECT_FALSE(std::filesystem::exists(unfinished));
    EXPECT_EQ(prefix_length(*journal), 4U);
}

}  // namespace
}  // namespace ayni::journal
