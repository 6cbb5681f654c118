#include "projectord/run.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "journal_postgres/batch_rows.h"
#include "projectord/watch.h"
#include "snapshot/shelf.h"
#include "unit/journal/journal_fixture.h"
#include "unit/projection/projection_fixture.h"

namespace ayni {
namespace {

using base::BatchNumber;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// What main makes of signals.
class Stop {
public:
    bool within(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, time, [&] { return is_asked_; });
    }
    void ask() {
        const std::lock_guard lock(mutex_);
        is_asked_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_asked_ = false;
};

/// Books, and a journal in the same database or in files.
class RunTest : public test::WithBooks {
protected:
    void SetUp() override {
        WithBooks::SetUp();
        execute("SET synchronous_commit = off");  // of what the tests themselves write
        // A process takes the limits from the journal.
        test::TimedBatch start{.time = {test::WrittenJournal::genesis_ns}, .commands = {}};
        start.commands.add(ledger::Started{.epoch = 1},
                           ledger::limits_of(test::WrittenJournal::tables()));
        written_.append(start);
    }

    [[nodiscard]] config::ProjectorConfig config() const {
        config::ProjectorConfig config;
        config.journal.directory = files_.path() / "journal";
        config.database.connection = connection_string();
        config.database.retry_at_most_milliseconds = 100;
        config.projection.rows_per_transaction = 40;
        config.projection.poll_milliseconds = 1;
        return config;
    }
    [[nodiscard]] config::ProjectorConfig config_of_rows() const {
        auto config = this->config();
        config.journal.database = connection_string();
        return config;
    }

    /// The rows of `journal` from batch `first` on.
    void append_rows(const journal::Journal& journal, BatchNumber first = BatchNumber(0)) {
        const auto done = journal.replay(first, [&](const journal::Batch& batch) {
            const auto encoded = journal_postgres::encode(batch);
            if (batch.header.number.is_zero()) {
                ASSERT_TRUE(journal_postgres::add_genesis(connection(), encoded));
            } else {
                ASSERT_TRUE(journal_postgres::append_row(connection(), encoded));
            }
        });
        ASSERT_TRUE(done) << done.error().to_string();
    }
    void write_files(const journal::Journal& from) {
        base::SystemClock clock;
        base::SeededRandom random{1};
        std::unique_ptr<journal::FileJournal> to;
        const auto done = from.replay(BatchNumber(0), [&](const journal::Batch& batch) {
            if (batch.header.number.is_zero()) {
                auto opened = journal::FileJournal::open({.directory = files_.path() / "journal",
                                                          .segment_bytes = 8 << 20,
                                                          .low_water_bytes = 0,
                                                          .sync = false,
                                                          .genesis = batch},
                                                         clock, random);
                ASSERT_TRUE(opened) << opened.error().to_string();
                to = std::move(*opened);
            } else {
                ASSERT_EQ(to->append(batch), journal::AppendOutcome::appended);
            }
        });
        ASSERT_TRUE(done) << done.error().to_string();
    }

    std::string run_once(const config::ProjectorConfig& config,
                         projectord::Run::Mode mode = projectord::Run::Mode::once) {
        projectord::Figures figures;
        projectord::Run run(config, clock_, [](auto) { return false; }, figures);
        const auto done = run.run(mode);
        return done ? "" : done.error().to_string();
    }

    /// Waits until the books are where `written_` ends.
    void wait_for_books() {
        const auto end = static_cast<std::int64_t>(written_.journal.tail().number.value());
        std::int64_t batch = -1;
        for (int i = 0; i < 6'000 && batch != end; ++i) {
            batch = count("SELECT coalesce(max(batch_number), -1) FROM projection_cursor");
            if (batch != end) std::this_thread::sleep_for(10ms);
        }
        ASSERT_EQ(batch, end);
    }

    base::SystemClock clock_;
    journal::TempDirectory files_;
    test::WrittenJournal written_;
};

/// A run on a thread of its own, until it is destroyed.
class Following {
public:
    Following(const config::ProjectorConfig& config, const base::Clock& clock)
        : config_(config),
          run_(
              config_, clock, [this](auto time) { return stop_.within(time); }, figures),
          thread_([this] {
              const auto done = run_.run(projectord::Run::Mode::follow);
              if (!done) why_ = done.error().to_string();
          }) {}
    ~Following() { static_cast<void>(stop()); }
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

    /// What it ended with.
    std::string stop() {
        stop_.ask();
        return wait();
    }
    std::string wait() {
        if (thread_.joinable()) thread_.join();
        return why_;
    }

    projectord::Figures figures;

private:
    const config::ProjectorConfig config_;
    Stop stop_;
    std::string why_;
    projectord::Run run_;
    std::thread thread_;
};

TEST_F(RunTest, BothKindsOfJournalGiveTheSameBooks) {
    written_.append_random(1, 200);
    ASSERT_TRUE(project(written_, 1));
    const std::string one_by_one = checksums();
    append_rows(written_.journal);
    write_files(written_.journal);
    for (const auto& config : {config(), config_of_rows()}) {
        EXPECT_EQ(run_once(config, projectord::Run::Mode::rebuild), "");
        EXPECT_EQ(checksums(), one_by_one);
        EXPECT_EQ(run_once(config), "");
        EXPECT_EQ(checksums(), one_by_one);
        projectord::Watch watch(config);
        const auto newest = watch.newest();
        ASSERT_TRUE(newest);
        EXPECT_EQ(newest->hash, written_.journal.tail().hash);
    }
}

/// Connections of both sides are cut again and again, amid transactions and between them.
TEST_F(RunTest, FollowsThroughLostConnections) {
    append_rows(written_.journal);
    Following following(config_of_rows(), clock_);
    test::RandomCommands random(2);
    base::SeededRandom chance{3};
    for (int round = 0; round < 40; ++round) {
        const BatchNumber first = written_.journal.tail().number.next();
        for (int i = 0; i < 25; ++i) written_.append(random.next());
        append_rows(written_.journal, first);
        if (round % 4 == 0) wait_for_books();
        const std::string name = chance.below(2) == 0 ? "ayni projection" : "ayni-projection";
        execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = '" +
            name + "'");
    }
    wait_for_books();
    EXPECT_GT(following.figures.errors.load(), 0U);
    EXPECT_EQ(following.stop(), "");
    EXPECT_EQ(following.figures.postings.load() > 0, true);
    const std::string followed = checksums();
    execute("SELECT clear_books()");
    ASSERT_TRUE(project(written_, 1));
    EXPECT_EQ(checksums(), followed);
}

/// What can not be written is tried again while more is gathered, and nothing is written twice.
TEST_F(RunTest, ATransactionThatFailsIsTriedAgain) {
    written_.append_random(4, 120);
    append_rows(written_.journal);
    ASSERT_TRUE(project(written_, 40));
    const std::string whole = checksums();
    execute("SELECT clear_books()");
    execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$; "
        "CREATE TRIGGER refuse BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION refuse()");
    EXPECT_THAT(run_once(config_of_rows()), HasSubstr("database: ERROR:  no"));
    Following following(config_of_rows(), clock_);
    for (int i = 0; i < 6'000 && following.figures.errors < 3; ++i) {
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_GE(following.figures.errors.load(), 3U);
    execute("DROP TRIGGER refuse ON transfer");
    wait_for_books();
    EXPECT_EQ(following.stop(), "");
    EXPECT_EQ(checksums(), whole);
}

TEST_F(RunTest, AJournalOutOfReach) {
    auto config = config_of_rows();
    config.journal.database = "host=127.0.0.1 port=1 dbname=ayni";
    EXPECT_THAT(run_once(config), HasSubstr("journal.database: "));
    EXPECT_FALSE(projectord::Watch(config).newest());
    Following following(config, clock_);
    for (int i = 0; i < 6'000 && following.figures.errors < 2; ++i) {
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_GE(following.figures.errors.load(), 2U);
    EXPECT_FALSE(following.figures.is_connected);
    EXPECT_EQ(following.stop(), "");
}

TEST_F(RunTest, ADatabaseWithoutAJournal) {
    EXPECT_EQ(run_once(config_of_rows()), "journal.database: holds no journal");
}

/// The books are ahead of a journal that went back in time, with or without another future.
TEST_F(RunTest, NothingIsWrittenOnTopOfAnotherPast) {
    written_.append_random(5, 60);
    append_rows(written_.journal);
    Following following(config_of_rows(), clock_);
    wait_for_books();
    const std::string before = checksums();
    execute("DELETE FROM journal_batch WHERE batch_number > 50");
    EXPECT_EQ(following.wait(),
              "journal_batch 61: was read, and is not there any more: the database went back in "
              "time");
    EXPECT_EQ(
        run_once(config_of_rows()),
        "books: are at batch 61, which is not in the journal: the database went back in time");

    test::WrittenJournal other;
    test::TimedBatch start{.time = {test::WrittenJournal::genesis_ns}, .commands = {}};
    start.commands.add(ledger::Started{.epoch = 1},
                       ledger::limits_of(test::WrittenJournal::tables()));
    other.append(start);
    other.append_random(6, 100);
    execute("DELETE FROM journal_batch WHERE batch_number > 0");
    append_rows(other.journal, BatchNumber(1));
    EXPECT_EQ(run_once(config_of_rows()),
              "books: belong to another journal: they were written from another batch 61; build "
              "them again with `projectord --rebuild`");
    execute("DELETE FROM journal_batch");
    append_rows(test::WrittenJournal(9).journal);
    EXPECT_EQ(run_once(config_of_rows()),
              "books: belong to another journal: their genesis is not this one's");
    EXPECT_EQ(checksums(), before);

    execute("DELETE FROM journal_batch");
    append_rows(other.journal);
    EXPECT_EQ(run_once(config_of_rows(), projectord::Run::Mode::rebuild), "");
    EXPECT_NE(checksums(), before);
}

/// With rows of a database a directory gives its snapshots: what is before them is not read.
TEST_F(RunTest, ASnapshotSavesTheReplayOfRows) {
    written_.append_random(7, 60);
    append_rows(written_.journal);
    EXPECT_EQ(run_once(config_of_rows()), "");
    const snapshot::Shelf shelf(snapshot::directory_of(config().journal.directory));
    const auto take = [&](std::uint64_t batch, const journal::Hash& hash) {
        const auto taken = shelf.take(
            *written_.ledger_behind(BatchNumber(batch)),
            {.journal = written_.genesis(), .batch_hash = hash, .batch = batch}, {.keep = 9});
        ASSERT_TRUE(taken) << taken.error().to_string();
    };
    written_.append_random(8, 20);
    append_rows(written_.journal, BatchNumber(62));
    const auto headers = written_.headers();
    take(30, headers[30].hash);
    take(40, headers[41].hash);  // of another past
    take(70, headers[70].hash);  // past the books
    execute("DELETE FROM journal_batch WHERE batch_number BETWEEN 1 AND 29");
    EXPECT_EQ(run_once(config_of_rows()), "");
    const std::string went_on = checksums();
    execute("SELECT clear_books()");
    ASSERT_TRUE(project(written_, 1));
    EXPECT_EQ(checksums(), went_on);
}

}  // namespace
}  // namespace ayni
