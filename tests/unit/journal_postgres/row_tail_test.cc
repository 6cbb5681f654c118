#include "journal_postgres/row_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mark.h"
#include "database/migrations.h"
#include "journal_postgres/batch_rows.h"
#include "lib/test_database.h"
#include "unit/journal/journal_fixture.h"

namespace ayni {
namespace {

using base::BatchNumber;
using journal::make_batch;
using journal_postgres::RowTail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class RowTailTest : public test::WithDatabase {
protected:
    void SetUp() override {
        WithDatabase::SetUp();
        ASSERT_TRUE(database::migrate(connection()));
    }

    [[nodiscard]] RowTail::Options options() const {
        return {.database = connection_string(), .name = "tail"};
    }

    void begin() {
        std::array<std::byte, journal::genesis_payload_bytes> payload{};
        const journal::Batch genesis = journal::make_genesis({1}, {2}, {1'000}, payload);
        ASSERT_TRUE(journal_postgres::add_genesis(connection(), journal_postgres::encode(genesis)));
        headers_ = {genesis.header};
    }
    void append(std::size_t batches, std::size_t commands = 3) {
        for (std::size_t i = 0; i < batches; ++i) {
            const auto made = make_batch(headers_.back(), commands);
            ASSERT_TRUE(
                journal_postgres::append_row(connection(), journal_postgres::encode(made->batch)));
            headers_.push_back(made->batch.header);
        }
    }
    /// As a server would be that was restored from a backup taken behind `last`.
    void go_back_to(std::uint64_t last) {
        execute("DELETE FROM journal_batch WHERE batch_number > " + std::to_string(last));
        headers_.resize(last + 1);
    }

    std::vector<std::uint64_t> read(RowTail& tail, std::size_t at_most = 1'000'000) {
        std::vector<std::uint64_t> numbers;
        const auto done = tail.read([&](const journal::Batch& batch) {
            EXPECT_EQ(batch.header.hash, headers_[batch.header.number.value()].hash);
            EXPECT_EQ(journal::hash_of(batch), batch.header.hash);
            numbers.push_back(batch.header.number.value());
            return numbers.size() < at_most;
        });
        EXPECT_TRUE(done) << done.error().to_string();
        EXPECT_FALSE(tail.is_away());
        return numbers;
    }
    /// What a read ends with, and that nothing was visited.
    static std::string refusal(RowTail& tail) {
        const auto done = tail.read([](const journal::Batch& batch) {
            ADD_FAILURE() << "visited batch " << batch.header.number.value();
            return true;
        });
        return done ? std::string() : done.error().to_string();
    }

    std::vector<journal::BatchHeader> headers_;
};

TEST_F(RowTailTest, GoesOnWhereItEnded) {
    begin();
    RowTail tail(options());
    EXPECT_EQ(*tail.genesis(), headers_[0].hash);
    EXPECT_THAT(read(tail), ElementsAre(0));
    EXPECT_THAT(read(tail), IsEmpty());
    append(2);
    EXPECT_EQ(tail.newest()->hash, headers_[2].hash);
    EXPECT_EQ(tail.newest()->timestamp.nanoseconds, headers_[2].timestamp.nanoseconds);
    EXPECT_EQ(tail.newest()->last_sequence(), headers_[2].last_sequence());
    EXPECT_THAT(read(tail, 1), ElementsAre(1));
    EXPECT_THAT(read(tail), ElementsAre(2));
    // More than are asked for at once, ended anywhere.
    append(50);
    std::vector<std::uint64_t> numbers = read(tail, 20);
    EXPECT_EQ(numbers.back(), 22U);
    numbers = read(tail);
    EXPECT_EQ(numbers.size(), 30U);
    EXPECT_EQ(numbers.back(), 52U);
    EXPECT_THAT(read(tail), IsEmpty());
}

TEST_F(RowTailTest, BeginsBehindAnyBatch) {
    begin();
    append(5);
    RowTail tail(options());
    EXPECT_EQ(*tail.look_at(BatchNumber(3), headers_[3].hash), RowTail::Place::same);
    EXPECT_EQ(*tail.look_at(BatchNumber(3), headers_[2].hash), RowTail::Place::another);
    EXPECT_EQ(*tail.look_at(BatchNumber(6), headers_[3].hash), RowTail::Place::missing);
    EXPECT_FALSE(tail.go_behind(BatchNumber(3), headers_[2].hash));
    EXPECT_FALSE(tail.go_behind(BatchNumber(6), headers_[2].hash));
    EXPECT_FALSE(tail.is_away());
    ASSERT_TRUE(tail.go_behind(BatchNumber(3), headers_[3].hash));
    EXPECT_THAT(read(tail), ElementsAre(4, 5));
}

TEST_F(RowTailTest, WithoutAJournal) {
    RowTail tail(options());
    EXPECT_EQ(tail.genesis().error().to_string(), "journal.database: holds no journal");
    EXPECT_FALSE(tail.is_away());
    EXPECT_FALSE(tail.newest());
    EXPECT_THAT(read(tail), IsEmpty());
}

TEST_F(RowTailTest, DamageIsNamed) {
    begin();
    append(3);
    for (const auto& [statement, why] : std::vector<std::pair<std::string, std::string>>{
             {"payload = set_byte(payload, 200, 255 - get_byte(payload, 200))",
              "journal_batch 2: does not verify by its checksum"},
             {"hash = previous_hash", "journal_batch 2: is not the one whose hash its row names"},
             {"payload = (SELECT payload FROM journal_batch WHERE batch_number = 1)",
              "journal_batch 2: stands in another's row"}}) {
        RowTail tail(options());
        EXPECT_THAT(read(tail, 2), ElementsAre(0, 1));
        execute("CREATE TEMP TABLE kept AS SELECT * FROM journal_batch WHERE batch_number = 2");
        execute("UPDATE journal_batch SET " + statement + " WHERE batch_number = 2");
        EXPECT_EQ(refusal(tail), why);
        EXPECT_FALSE(tail.is_away());
        execute("DELETE FROM journal_batch WHERE batch_number = 2");
        execute("INSERT INTO journal_batch SELECT * FROM kept");
        execute("DROP TABLE kept");
        EXPECT_THAT(read(tail), ElementsAre(2, 3));
    }
    // Each row is whole, and one is not there.
    execute("DELETE FROM journal_batch WHERE batch_number = 2");
    RowTail tail(options());
    EXPECT_THAT(read(tail, 2), ElementsAre(0, 1));
    EXPECT_THAT(refusal(tail), HasSubstr("journal_batch 3: it "));
}

/// Rows that were read are gone, come back, and are others at last.
TEST_F(RowTailTest, ADatabaseThatWentBackInTime) {
    begin();
    append(5);
    RowTail tail(options());
    EXPECT_EQ(read(tail).size(), 6U);
    execute("CREATE TEMP TABLE kept AS SELECT * FROM journal_batch WHERE batch_number > 3");
    go_back_to(3);
    EXPECT_EQ(
        refusal(tail),
        "journal_batch 5: was read, and is not there any more: the database went back in time");
    EXPECT_FALSE(tail.is_away());
    append(1, 1);  // another history, not as long yet
    EXPECT_THAT(refusal(tail), HasSubstr("is not there any more"));
    append(1, 1);
    EXPECT_EQ(refusal(tail),
              "journal_batch 5: is another batch than the one that was read: the database has "
              "another history");
    append(1, 1);
    EXPECT_THAT(refusal(tail), HasSubstr("another history"));
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal_postgres.tail_met_another_past"), 4U);
#endif
    // Put back, as a leader does that has a copy.
    execute("DELETE FROM journal_batch WHERE batch_number > 3");
    execute("INSERT INTO journal_batch SELECT * FROM kept");
    EXPECT_EQ(refusal(tail), "");
}

TEST_F(RowTailTest, ALostConnectionIsMadeAgain) {
    begin();
    append(2);
    RowTail tail(options());
    EXPECT_EQ(read(tail).size(), 3U);
    const auto cut = [&] {
        execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE application_name = 'tail'");
    };
    cut();
    append(2);
    EXPECT_NE(refusal(tail), "");
    EXPECT_TRUE(tail.is_away());
    EXPECT_THAT(read(tail), ElementsAre(3, 4));
    cut();
    EXPECT_FALSE(tail.newest());
    EXPECT_TRUE(tail.is_away());
    EXPECT_EQ(tail.newest()->number.value(), 4U);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("journal_postgres.tail_lost_its_session"), 2U);
#endif
    // What a session finds out about the journal is asked again by the next one.
    cut();
    go_back_to(3);
    EXPECT_NE(refusal(tail), "");
    EXPECT_TRUE(tail.is_away());
    EXPECT_THAT(refusal(tail), HasSubstr("went back in time"));
    EXPECT_FALSE(tail.is_away());
}

TEST_F(RowTailTest, ADatabaseThatIsNotThere) {
    RowTail tail({.database = "host=127.0.0.1 port=1 dbname=ayni", .name = "tail"});
    EXPECT_FALSE(tail.genesis());
    EXPECT_TRUE(tail.is_away());
    EXPECT_THAT(refusal(tail), HasSubstr("journal.database: "));
    EXPECT_TRUE(tail.is_away());
}

/// A standby, or whatever else takes no writes: it may lack what is durable, and show what is not.
TEST_F(RowTailTest, OnlyAPrimaryIsRead) {
    begin();
    const std::string alter = "ALTER DATABASE " + text("SELECT current_database()");
    execute(alter + " SET default_transaction_read_only = on");
    RowTail tail(options());
    EXPECT_NE(refusal(tail), "");
    EXPECT_TRUE(tail.is_away());
    execute(alter + " RESET default_transaction_read_only");
    EXPECT_THAT(read(tail), ElementsAre(0));
}

/// Rows of a server that no standby confirms may be lost with it: they are not read.
TEST_F(RowTailTest, NothingThatNoStandbyConfirms) {
    begin();
    const auto name_standbys = [&](const std::string& names) {
        execute("SET synchronous_commit = local");
        execute("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
        execute("SELECT pg_reload_conf()");
    };
    name_standbys("nobody");
    auto impatient = options();
    impatient.confirmed_within = 50ms;
    // Not before the checkpointer has seen the setting does a commit wait.
    std::string why;
    for (int i = 0; i < 1'000 && why.empty(); ++i) {
        RowTail tail(impatient);
        const auto genesis = tail.genesis();
        if (genesis) continue;
        why = genesis.error().to_string();
        EXPECT_TRUE(tail.is_away());
    }
    EXPECT_EQ(why, "journal.database: no standby confirms what it holds");
    name_standbys("");
    why = "not tried";
    RowTail tail(impatient);
    for (int i = 0; i < 1'000 && !why.empty(); ++i) {
        const auto genesis = tail.genesis();
        why = genesis ? "" : genesis.error().to_string();
    }
    EXPECT_EQ(why, "");
    EXPECT_THAT(read(tail), ElementsAre(0));
}

}  // namespace
}  // namespace ayni
