#include "projection/book_reader.h"

#include <atomic>
#include <mutex>
#include <thread>

#include "projection_fixture.h"

namespace ayni {
namespace {

using history::Failure;
using projection::BookReader;
using testing::HasSubstr;

const std::string where_are_they =
    fmt::format("SELECT {} FROM projection_cursor AS books", BookReader::cursor_columns);

class BookReaderTest : public test::WithBooks {
protected:
    void SetUp() override {
        test::WithBooks::SetUp();
        written_.append_random(31, 60);
        ASSERT_TRUE(project(written_, 50));
    }
    [[nodiscard]] std::unique_ptr<BookReader> open(const std::string& connection,
                                                   const journal::Hash& journal) {
        auto reader =
            BookReader::open({.connection = connection,
                              .journal = journal,
                              .sessions = 3,
                              .pause = std::chrono::milliseconds(0),
                              .note =
                                  [this](std::string_view event, std::string_view why) {
                                      const std::lock_guard lock(mutex_);
                                      notes_.push_back(std::string(event) + " " + std::string(why));
                                  }},
                             clock_);
        EXPECT_TRUE(reader) << reader.error().to_string();
        return std::move(*reader);
    }
    [[nodiscard]] std::unique_ptr<BookReader> open() {
        return open(connection_string(), written_.genesis());
    }
    [[nodiscard]] std::size_t notes_of(const std::string& event) {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::count_if(notes_.begin(), notes_.end(),
                          [&](const std::string& note) { return note.starts_with(event); }));
    }
    void wait_until(const std::function<bool()>& condition) {
        for (int i = 0; i < 60'000 && !condition(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        ASSERT_TRUE(condition());
    }

    base::SystemClock clock_;
    test::WrittenJournal written_;

private:
    std::mutex mutex_;
    std::vector<std::string> notes_;
};

TEST_F(BookReaderTest, LooksByItselfHowFarTheBooksAre) {
    const auto reader = open();
    wait_until([&] { return reader->is_connected(); });
    EXPECT_EQ(reader->standing().sequence, written_.ledger.last_sequence());
    EXPECT_EQ(reader->standing().time.nanoseconds / 1'000,
              written_.journal.tail().timestamp.nanoseconds / 1'000);
    written_.append_random(32, 5);
    ASSERT_TRUE(project(written_, 50));
    wait_until([&] { return reader->standing().sequence == written_.ledger.last_sequence(); });
    EXPECT_EQ(notes_of("history_found"), 1U);
}

TEST_F(BookReaderTest, IsAskedByManyThreadsAtOnce) {
    const auto reader = open();
    std::atomic<std::size_t> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 30; ++j) {
                const auto answer = reader->ask(where_are_they, {});
                if (!answer || answer->books.sequence != written_.ledger.last_sequence()) ++wrong;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0U);
}

/// Sessions that were cut are opened again by whoever asks next.
TEST_F(BookReaderTest, OutlivesItsSessions) {
    const auto reader = open();
    ASSERT_TRUE(reader->ask(where_are_they, {}));
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    const auto answer = reader->ask(where_are_they, {});
    ASSERT_TRUE(answer) << answer.error().error.to_string();
    EXPECT_EQ(answer->books.sequence, written_.ledger.last_sequence());
}

TEST_F(BookReaderTest, ADatabaseThatIsAwayIsAFailureAndIsFoundAgain) {
    // A database of another name is not there, and then it is.
    const std::string name = "late_" + text("SELECT current_database()");
    const std::string connection = connection_string() + " dbname=" + name;
    const auto reader = open(connection, written_.genesis());
    const auto refused = reader->ask(where_are_they, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Failure::Kind::unavailable);
    EXPECT_EQ(refused.error().error.field, "history.database");
    EXPECT_THAT(refused.error().error.message, HasSubstr(name));
    EXPECT_FALSE(reader->is_connected());
    EXPECT_TRUE(reader->standing().sequence.is_zero());
    execute("CREATE DATABASE " + name);
    wait_until([&] {
        const auto answer = reader->ask(where_are_they, {});
        return !answer &&
               answer.error().error.message.find("ayctl schema migrate") != std::string::npos;
    });
    {
        pqxx::connection made(connection);
        ASSERT_TRUE(database::migrate(made));
    }
    wait_until([&] { return reader->is_connected(); });
    const auto empty = reader->ask(where_are_they, {});
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->books.sequence.is_zero());
    EXPECT_TRUE(empty->rows.empty());
    EXPECT_GE(notes_of("history_failed"), 1U);
    EXPECT_EQ(notes_of("history_found"), 1U);
}

/// Moves when told, while other threads look at it.
class SteppedClock final : public base::Clock {
public:
    [[nodiscard]] std::chrono::nanoseconds steady() const override { return now_.load(); }
    [[nodiscard]] std::chrono::nanoseconds wall() const override { return now_.load(); }
    void advance(std::chrono::nanoseconds by) { now_.store(now_.load() + by); }

private:
    std::atomic<std::chrono::nanoseconds> now_{std::chrono::nanoseconds(0)};
};

TEST_F(BookReaderTest, NobodyTriesAgainAtOnce) {
    SteppedClock clock;
    const std::string name = "soon_" + text("SELECT current_database()");
    const std::string connection = connection_string() + " dbname=" + name;
    const auto reader =
        BookReader::open({.connection = connection, .pause = std::chrono::hours(1)}, clock);
    ASSERT_TRUE(reader);
    EXPECT_FALSE((*reader)->ask(where_are_they, {}));
    execute("CREATE DATABASE " + name);
    {
        pqxx::connection made(connection);
        ASSERT_TRUE(database::migrate(made));
    }
    EXPECT_FALSE((*reader)->ask(where_are_they, {}));
    clock.advance(std::chrono::hours(1));
    EXPECT_TRUE((*reader)->ask(where_are_they, {}));
}

TEST_F(BookReaderTest, BooksOfAnotherJournalAreNoAnswer) {
    const auto reader = open(connection_string(), test::WrittenJournal(9).genesis());
    const auto refused = reader->ask(where_are_they, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Failure::Kind::unavailable);
    EXPECT_THAT(refused.error().error.message, HasSubstr("another journal"));
    EXPECT_FALSE(reader->is_connected());
    EXPECT_TRUE(reader->standing().sequence.is_zero());
    execute("SELECT clear_books()");  // as for a rebuild from the right one
    EXPECT_TRUE(reader->ask(where_are_they, {}));
}

TEST_F(BookReaderTest, AStatementThatPostgresRefusesIsAFailureToo) {
    const auto reader = open();
    wait_until([&] { return reader->is_connected(); });
    const auto refused = reader->ask("SELECT nonsense", {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().error.message, HasSubstr("nonsense"));
    EXPECT_TRUE(reader->is_connected());
    EXPECT_EQ(notes_of("history_failed"), 1U);
    EXPECT_FALSE(reader->ask("DELETE FROM projection_cursor", {}));  // it only reads
}

TEST_F(BookReaderTest, WhatIsNoConnectionStringIsRefusedAtOnce) {
    const auto refused = BookReader::open({.connection = "hots=127.0.0.1"}, clock_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "history.database");
    EXPECT_THAT(refused.error().message, HasSubstr("hots"));
}

}  // namespace
}  // namespace ayni
