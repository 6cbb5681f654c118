#include "base/mark.h"
#include "projection_fixture.h"

namespace ayni {
namespace {

using testing::HasSubstr;

class RefusalTest : public test::WithBooks {};

TEST_F(RefusalTest, BooksOfAnotherJournal) {
    test::WrittenJournal ours(1);
    test::WrittenJournal other(2);
    ours.append_random(1, 30);
    other.append_random(1, 60);
    ASSERT_TRUE(project(ours, 10));
    const std::string before = checksums();
    const auto refused = project(other, 10);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "books");
    EXPECT_THAT(refused.error().message, HasSubstr("another journal"));
    EXPECT_EQ(checksums(), before);
}

/// Two journals of one genesis: one of them was restored from a copy, and went on differently.
TEST_F(RefusalTest, BooksOfAnotherPastOfTheJournal) {
    test::WrittenJournal ours;
    test::WrittenJournal restored;
    ours.append_random(1, 30);
    restored.append_random(2, 60);
    ASSERT_TRUE(project(ours, 10));
    const std::string before = checksums();
    const auto refused = project(restored, 10);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another batch 30"));
    EXPECT_EQ(checksums(), before);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("projection.books_of_another_journal"), 1U);
#endif
}

TEST_F(RefusalTest, ASnapshotOfAnotherPast) {
    test::WrittenJournal ours;
    test::WrittenJournal restored;
    ours.append_random(1, 30);
    restored.append_random(2, 60);
    ASSERT_TRUE(project(ours, 10));
    auto writer = open_writer();
    const base::BatchNumber stand(30);
    projection::Projector projector(
        {.ledger = restored.ledger_behind(stand),
         .stand = {{.batch = stand, .hash = restored.headers()[30].hash}}},
        restored.genesis(), *writer.cursor(), {});
    const auto refused = projector.check();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another batch 30"));
    EXPECT_FALSE(projector.has_reached_books());
}

/// A journal that lost its end is noticed by whoever drives: nothing is written.
TEST_F(RefusalTest, AJournalThatEndsBeforeTheBooks) {
    test::WrittenJournal whole;
    test::WrittenJournal cut;
    whole.append_random(1, 30);
    cut.append_random(1, 20);
    ASSERT_TRUE(project(whole, 10));
    auto writer = open_writer();
    projection::Projector projector(
        {.ledger = std::make_unique<ledger::Ledger>(test::WrittenJournal::tables())}, cut.genesis(),
        *writer.cursor(), {});
    projection::ReplaySource source(cut.journal, cut.genesis(), base::BatchNumber(0));
    ASSERT_TRUE(project(source, projector, writer));
    EXPECT_FALSE(projector.has_reached_books());
    EXPECT_TRUE(projector.is_empty());
    EXPECT_EQ(projector.last_taken(), base::BatchNumber(20));
}

TEST_F(RefusalTest, ASecondWriter) {
    test::WrittenJournal written;
    written.append_random(1, 40);
    ASSERT_TRUE(project(written, 10, 1));
    auto first = open_writer();
    auto second = open_writer();
    const auto make = [&] {
        return projection::Projector(
            {.ledger = std::make_unique<ledger::Ledger>(test::WrittenJournal::tables())},
            written.genesis(), *first.cursor(), {.rows_per_transaction = 10});
    };
    projection::Projector slow = make();
    projection::ReplaySource source(written.journal, written.genesis(), base::BatchNumber(0));
    ASSERT_TRUE(project(source, slow, second, 0));
    ASSERT_FALSE(slow.is_empty());
    ASSERT_TRUE(project(written, 10));  // meanwhile, by the first
    const std::string before = checksums();
    slow.seal();
    const auto refused = second.write(*slow.sealed());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another one writes them too"));
    EXPECT_EQ(checksums(), before);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("projection.cursor_moved_by_somebody_else"), 1U);
#endif
}

TEST_F(RefusalTest, ADigestThatReplayDoesNotGive) {
    test::WrittenJournal written;
    written.append_random(1, 20);
    auto replica = std::make_unique<ledger::Ledger>(test::WrittenJournal::tables());
    projection::Projector projector({.ledger = std::move(replica)}, written.genesis(), std::nullopt,
                                    {});
    std::string why;
    const auto read =
        written.journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
            journal::Batch changed = batch;
            if (batch.header.number.value() == 10) ++changed.header.digest.low;
            const auto taken = projector.take(changed);
            if (!taken && why.empty()) why = taken.error().to_string();
        });
    ASSERT_TRUE(read);
    EXPECT_THAT(why, HasSubstr("batch 10: says that the digest after batch 9"));
}

TEST_F(RefusalTest, LimitsWithoutRoomAreNamed) {
    test::WrittenJournal written;
    ledger::Limits limits = ledger::limits_of(test::WrittenJournal::tables());
    test::TimedBatch start{.time = {test::WrittenJournal::genesis_ns}, .commands = {}};
    start.commands.add(ledger::Started{.epoch = 1}, limits);
    written.append(start);
    ledger::Options small = test::WrittenJournal::tables();
    small.accounts = 64;
    projection::Projector projector({.ledger = std::make_unique<ledger::Ledger>(small)},
                                    written.genesis(), std::nullopt, {});
    projection::ReplaySource source(written.journal, written.genesis(), base::BatchNumber(0));
    auto writer = open_writer();
    EXPECT_FALSE(project(source, projector, writer));
    ASSERT_TRUE(projector.needs().has_value());
    EXPECT_EQ(*projector.needs(), limits);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("projection.ledger_needs_more_room"), 1U);
#endif
}

TEST_F(RefusalTest, ADatabaseWithoutTheBooks) {
    execute("DELETE FROM schema_migration WHERE name >= '0002'");
    const auto writer = projection::BookWriter::open(connection_string());
    ASSERT_FALSE(writer);
    EXPECT_THAT(writer.error().to_string(), HasSubstr("ayctl schema migrate"));
}

TEST_F(RefusalTest, ADatabaseThatIsNotThere) {
    const auto writer = projection::BookWriter::open("host=127.0.0.1 port=1 dbname=ayni");
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().field, "database");
}

}  // namespace
}  // namespace ayni
