#include "journal_postgres/postgres_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "database/migrations.h"
#include "journal_postgres/put_back.h"
#include "journal_postgres/session.h"
#include "lib/test_database.h"
#include "unit/journal/journal_fixture.h"

namespace ayni {
namespace {

using base::BatchNumber;
using journal::AppendOutcome;
using journal::contents;
using journal::make_batch;
using journal_postgres::Claim;
using journal_postgres::Heard;
using testing::AnyOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// A switch as far as its journal goes: a directory with the copy, and the journal.
struct Node {
    Node(const std::string& database, const std::string& name, base::Random& random,
         std::chrono::nanoseconds suspicion = 5s) {
        auto genesis = journal_postgres::open_genesis(database, clock, random);
        if (!genesis) {
            ADD_FAILURE() << genesis.error().to_string();
            return;
        }
        auto opened = journal::FileJournal::open({.directory = directory.path() / "journal",
                                                  .segment_bytes = 8 << 20,
                                                  .low_water_bytes = 0,
                                                  .sync = false,
                                                  .genesis = genesis->batch()},
                                                 clock, random);
        if (!opened) {
            ADD_FAILURE() << opened.error().to_string();
            return;
        }
        copy = std::move(*opened);
        options = {.database = database,
                   .name = name,
                   .patience = 20ms,
                   .suspicion = suspicion,
                   .reconnect_pause = 10ms,
                   .note = [this](std::string_view event, std::string_view) {
                       events.emplace_back(event);
                   }};
        restart();
    }

    /// Ends, and starts again with the copy as it stands.
    void restart() {
        journal.reset();
        journal = std::make_unique<journal_postgres::PostgresJournal>(options, clock, *copy);
    }

    /// Until another answer than in_doubt comes.
    AppendOutcome insist(const journal::Batch& batch) const {
        for (int i = 0; i < 2'000; ++i) {
            const AppendOutcome outcome = journal->append(batch);
            if (outcome != AppendOutcome::in_doubt) return outcome;
        }
        return AppendOutcome::in_doubt;
    }
    AppendOutcome add(std::size_t commands) const {
        return insist(make_batch(journal->tail(), commands)->batch);
    }

    Claim claim(const std::optional<Heard>& heard = {}) const {
        Claim claimed = Claim::unknown;
        for (int i = 0; i < 500 && claimed == Claim::unknown; ++i) claimed = journal->claim(heard);
        return claimed;
    }
    /// What it would have heard of a leader whose last word was about its own batch `number`.
    Heard heard_up_to(std::uint64_t number) const {
        Heard heard{.number = BatchNumber(number), .epoch = copy->tail().epoch};
        EXPECT_TRUE(copy->replay(heard.number, [&](const journal::Batch& batch) {
            if (batch.header.number == heard.number) heard.hash = batch.header.hash;
        }));
        return heard;
    }
    /// Reads what is there, however long the database takes.
    base::Result<void> read_on() const {
        base::Result<void> read;
        for (int quiet = 0; read && quiet < 10; ++quiet) {
            const BatchNumber before = journal->tail().number;
            read = journal->replay(before.next(), [](const auto&) {});
            if (journal->tail().number != before) quiet = 0;
        }
        return read;
    }
    void follow() const {
        const auto read = read_on();
        EXPECT_TRUE(read) << read.error().to_string();
    }

    base::SystemClock clock;
    journal::TempDirectory directory;
    std::vector<std::string> events;
    journal_postgres::Remote::Options options;
    std::unique_ptr<journal::FileJournal> copy;
    std::unique_ptr<journal_postgres::PostgresJournal> journal;
};

class PostgresJournalTest : public test::WithDatabase {
protected:
    void SetUp() override {
        WithDatabase::SetUp();
        const auto migrated = database::migrate(connection());
        ASSERT_TRUE(migrated) << migrated.error().to_string();
    }
    void TearDown() override {
        for (const pid_t backend : stopped_) ::kill(backend, SIGCONT);
        set_standbys("");
        WithDatabase::TearDown();
    }
    std::unique_ptr<Node> node(const std::string& name, std::chrono::nanoseconds suspicion = 5s) {
        return std::make_unique<Node>(connection_string(), name, random_, suspicion);
    }
    std::int64_t rows() { return count("SELECT count(*) FROM journal_batch"); }
    /// Backends of `name` that are about to commit and wait for a standby.
    std::int64_t waiting(const std::string& name) {
        return count("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name +
                     "' AND wait_event = 'SyncRep'");
    }
    void wait_until_waiting(const std::string& name) {
        for (int i = 0; i < 500 && waiting(name) == 0; ++i) std::this_thread::sleep_for(10ms);
        ASSERT_EQ(waiting(name), 1);
    }
    /// With a name that no standby has, every commit waits.
    void take_standbys_away() {
        set_standbys("nobody");
        // Not before the checkpointer has seen it.
        for (int i = 0; i < 500 && !does_a_commit_wait(); ++i) std::this_thread::sleep_for(10ms);
    }
    bool does_a_commit_wait() {
        pqxx::connection probe(connection_string() + " application_name=probe");
        std::atomic<bool> is_over{false};
        std::thread commit([&] {
            pqxx::nontransaction(probe).exec("SELECT pg_logical_emit_message(true, '', '')");
            is_over = true;
        });
        while (!is_over && waiting("probe") == 0) std::this_thread::sleep_for(1ms);
        const bool waits = !is_over;
        execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'probe'");
        commit.join();
        return waits;
    }
    void set_standbys(const std::string& names) {
        execute("SET synchronous_commit = local");
        execute("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
        execute("SELECT pg_reload_conf()");
        for (int i = 0; i < 500; ++i) {
            if (text("SHOW synchronous_standby_names") == names) break;
            std::this_thread::sleep_for(10ms);
        }
    }

    base::SeededRandom random_{20'261'124};
    std::vector<pid_t> stopped_;  // backends of the server
};

TEST_F(PostgresJournalTest, BeginsOnceForAll) {
    const auto first = node("first");
    const auto second = node("second");
    EXPECT_EQ(first->journal->tail().hash, second->journal->tail().hash);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(count("SELECT last_sequence FROM journal_batch"), 0);
}

TEST_F(PostgresJournalTest, WithoutTheSchemaNothingIsBegun) {
    execute("DROP TABLE schema_migration");
    base::SystemClock clock;
    const auto refused = journal_postgres::open_genesis(connection_string(), clock, random_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("0001_journal.sql"));
}

TEST_F(PostgresJournalTest, AnotherReadsWhatOneAppends) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    for (std::size_t i = 1; i <= 40; ++i) {
        ASSERT_EQ(leader->add(i), AppendOutcome::appended);
    }
    EXPECT_EQ(rows(), 41);
    follower->follow();
    EXPECT_EQ(contents(*follower->journal), contents(*leader->journal));
    EXPECT_EQ(contents(*follower->copy), contents(*leader->copy));
    const std::string chain =
        "SELECT count(*) FROM journal_batch a JOIN journal_batch b "
        "ON b.batch_number = a.batch_number + 1 AND b.previous_hash = a.hash "
        "AND b.first_sequence = a.last_sequence + 1";
    EXPECT_EQ(count(chain), 40);
}

/// I8: the primary key is the fence.
TEST_F(PostgresJournalTest, OfTwoWritersOneWins) {
    const auto first = node("first");
    const auto second = node("second");
    const auto ours = make_batch(first->journal->tail(), 1);
    const auto theirs = make_batch(second->journal->tail(), 2);
    ASSERT_EQ(first->insist(ours->batch), AppendOutcome::appended);
    EXPECT_EQ(second->insist(theirs->batch), AppendOutcome::lost_leadership);
    EXPECT_EQ(rows(), 2);
    EXPECT_EQ(second->copy->tail().number, BatchNumber(0));
}

TEST_F(PostgresJournalTest, AWriterFurtherBehindLosesToo) {
    const auto first = node("first");
    const auto second = node("second");
    for (int i = 0; i < 3; ++i) ASSERT_EQ(first->add(1), AppendOutcome::appended);
    EXPECT_EQ(second->add(2), AppendOutcome::lost_leadership);
    EXPECT_EQ(rows(), 4);
}

TEST_F(PostgresJournalTest, WithoutAStandbyWritesWaitAndGoOnByThemselves) {
    const auto leader = node("leader");
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    take_standbys_away();
    const auto batch = make_batch(leader->journal->tail(), 3);
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    }
    EXPECT_EQ(leader->journal->tail().number, BatchNumber(1));
    set_standbys("");
    EXPECT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
    EXPECT_EQ(rows(), 3);
}

TEST_F(PostgresJournalTest, ASessionThatHangsIsGivenUpOnceAndItsCommitFoundLater) {
    const auto leader = node("leader", 200ms);
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    take_standbys_away();
    const auto batch = make_batch(leader->journal->tail(), 3);
    for (int i = 0; i < 60; ++i) {
        ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    }
    EXPECT_EQ(waiting("leader"), 1);
    EXPECT_EQ(leader->journal->statistics().sessions, 2U);  // not one more for each try
    set_standbys("");
    EXPECT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
    EXPECT_EQ(rows(), 3);
}

TEST_F(PostgresJournalTest, ABackendKilledInItsCommitLeavesNoDoubt) {
    const auto leader = node("leader");
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    take_standbys_away();
    const auto batch = make_batch(leader->journal->tail(), 3);
    ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    wait_until_waiting("leader");
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'leader'");
    // Its row can be seen now, and no standby has it: not to be acknowledged.
    for (int i = 0; i < 30; ++i) {
        ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    }
    EXPECT_EQ(rows(), 3);
    set_standbys("");
    EXPECT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
    EXPECT_EQ(rows(), 3);
    EXPECT_EQ(leader->journal->tail().number, BatchNumber(2));
}

TEST_F(PostgresJournalTest, ACancelledWaitForTheStandbyIsNoSuccess) {
    const auto leader = node("leader");
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    take_standbys_away();
    const auto batch = make_batch(leader->journal->tail(), 3);
    ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    wait_until_waiting("leader");
    // The client is told success, with a warning.
    execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'leader'");
    for (int i = 0; i < 30; ++i) {
        ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    }
    set_standbys("");
    EXPECT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
    EXPECT_EQ(rows(), 3);
}

TEST_F(PostgresJournalTest, BatchesThatTheDatabaseLostArePutBackBeforeTheNext) {
    const auto leader = node("leader");
    for (int i = 0; i < 6; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    const auto before = contents(*leader->journal);
    execute("DELETE FROM journal_batch WHERE batch_number > 3");
    EXPECT_EQ(leader->add(2), AppendOutcome::appended);
    EXPECT_EQ(leader->journal->statistics().rewinds, 1U);
    EXPECT_EQ(leader->journal->statistics().reappended, 3U);
    EXPECT_THAT(leader->events, testing::Contains("journal_rewound"));
    const auto follower = node("follower");
    follower->follow();
    auto after = contents(*follower->journal);
    ASSERT_EQ(after.size(), 8U);
    after.pop_back();
    EXPECT_EQ(after, before);
}

TEST_F(PostgresJournalTest, ARewoundDatabaseThatWentOnOtherwiseIsLeftAlone) {
    const auto leader = node("leader");
    const auto other = node("other");
    for (int i = 0; i < 3; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    other->follow();
    for (int i = 0; i < 3; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    execute("DELETE FROM journal_batch WHERE batch_number > 3");
    ASSERT_EQ(other->insist(make_batch(other->journal->tail(), 5)->batch), AppendOutcome::appended);
    EXPECT_EQ(leader->add(2), AppendOutcome::lost_leadership);
    EXPECT_EQ(rows(), 5);
    EXPECT_EQ(leader->claim(), Claim::refused);
}

TEST_F(PostgresJournalTest, NobodyLeadsOnATailThatIsBehindWhatItHasSeen) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    for (int i = 0; i < 5; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    follower->follow();
    execute("DELETE FROM journal_batch WHERE batch_number > 2");
    follower->follow();  // no error: it waits for whoever leads
    EXPECT_EQ(follower->journal->tail().number, BatchNumber(5));
    EXPECT_EQ(follower->claim(), Claim::granted);
    EXPECT_EQ(rows(), 6);
    EXPECT_EQ(follower->journal->statistics().reappended, 3U);
}

TEST_F(PostgresJournalTest, NobodyLeadsWithoutABatchThatTheLeaderToldOf) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    for (int i = 0; i < 5; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    follower->follow();
    execute("DELETE FROM journal_batch WHERE batch_number > 3");
    const auto latecomer = node("latecomer");
    latecomer->follow();
    EXPECT_EQ(latecomer->claim(leader->heard_up_to(5)), Claim::refused);
    EXPECT_THAT(latecomer->events, testing::Contains("journal_takeover_refused"));
    EXPECT_EQ(follower->claim(leader->heard_up_to(5)), Claim::granted) << "its copy has them";
    EXPECT_EQ(rows(), 6);
}

TEST_F(PostgresJournalTest, TheLeaderTellsOfEachBatchBeforeItIsAnswered) {
    const auto leader = node("leader");
    std::vector<std::uint64_t> told;
    leader->journal->tell_followers_by([&](const journal::BatchHeader& durable) {
        EXPECT_EQ(rows(), static_cast<std::int64_t>(durable.number.value()) + 1);
        EXPECT_EQ(leader->copy->tail().number.next(), durable.number) << "not before they know";
        told.push_back(durable.number.value());
    });
    for (int i = 0; i < 3; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    EXPECT_THAT(told, testing::ElementsAre(1, 2, 3));
}

/// The leader dies telling of a batch that the standby lacks: nobody heard of it, the follower
/// leads without it, and the leader must be able to follow when it comes back.
TEST_F(PostgresJournalTest, ALeaderThatDiedTellingFollowsWhoeverLeadsWithoutItsBatch) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    ASSERT_EQ(leader->claim(), Claim::granted);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    follower->follow();
    const Heard heard = follower->heard_up_to(3);
    leader->journal->tell_followers_by([](const auto&) { throw std::runtime_error("killed"); });
    EXPECT_THROW(static_cast<void>(leader->add(2)), std::runtime_error);
    EXPECT_EQ(rows(), 5);
    leader->restart();
    execute("DELETE FROM journal_batch WHERE batch_number > 3");
    promote_a_standby();
    ASSERT_EQ(follower->claim(heard), Claim::granted);
    ASSERT_EQ(follower->add(1), AppendOutcome::appended);
    leader->follow();
    EXPECT_EQ(leader->journal->tail().hash, follower->journal->tail().hash);
}

/// Leader and primary are lost together, and the standby that was promoted lacks nothing.
TEST_F(PostgresJournalTest, AfterAPromotionWhoHeardTheLastLeads) {
    auto leader = node("leader");
    const auto follower = node("follower");
    ASSERT_EQ(leader->claim(), Claim::granted);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    follower->follow();
    leader.reset();
    promote_a_standby();
    EXPECT_EQ(follower->claim(), Claim::refused) << "it heard nothing";
    EXPECT_EQ(follower->claim(follower->heard_up_to(3)), Claim::refused)
        << "the leader went on without telling it";
    Heard other = follower->heard_up_to(5);
    other.epoch = other.epoch.next();
    EXPECT_EQ(follower->claim(other), Claim::refused) << "of another leader";
    other = follower->heard_up_to(5);
    other.hash[0] ^= 1;
    EXPECT_EQ(follower->claim(other), Claim::refused) << "of another batch";
    EXPECT_EQ(follower->claim(follower->heard_up_to(4)), Claim::granted)
        << "one batch may be there untold";
    EXPECT_EQ(follower->claim(follower->heard_up_to(5)), Claim::granted);
    EXPECT_EQ(follower->add(1), AppendOutcome::appended);
}

TEST_F(PostgresJournalTest, AfterAPromotionALeaderThatIsThereHasItsTurn) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    ASSERT_EQ(leader->claim(), Claim::granted);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    follower->follow();
    promote_a_standby();
    Heard heard = follower->heard_up_to(3);
    heard.is_connected = true;
    EXPECT_EQ(follower->claim(heard), Claim::refused);
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    follower->follow();
    EXPECT_EQ(follower->claim(follower->heard_up_to(4)), Claim::taken) << "it took its lock again";

    promote_a_standby();
    heard = follower->heard_up_to(4);
    heard.is_connected = true;
    Claim claimed = follower->claim(heard);
    EXPECT_EQ(claimed, Claim::refused);
    for (int i = 0; i < 1'000 && claimed == Claim::refused; ++i) {
        std::this_thread::sleep_for(10ms);
        claimed = follower->claim(heard);
    }
    EXPECT_EQ(claimed, Claim::granted) << "it did not take its turn";
}

TEST(StandingTest, OnlyTheSameTimelineFurtherOnCertainlyHoldsEverything) {
    const journal_postgres::Standing seen{.system = 1, .timeline = 2, .position = 100};
    EXPECT_TRUE((journal_postgres::Standing{1, 2, 100}).continues(seen));
    EXPECT_TRUE((journal_postgres::Standing{1, 2, 101}).continues(seen));
    EXPECT_FALSE((journal_postgres::Standing{1, 2, 99}).continues(seen));
    EXPECT_FALSE((journal_postgres::Standing{1, 1, 200}).continues(seen));
    EXPECT_FALSE((journal_postgres::Standing{1, 3, 200}).continues(seen)) << "promoted since";
    EXPECT_FALSE((journal_postgres::Standing{2, 2, 200}).continues(seen));
}

TEST_F(PostgresJournalTest, AFollowerWhoseBatchWasReplacedSaysSo) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    follower->follow();
    execute(
        "UPDATE journal_batch SET hash = decode(repeat('ab', 32), 'hex') "
        "WHERE batch_number = 1");
    const auto read = follower->read_on();
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().to_string(), HasSubstr("journal_batch 1: is another batch"));
}

TEST_F(PostgresJournalTest, ARowThatWasChangedIsNamed) {
    const auto leader = node("leader");
    for (int i = 0; i < 3; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    const auto read_by_another = [&] {
        const auto follower = node("follower");
        return follower->read_on();
    };
    EXPECT_TRUE(read_by_another());
    for (const char* change : {"payload = set_byte(payload, 170, 1 - get_byte(payload, 170) % 2)",
                               "payload = substr(payload, 1, length(payload) - 1)", "payload = ''",
                               "hash = decode(repeat('cd', 32), 'hex')"}) {
        execute("CREATE TABLE kept AS SELECT * FROM journal_batch WHERE batch_number = 2");
        execute(std::string("UPDATE journal_batch SET ") + change + " WHERE batch_number = 2");
        const auto read = read_by_another();
        ASSERT_FALSE(read) << change;
        EXPECT_THAT(read.error().to_string(), HasSubstr("journal_batch 2: ")) << change;
        execute(
            "UPDATE journal_batch j SET payload = k.payload, hash = k.hash FROM kept k "
            "WHERE j.batch_number = 2");
        execute("DROP TABLE kept");
    }
    EXPECT_TRUE(read_by_another());
}

TEST_F(PostgresJournalTest, OneHoldsTheLockAndItsEndFreesIt) {
    auto leader = node("leader");
    const auto follower = node("follower");
    EXPECT_EQ(leader->claim(), Claim::granted);
    EXPECT_EQ(leader->claim(), Claim::granted);
    EXPECT_EQ(follower->claim(), Claim::taken);
    ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    leader.reset();
    Claim claimed = Claim::taken;
    for (int i = 0; i < 200 && claimed != Claim::granted; ++i) claimed = follower->claim();
    EXPECT_EQ(claimed, Claim::granted);
}

TEST_F(PostgresJournalTest, AHolderThatIsFrozenLosesTheLock) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    ASSERT_EQ(leader->claim(), Claim::granted);
    Claim claimed = Claim::taken;  // the leader does nothing meanwhile
    for (int i = 0; i < 1'000 && claimed != Claim::granted; ++i) {
        claimed = follower->claim();
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_EQ(claimed, Claim::granted);
    follower->follow();
    ASSERT_EQ(follower->add(1), AppendOutcome::appended);
    EXPECT_EQ(leader->add(2), AppendOutcome::lost_leadership);
}

TEST_F(PostgresJournalTest, TheLeaderSaysWhereItIs) {
    const auto leader = node("leader");
    const auto follower = node("follower");
    auto batch = make_batch(leader->journal->tail(), 1);
    batch->batch.header.epoch = base::Epoch(3);
    batch->batch.header.hash = journal::hash_of(batch->batch);
    ASSERT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
    follower->follow();
    EXPECT_EQ(follower->journal->leader(), "");
    leader->journal->announce(base::Epoch(3), "10.0.0.1:7400");
    follower->follow();
    EXPECT_EQ(follower->journal->leader(), "10.0.0.1:7400");
}

TEST_F(PostgresJournalTest, WhoeverWasFasterIsNotAppendedOver) {
    const auto leader = node("leader");
    for (int i = 0; i < 4; ++i) ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    const BatchNumber last = leader->copy->tail().number;
    execute("DELETE FROM journal_batch WHERE batch_number > 2");
    const auto held = journal_postgres::held_of(connection(), *leader->copy, last);
    ASSERT_TRUE(held) << held.error().to_string();
    EXPECT_EQ(held->extent, journal_postgres::Extent::beginning);
    const auto put_back = [&] {
        return journal_postgres::put_back(connection(), *leader->copy, *held, last);
    };
    EXPECT_EQ(put_back().value(), 2U);
    EXPECT_EQ(put_back().value(), std::nullopt) << "they are there meanwhile";
    execute("DELETE FROM journal_batch WHERE batch_number > 1");
    EXPECT_EQ(put_back().value(), std::nullopt) << "what they follow is gone meanwhile";
    EXPECT_EQ(rows(), 2);
}

TEST_F(PostgresJournalTest, ACopyIsBegunWhereSomebodyVouchesForTheDatabase) {
    EXPECT_TRUE(journal_postgres::check_copy(connection_string(), true)) << "nothing is there yet";
    auto leader = node("leader");
    EXPECT_TRUE(journal_postgres::check_copy(connection_string(), true)) << "only genesis";
    ASSERT_EQ(leader->add(2), AppendOutcome::appended);
    const auto refused = journal_postgres::check_copy(connection_string(), true);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(),
                HasSubstr("holds batches up to 1, and no switch leads"));
    EXPECT_TRUE(journal_postgres::check_copy(connection_string(), false));
    ASSERT_EQ(leader->claim(), Claim::granted);
    EXPECT_TRUE(journal_postgres::check_copy(connection_string(), true));
}

TEST_F(PostgresJournalTest, ADatabaseThatLostItsWholeJournalIsNotBegunAnew) {
    EXPECT_TRUE(journal_postgres::check_copy(connection_string(), true));
    const auto refused = journal_postgres::check_copy(connection_string(), false);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("ayctl journal restore"));
    EXPECT_EQ(rows(), 0);
}

/// A machine that stands still answers nothing and ends no connection.
TEST_F(PostgresJournalTest, AServerThatStandsStillHoldsNobodyUp) {
    const auto leader = node("leader", 300ms);
    const auto follower = node("follower", 300ms);
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    follower->follow();
    execute("SET synchronous_commit = local");
    const auto stop = [&](const char* name, int signal) {
        const auto backend = count("SELECT pid FROM pg_stat_activity WHERE application_name = '" +
                                   std::string(name) + "'");
        ASSERT_EQ(::kill(static_cast<pid_t>(backend), signal), 0);
        stopped_.push_back(static_cast<pid_t>(backend));
    };
    stop("leader", SIGSTOP);
    stop("follower", SIGSTOP);
    const auto batch = make_batch(leader->journal->tail(), 1);
    EXPECT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    follower->follow();  // returns
    EXPECT_EQ(follower->journal->tail().number, BatchNumber(1));
    // Given up, and another session asked. What the first was sent arrives later, and is refused.
    EXPECT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
    EXPECT_EQ(leader->journal->statistics().sessions, 2U);
    follower->follow();
    EXPECT_EQ(follower->journal->tail().number, BatchNumber(2));
    for (const pid_t backend : stopped_) ::kill(backend, SIGCONT);
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    EXPECT_EQ(rows(), 4);
}

TEST_F(PostgresJournalTest, ACopyOfAnotherJournalIsRefused) {
    base::SystemClock clock;
    const journal::TempDirectory directory;
    const journal::FileJournal::Options options{.directory = directory.path() / "journal",
                                                .segment_bytes = 8 << 20,
                                                .low_water_bytes = 0,
                                                .sync = false};
    ASSERT_TRUE(journal::FileJournal::open(options, clock, random_));
    const auto genesis = journal_postgres::open_genesis(connection_string(), clock, random_);
    ASSERT_TRUE(genesis);
    auto as_copy = options;
    as_copy.genesis = genesis->batch();
    const auto refused = journal::FileJournal::open(as_copy, clock, random_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("holds another journal"));
}

TEST_F(PostgresJournalTest, ADatabaseThatIsAwayIsDoubtAndNoCrash) {
    const auto leader = node("leader");
    ASSERT_EQ(leader->add(1), AppendOutcome::appended);
    execute("ALTER TABLE journal_batch RENAME TO elsewhere");
    const auto batch = make_batch(leader->journal->tail(), 1);
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    }
    for (int i = 0; i < 200 && leader->journal->statistics().is_connected; ++i) {
        ASSERT_EQ(leader->journal->append(batch->batch), AppendOutcome::in_doubt);
    }
    EXPECT_FALSE(leader->journal->statistics().is_connected);
    execute("ALTER TABLE elsewhere RENAME TO journal_batch");
    EXPECT_EQ(leader->insist(batch->batch), AppendOutcome::appended);
}

}  // namespace
}  // namespace ayni
