#include "snapshot/restore.h"

#include <gmock/gmock.h>

#include "journal/segment.h"
#include "unit/snapshot/journalled_ledger.h"

namespace ayni::test {
namespace {

using snapshot::Reason;
using ::testing::HasSubstr;

class Restore : public JournalledLedger {
protected:
    Restore() {
        write_batches(40);
        older_ = take()->item.name;
        write_batches(40);
        newer_ = take()->item.name;
        write_batches(5);
    }

    [[nodiscard]] std::filesystem::path path_of(const std::string& name) const {
        return shelf().directory() / name;
    }

    std::string older_;
    std::string newer_;
};

TEST_F(Restore, TakesTheNewestAndReplaysTheTail) {
    auto restored = restore();
    EXPECT_EQ(restored.name, newer_);
    EXPECT_TRUE(restored.rejections.empty());
    EXPECT_EQ(restored.stands_after(), base::BatchNumber(80));
    const End end = replay_tail(restored);
    EXPECT_EQ(end.digest, ledger_->digest());
    EXPECT_GT(end.replayed, 0U);
    EXPECT_LT(end.replayed, 60U);
}

TEST_F(Restore, WithoutSnapshotsEverythingIsReplayed) {
    std::filesystem::remove_all(shelf().directory());
    auto restored = restore();
    EXPECT_FALSE(restored.snapshot);
    EXPECT_TRUE(restored.rejections.empty());
    EXPECT_FALSE(restored.start());
    EXPECT_EQ(restored.stands_after(), base::BatchNumber(0));
    EXPECT_EQ(replay_tail(restored).digest, ledger_->digest());
}

// Every byte is flipped and cut in the ledger's own test; here what the file adds, its last block.
TEST_F(Restore, AFlippedByteOfTheNewestLeadsToTheOlder) {
    const std::string whole = journal::read_file(path_of(newer_));
    ASSERT_EQ(whole.size() % journal::block_bytes, 0U);
    for (std::size_t at = 0; at < whole.size(); at += 7) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        journal::write_file(path_of(newer_), damaged);
        const auto restored = restore();
        ASSERT_EQ(restored.name, older_) << at;
        ASSERT_EQ(restored.rejections.size(), 1U);
        EXPECT_EQ(restored.rejections[0].name, newer_);
        EXPECT_NE(restored.rejections[0].reason, Reason::foreign) << at;
    }
}

TEST_F(Restore, ATruncationOfTheNewestLeadsToTheOlder) {
    const std::string whole = journal::read_file(path_of(newer_));
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        journal::write_file(path_of(newer_), whole.substr(0, size));
        const auto restored = restore();
        ASSERT_EQ(restored.name, older_) << size;
        EXPECT_EQ(restored.rejections[0].reason, Reason::damaged);
    }
    journal::write_file(path_of(newer_), whole + std::string(journal::block_bytes, '\0'));
    EXPECT_EQ(restore().name, older_) << "longer than it says";
}

TEST_F(Restore, FromTheOlderOneItEndsInTheSameState) {
    journal::write_file(path_of(newer_), "half");
    auto restored = restore();
    EXPECT_EQ(replay_tail(restored).digest, ledger_->digest());
}

TEST_F(Restore, WithBothDamagedEverythingIsReplayed) {
    journal::write_file(path_of(newer_), "half");
    journal::write_file(path_of(older_), "");
    auto restored = restore();
    EXPECT_FALSE(restored.snapshot);
    ASSERT_EQ(restored.rejections.size(), 2U);
    EXPECT_EQ(restored.rejections[0].name, newer_);
    EXPECT_EQ(restored.rejections[1].name, older_);
    EXPECT_THAT(restored.rejections[1].why, HasSubstr("ends too early"));
    EXPECT_EQ(replay_tail(restored).digest, ledger_->digest());
}

TEST_F(Restore, ARenamedOneIsDamaged) {
    std::filesystem::rename(path_of(newer_), path_of("00000000000000000081.snapshot"));
    const auto restored = restore();
    EXPECT_EQ(restored.name, older_);
    EXPECT_EQ(restored.rejections[0].reason, Reason::damaged);
    EXPECT_THAT(restored.rejections[0].why, HasSubstr("it was renamed"));
}

TEST_F(Restore, OfAnotherJournalIsForeign) {
    const auto kept = temp_.path() / "kept";
    std::filesystem::rename(shelf().directory(), kept);
    std::filesystem::remove_all(directory());
    ledger_ = std::make_unique<ledger::Ledger>(small());
    commands_ = RandomCommands(11);  // the same commands, and yet not the same journal
    write_batches(85);
    std::filesystem::rename(kept, shelf().directory());
    const auto restored = restore();
    EXPECT_FALSE(restored.snapshot);
    ASSERT_EQ(restored.rejections.size(), 2U);
    EXPECT_EQ(restored.rejections[0].reason, Reason::foreign);
    EXPECT_THAT(restored.rejections[0].why, HasSubstr("is another one"));
}

TEST_F(Restore, AheadOfAJournalThatLostItsTailIsForeign) {
    const auto kept = temp_.path() / "kept";
    std::filesystem::copy(directory(), kept, std::filesystem::copy_options::recursive);
    // The batch that the newer one stands behind was never acknowledged, and is torn.
    const auto header = shelf().header(shelf().list()->front());
    ASSERT_TRUE(header);
    const auto segment =
        directory() / journal::segment_name(static_cast<std::uint32_t>(header->stand.segment));
    std::string bytes = journal::read_file(segment);
    bytes.replace(header->stand.offset, bytes.size() - header->stand.offset,
                  bytes.size() - header->stand.offset, '\0');
    journal::write_file(segment, bytes);
    auto restored = restore();
    EXPECT_EQ(restored.name, older_);
    ASSERT_EQ(restored.rejections.size(), 1U);
    EXPECT_EQ(restored.rejections[0].reason, Reason::foreign);
    EXPECT_THAT(restored.rejections[0].why, HasSubstr("batch 80 is not here"));
    EXPECT_EQ(open(restored.start()).value()->tail().number, base::BatchNumber(79));
}

TEST_F(Restore, LargerThanTheTablesIsUnfit) {
    ledger::Options options = small();
    options.accounts = 10;
    const auto restored = restore(options);
    EXPECT_FALSE(restored.snapshot);
    EXPECT_EQ(restored.rejections[0].reason, Reason::unfit);
    EXPECT_THAT(restored.rejections[0].why, HasSubstr("ledger.accounts"));
}

TEST_F(Restore, WhatTheCallerCanNotUseIsPassedOver) {
    const auto restored = restore(small(), [](const ledger::SnapshotHeader& header) {
        return header.stand.batch > 40 ? base::Result<void>(base::failure("history", "lacks some"))
                                       : base::Result<void>();
    });
    EXPECT_EQ(restored.name, older_);
    EXPECT_EQ(restored.rejections[0].reason, Reason::unfit);
    EXPECT_EQ(restored.rejections[0].why, "history: lacks some");
}

TEST_F(Restore, AnotherFormatIsUnfitNotDamaged) {
    std::string bytes = journal::read_file(path_of(newer_));
    bytes[8] = 77;
    journal::write_file(path_of(newer_), bytes);
    const auto restored = restore();
    EXPECT_EQ(restored.name, older_);
    EXPECT_EQ(restored.rejections[0].reason, Reason::unfit);
    EXPECT_THAT(restored.rejections[0].why, HasSubstr("format 77"));
}

}  // namespace
}  // namespace ayni::test
