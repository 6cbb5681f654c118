#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ayctl/journal_compare.h"
#include "ayctl/journal_copy.h"
#include "database/migrations.h"
#include "journal_postgres/session.h"
#include "lib/test_database.h"
#include "unit/journal/journal_fixture.h"

/// Copies of journals, between directories and real databases.
namespace ayni::ayctl {
namespace {

using base::BatchNumber;
using journal::contents;
using journal::FileJournal;
using journal::make_batch;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using Verdict = Comparison::Verdict;

void flip_a_bit(const std::filesystem::path& file, std::size_t offset) {
    std::string bytes = journal::read_file(file);
    bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
    journal::write_file(file, bytes);
}

class JournalBackup : public test::WithDatabase {
protected:
    [[nodiscard]] std::string directory(const std::string& name) const {
        return temp_.path() / name;
    }

    /// The journal in directory `name`, begun when it is not there: with the genesis of `like`, if
    /// that is given.
    std::unique_ptr<FileJournal> open(const std::string& name, const std::string& like = {}) {
        FileJournal::Options options{.directory = directory(name),
                                     .segment_bytes = 8 << 20,
                                     .low_water_bytes = 0,
                                     .sync = false,
                                     .in_background = false};
        journal_postgres::EncodedBatch genesis;
        if (!like.empty()) {
            genesis = **(*batches_of(directory(like)))();
            options.genesis = genesis.batch();
        }
        auto opened = FileJournal::open(options, clock_, random_);
        EXPECT_TRUE(opened) << opened.error().to_string();
        return std::move(*opened);
    }
    /// Adds batches of so many commands each.
    void write(const std::string& name, const std::vector<std::size_t>& commands,
               const std::string& like = {}) {
        const auto journal = open(name, like);
        for (const std::size_t count : commands) {
            ASSERT_EQ(append(*journal, count), journal::AppendOutcome::appended);
        }
    }
    std::vector<std::string> read(const std::string& name) {
        const auto journal = ReadJournal::open(name);
        EXPECT_TRUE(journal) << journal.error().to_string();
        return journal ? contents(journal->journal()) : std::vector<std::string>();
    }

    Comparison comparison_of(const std::string& first, const std::string& second) {
        const auto compared = compare(*batches_of(first), *batches_of(second));
        EXPECT_TRUE(compared) << compared.error().to_string();
        return compared.value_or(Comparison{});
    }

    base::Result<Copied> copy(const std::string& from, const std::string& to,
                              const CopyOptions& options = {.segment_bytes = 8 << 20}) {
        const auto source = batches_of(directory(from));
        if (!source) return tl::unexpected(source.error());
        return copy_to_directory(*source, directory(to), options);
    }
    std::string refusal_of_copy(const std::string& from, const std::string& to) {
        const auto copied = copy(from, to);
        return copied ? "it was done" : copied.error().to_string();
    }

    void migrate() {
        const auto migrated = database::migrate(connection());
        ASSERT_TRUE(migrated) << migrated.error().to_string();
    }
    base::Result<Copied> restore(const std::string& from, bool is_dry_run = false) {
        const auto source = ReadJournal::open(directory(from));
        if (!source) return tl::unexpected(source.error());
        return copy_to_database(*source, connection_string(), is_dry_run);
    }
    std::string refusal_of_restore(const std::string& from) {
        const std::int64_t before = rows();
        const auto restored = restore(from);
        EXPECT_EQ(rows(), before) << "nothing is changed by a restore that is refused";
        return restored ? "it was done" : restored.error().to_string();
    }
    std::int64_t rows() { return count("SELECT count(*) FROM journal_batch"); }

    journal::TempDirectory temp_;
    base::ManualClock clock_{std::chrono::seconds(1'700'000'000)};
    base::SeededRandom random_{7};
};

TEST(JournalName, TellsDatabasesFromDirectories) {
    EXPECT_TRUE(names_database("host=/var/run/postgresql dbname=ayni"));
    EXPECT_TRUE(names_database("dbname=ayni"));
    EXPECT_TRUE(names_database("postgresql://db1,db2/ayni"));
    EXPECT_TRUE(names_database("postgres:///ayni?host=/run"));
    EXPECT_FALSE(names_database("/var/lib/ayni/journal"));
    EXPECT_FALSE(names_database("journal"));
    EXPECT_FALSE(names_database("./a=b"));
}

// Compare.

TEST_F(JournalBackup, EqualJournalsAreTheSame) {
    write("a", {1, 2, 3});
    write("b", {1, 2, 3}, "a");
    const Comparison found = comparison_of(directory("a"), directory("b"));
    EXPECT_EQ(found.verdict, Verdict::same);
    EXPECT_EQ(found.last_common->number, BatchNumber(3));
    EXPECT_EQ(found.last_common->last_sequence(), base::Sequence(6));
    EXPECT_THAT(found.differences, IsEmpty());
}

TEST_F(JournalBackup, OneThatGoesOnIsLonger) {
    write("a", {1, 2});
    write("b", {1, 2, 3, 4}, "a");
    const Comparison found = comparison_of(directory("a"), directory("b"));
    EXPECT_EQ(found.verdict, Verdict::second_is_longer);
    EXPECT_EQ(found.last_common->number, BatchNumber(2));
    EXPECT_EQ(found.end->number, BatchNumber(4));
    EXPECT_EQ(comparison_of(directory("b"), directory("a")).verdict, Verdict::first_is_longer);
}

TEST_F(JournalBackup, TheFirstBatchThatDiffersIsShownFieldByField) {
    write("a", {1, 2, 3, 1});
    write("b", {1, 2, 1, 5}, "a");
    const Comparison found = comparison_of(directory("a"), directory("b"));
    EXPECT_EQ(found.verdict, Verdict::different);
    EXPECT_EQ(found.last_common->number, BatchNumber(2));
    const auto is = [](const char* field, const char* first, const char* second) {
        return testing::AllOf(Field(&Comparison::Difference::field, field),
                              Field(&Comparison::Difference::in_first, first),
                              Field(&Comparison::Difference::in_second, second));
    };
    EXPECT_THAT(found.differences, Contains(is("commands", "3", "1")));
    EXPECT_THAT(found.differences, Contains(Field(&Comparison::Difference::field, "hash")));
    EXPECT_THAT(found.differences,
                Contains(testing::AllOf(
                    Field(&Comparison::Difference::field, "sequence 5"),
                    Field(&Comparison::Difference::in_first, HasSubstr("started epoch=")),
                    Field(&Comparison::Difference::in_second, "–"))));
    EXPECT_THAT(found.differences,
                testing::Not(Contains(Field(&Comparison::Difference::field, "time"))));
}

TEST_F(JournalBackup, TwoJournalsHaveNothingInCommon) {
    write("a", {1});
    write("b", {1});
    const Comparison found = comparison_of(directory("a"), directory("b"));
    EXPECT_EQ(found.verdict, Verdict::different);
    EXPECT_FALSE(found.last_common);
}

TEST_F(JournalBackup, ADamagedJournalIsNamedRatherThanCompared) {
    write("a", {1, 2, 3});
    write("b", {1, 2, 3}, "a");
    const std::filesystem::path segment = temp_.path() / "b" / "00000001.journal";
    flip_a_bit(segment, journal::block_bytes * 2 + 170);
    const auto compared = compare(*batches_of(directory("a")), *batches_of(directory("b")));
    ASSERT_FALSE(compared);
    EXPECT_EQ(compared.error().field, directory("b"));
    EXPECT_THAT(compared.error().message, HasSubstr("00000001.journal offset 8192"));
}

// Export.

TEST_F(JournalBackup, AnExportIsTheSameJournal) {
    write("a", {1, 2, 3});
    const auto copied = copy("a", "b");
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_FALSE(copied->found);
    EXPECT_EQ(copied->added, 4U) << "with genesis";
    EXPECT_EQ(copied->last, BatchNumber(3));
    EXPECT_EQ(read(directory("b")), read(directory("a")));
    write("b", {1});  // a journal like any other: a switch goes on in it
    EXPECT_EQ(comparison_of(directory("a"), directory("b")).verdict, Verdict::second_is_longer);
}

TEST_F(JournalBackup, ASecondExportAddsWhatCameSince) {
    write("a", {1, 2});
    ASSERT_TRUE(copy("a", "b"));
    write("a", {3, 4});
    const auto copied = copy("a", "b");
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_EQ(copied->found, BatchNumber(2));
    EXPECT_EQ(copied->added, 2U);
    EXPECT_EQ(read(directory("b")), read(directory("a")));
    EXPECT_EQ(copy("a", "b")->added, 0U);
}

TEST_F(JournalBackup, AnExportThatWasCutShortGoesOn) {
    write("a", {1, 2, 3, 4});
    ASSERT_TRUE(copy("a", "b"));
    // The last batch was being written.
    const std::filesystem::path segment = temp_.path() / "b" / "00000001.journal";
    std::string bytes = journal::read_file(segment);
    const std::size_t end = bytes.find_last_not_of('\0') + 1;
    ASSERT_GT(end, 5 * journal::block_bytes);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(5 * journal::block_bytes + 100),
              bytes.end(), '\0');
    journal::write_file(segment, bytes);
    const auto copied = copy("a", "b");
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_EQ(copied->found, BatchNumber(3));
    EXPECT_EQ(read(directory("b")), read(directory("a")));
}

TEST_F(JournalBackup, AnExportEndsWhereItWasTold) {
    write("a", {1, 2, 3, 4});
    CopyOptions options{.segment_bytes = 8 << 20};
    options.last_batch = BatchNumber(2);
    ASSERT_TRUE(copy("a", "to-batch", options));
    EXPECT_EQ(read(directory("to-batch")).size(), 3U);
    options = {.last_sequence = base::Sequence(5), .segment_bytes = 8 << 20};
    ASSERT_TRUE(copy("a", "to-sequence", options));
    EXPECT_EQ(read(directory("to-sequence")).size(), 4U) << "batch 3 holds sequences 4 to 6";
}

TEST_F(JournalBackup, AnExportIsRefusedWhereAnythingElseIs) {
    write("a", {1, 2});
    write("another", {1, 2});
    EXPECT_THAT(refusal_of_copy("a", "another"), HasSubstr("holds another journal"));
    write("longer", {1, 2, 3}, "a");
    EXPECT_THAT(refusal_of_copy("a", "longer"), HasSubstr("goes on to batch 3"));
    write("other", {1, 5}, "a");
    EXPECT_THAT(refusal_of_copy("a", "other"), HasSubstr("ends with another batch 2"));
    std::filesystem::create_directory(directory("full"));
    journal::write_file(directory("full") + "/notes.txt", "mine");
    EXPECT_THAT(refusal_of_copy("a", "full"), HasSubstr("is not empty, and holds no journal"));
    write("used", {1}, "a");
    const auto user = open("used");
    EXPECT_THAT(refusal_of_copy("a", "used"), HasSubstr("is in use by another process"));
    EXPECT_EQ(read(directory("other")).size(), 3U);
    EXPECT_EQ(read(directory("used")).size(), 2U);
    EXPECT_THAT(refusal_of_copy("nowhere", "b"), HasSubstr("nowhere"));
}

TEST_F(JournalBackup, ADryRunWritesNoDirectory) {
    write("a", {1, 2});
    const auto copied = copy("a", "b", {.is_dry_run = true});
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_EQ(copied->added, 3U);
    EXPECT_FALSE(std::filesystem::exists(directory("b")));
}

// Restore.

TEST_F(JournalBackup, AnEmptyDatabaseGetsAll) {
    migrate();
    write("a", {1, 2, 3});
    const auto restored = restore("a");
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_FALSE(restored->found);
    EXPECT_EQ(restored->added, 4U);
    EXPECT_EQ(read(connection_string()), read(directory("a")));
    EXPECT_EQ(comparison_of(directory("a"), connection_string()).verdict, Verdict::same);
}

TEST_F(JournalBackup, TheTailThatADatabaseLostComesBack) {
    migrate();
    write("a", {1, 2, 3, 4, 5});
    ASSERT_TRUE(restore("a"));
    execute("DELETE FROM journal_batch WHERE batch_number > 2");
    const Comparison found = comparison_of(connection_string(), directory("a"));
    EXPECT_EQ(found.verdict, Verdict::second_is_longer);
    EXPECT_EQ(found.last_common->number, BatchNumber(2));

    const auto planned = restore("a", true);
    ASSERT_TRUE(planned) << planned.error().to_string();
    EXPECT_EQ(planned->found, BatchNumber(2));
    EXPECT_EQ(planned->added, 3U);
    EXPECT_EQ(rows(), 3) << "a dry run does nothing";

    const auto restored = restore("a");
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(restored->found, BatchNumber(2));
    EXPECT_EQ(restored->added, 3U);
    EXPECT_EQ(restored->last, BatchNumber(5));
    EXPECT_EQ(read(connection_string()), read(directory("a")));
    EXPECT_EQ(restore("a")->added, 0U);
}

TEST_F(JournalBackup, ADatabaseThatIsFurtherOnLacksNothing) {
    migrate();
    write("a", {1, 2, 3});
    write("b", {1, 2}, "a");
    ASSERT_TRUE(restore("a"));
    const auto restored = restore("b");
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(restored->added, 0U);
    EXPECT_EQ(restored->last, BatchNumber(3));
}

TEST_F(JournalBackup, TwoHistoriesAreNotMixed) {
    migrate();
    write("a", {1, 2, 3});
    ASSERT_TRUE(restore("a"));
    write("longer", {1, 2, 4, 5}, "a");
    EXPECT_THAT(refusal_of_restore("longer"), HasSubstr("holds another batch 3"));
    write("shorter", {1, 5}, "a");
    EXPECT_THAT(refusal_of_restore("shorter"), HasSubstr("holds another batch 2"));
    write("another", {1, 2, 3, 4});
    EXPECT_THAT(refusal_of_restore("another"), HasSubstr("holds another journal"));
}

TEST_F(JournalBackup, NothingIsPutBackUnderALeader) {
    migrate();
    write("a", {1, 2, 3});
    ASSERT_TRUE(restore("a"));
    execute("DELETE FROM journal_batch WHERE batch_number > 1");
    auto leader = journal_postgres::Session::open(connection_string(), "switch-7");
    ASSERT_TRUE(leader) << leader.error().to_string();
    ASSERT_TRUE((*leader)->try_to_lock());
    EXPECT_THAT(refusal_of_restore("a"), HasSubstr("a switch leads: switch-7 (backend "));
    EXPECT_FALSE(restore("a", true)) << "and a dry run says so, too";
    leader->reset();
    // The server lets the lock go when it sees the session's end.
    base::Result<Copied> restored = restore("a");
    for (int i = 0; i < 500 && !restored; ++i) restored = restore("a");
    EXPECT_TRUE(restored) << restored.error().to_string();
}

TEST_F(JournalBackup, ADatabaseOfAnotherBuildIsLeftAlone) {
    write("a", {1});
    const auto refused = restore("a");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("0001_journal.sql: is not applied"));
}

TEST_F(JournalBackup, NothingIsAddedToARowThatIsDamaged) {
    migrate();
    write("a", {1, 2, 3});
    ASSERT_TRUE(restore("a"));
    execute("DELETE FROM journal_batch WHERE batch_number > 2");
    execute(
        "UPDATE journal_batch SET payload = set_byte(payload, 170, 1 - get_byte(payload, 170) % 2) "
        "WHERE batch_number = 2");
    EXPECT_THAT(refusal_of_restore("a"), HasSubstr("journal_batch 2: does not verify"));
}

TEST_F(JournalBackup, ADamagedCopyChangesNothing) {
    migrate();
    write("a", {1, 2, 3, 4});
    ASSERT_TRUE(restore("a"));
    execute("DELETE FROM journal_batch WHERE batch_number > 1");
    const std::filesystem::path segment = temp_.path() / "a" / "00000001.journal";
    flip_a_bit(segment, journal::block_bytes * 4 + 170);  // in batch 3, behind the one to put back
    EXPECT_THAT(refusal_of_restore("a"), HasSubstr("00000001.journal offset 16384"));
}

TEST_F(JournalBackup, ALostCopyIsMadeAgainFromTheDatabase) {
    migrate();
    write("a", {1, 2, 3});
    ASSERT_TRUE(restore("a"));
    const auto copied =
        copy_to_directory(*batches_of(connection_string()), directory("b"), CopyOptions{});
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_EQ(copied->added, 4U);
    EXPECT_EQ(read(directory("b")), read(directory("a")));
}

// What is read from a database.

TEST_F(JournalBackup, ADatabaseIsReadWholeOrNotAtAll) {
    migrate();
    std::vector<std::size_t> commands(50, 2);  // more than are fetched at once
    write("a", commands);
    ASSERT_TRUE(restore("a"));
    const auto opened = ReadJournal::open(connection_string());
    ASSERT_TRUE(opened) << opened.error().to_string();
    const auto found = opened->commands().read_command(base::Sequence(31));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->header.number, BatchNumber(16));
    EXPECT_FALSE(*opened->commands().read_command(base::Sequence(101)));

    execute("DELETE FROM journal_batch WHERE batch_number = 20");
    const auto read =
        opened->journal().replay(BatchNumber(0), [](const journal::Batch& /*batch*/) {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().to_string(), "journal_batch 20: is missing, and later ones are there");
}

TEST_F(JournalBackup, ADatabaseWithoutAJournalSaysSo) {
    migrate();
    const auto opened = ReadJournal::open(connection_string());
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().to_string(), HasSubstr("holds no journal"));
}

}  // namespace
}  // namespace ayni::ayctl
