#include "base/mark.h"
#include "faulty_file_system.h"
#include "journal_fixture.h"

namespace ayni::journal {
namespace {

class DiskFaultTest : public FileJournalTest {
protected:
    [[nodiscard]] FileJournal::Options faulty(bool sync) {
        auto with = options();
        with.files = &files_;
        with.sync = sync;
        with.low_water_bytes = 1 << 20;
        return with;
    }
    /// Appends until there is no room any more; how many were appended.
    static int append_until_full(FileJournal& journal) {
        for (int appended = 0;; ++appended) {
            const auto outcome = append(journal, 2);
            if (outcome == AppendOutcome::no_space) return appended;
            EXPECT_EQ(outcome, AppendOutcome::appended);
        }
    }
    FaultyFileSystem files_;
};
using DiskFaultDeathTest = DiskFaultTest;

TEST_F(DiskFaultTest, NoSpaceIsAnAnswerAndPasses) {
    auto journal = try_open(faulty(false));
    ASSERT_TRUE(journal) << journal.error().to_string();
    files_.room = 1 << 20;  // nothing above the low water
    EXPECT_GE(append_until_full(**journal), 6);
    const auto before = contents(**journal);
    EXPECT_EQ(append(**journal, 2), AppendOutcome::no_space);
    EXPECT_EQ(contents(**journal), before);
    EXPECT_EQ((*journal)->bytes_free(), 0U);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal.no_space"), 1U);
#endif

    files_.room = std::uint64_t{1} << 30U;
    for (int i = 0; i < 30; ++i) ASSERT_EQ(append(**journal, 2), AppendOutcome::appended);
    const auto after = contents(**journal);
    EXPECT_EQ(after.size(), before.size() + 30);
    journal->reset();
    journal = try_open(faulty(false));
    ASSERT_TRUE(journal);
    EXPECT_EQ(contents(**journal), after);
}

TEST_F(DiskFaultTest, RoomThatEndsHalfwayLeavesNoHalfSegment) {
    auto journal = try_open(faulty(false));
    ASSERT_TRUE(journal);
    files_.fill_runs_out_of_room = true;
    append_until_full(**journal);
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
        EXPECT_EQ(entry.path().extension(), ".journal") << entry.path();
    }
    files_.fill_runs_out_of_room = false;
    EXPECT_EQ(append(**journal, 2), AppendOutcome::appended);
}

TEST_F(DiskFaultTest, NoRoomForTheFirstSegmentIsRefused) {
    files_.room = 0;
    const auto journal = try_open(faulty(false));
    ASSERT_FALSE(journal);
    EXPECT_NE(journal.error().message.find("no room"), std::string::npos);
}

TEST_F(DiskFaultTest, UnreadableSegmentIsRefusedByPlace) {
    ASSERT_TRUE(try_open(faulty(false)));
    files_.fail_reads = true;
    const auto journal = try_open(faulty(false));
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().field, "00000001.journal offset 0");
    EXPECT_NE(journal.error().message.find("can not be read"), std::string::npos);
}

TEST_F(DiskFaultTest, DiskThatCanNotSyncOnOpenIsRefused) {
    ASSERT_TRUE(try_open(faulty(true)));
    files_.fail_syncs = true;
    const auto journal = try_open(faulty(true));
    ASSERT_FALSE(journal);
    EXPECT_NE(journal.error().message.find("can not be synced"), std::string::npos);
}

// The death tests open in the child: a journal's thread does not live on in a fork.

TEST_F(DiskFaultDeathTest, FailedAppendStopsTheProcess) {
    const auto run = [&] {
        const auto journal = try_open(faulty(true));
        files_.fail_appends = true;
        static_cast<void>(append(**journal, 1));
    };
    EXPECT_DEATH(run(), "write of .*00000001.journal failed");
}

TEST_F(DiskFaultDeathTest, FailedSyncOfASegmentStopsTheProcess) {
    const auto run = [&] {
        const auto journal = try_open(faulty(true));
        files_.fail_syncs = true;
        for (int i = 0; i < 30; ++i) static_cast<void>(append(**journal, 1));
    };
    EXPECT_DEATH(run(), "sync of .*journal.filling failed");
}

}  // namespace
}  // namespace ayni::journal
