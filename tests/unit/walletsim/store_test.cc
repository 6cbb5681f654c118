#include "walletsim/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "temporary_directory.h"

namespace ayni::walletsim {
namespace {

base::TransferId id_of(std::uint64_t low) {
    return {.high = 0x0190'0000'0000'7000, .low = 0x8000'0000'0000'0000 + low};
}

class StoreTest : public testing::Test {
protected:
    std::unique_ptr<Store> open() {
        auto opened = Store::open({.directory = directory.path(), .participant = "yape"});
        EXPECT_TRUE(opened) << opened.error().to_string();
        return opened ? std::move(*opened) : nullptr;
    }

    /// What a new process would find.
    std::unique_ptr<Books> reopened() {
        auto books = std::make_unique<Books>(Books::Options{});
        const auto loaded = open()->load(*books);
        EXPECT_TRUE(loaded) << loaded.error().to_string();
        return books;
    }

    void accept(Books& books, std::uint64_t low) {
        const Answer answer = books.accept({.id = id_of(low),
                                            .payee_account = "999000001",
                                            .currency_code = "PEN",
                                            .amount = 100});
        EXPECT_TRUE(answer.yes);
    }

    TemporaryDirectory directory;
};

TEST_F(StoreTest, EverythingIsThereAgain) {
    const Payment payment{.id = id_of(5),
                          .payer_account = "999000001",
                          .payee_participant = "bim",
                          .payee_account = "988",
                          .remittance_text = "cena",
                          .amount = 300,
                          .timeout_ms = 5'000};
    Totals before;
    {
        const auto store = open();
        Books books({});
        books.open("999000001", 1'000);
        for (std::uint64_t low = 1; low <= 4; ++low) accept(books, low);
        store->commit(books);
        EXPECT_FALSE(books.has_changes());
        books.outcome(id_of(1), Ending::committed, "");
        books.outcome(id_of(2), Ending::aborted, "AB05");
        books.outcome(id_of(3), Ending::committed, "", "AC06");
        EXPECT_TRUE(books.hold(payment).yes);
        store->commit(books);
        before = books.totals();
    }
    const auto books = reopened();
    EXPECT_EQ(books->totals(), before);
    EXPECT_EQ(books->find(id_of(1))->state, TransferState::credited);
    EXPECT_EQ(books->find(id_of(2))->state, TransferState::released);
    EXPECT_EQ(books->find(id_of(3))->state, TransferState::refused_after_commit);
    EXPECT_EQ(std::string(books->find(id_of(3))->reason, 4), "AC06");
    EXPECT_EQ(books->promises(), std::vector{id_of(4)});
    EXPECT_EQ(books->pending().at(payment.id), payment);
    EXPECT_EQ(books->find("999000001")->balance, 800);
    EXPECT_FALSE(books->has_changes());
}

TEST_F(StoreTest, PromiseOutlivesTheProcessAndIsCreditedOnce) {
    {
        const auto store = open();
        Books books({});
        books.open("999000001", 0);
        accept(books, 1);
        store->commit(books);
        // Applied, but the process ends before it is durable, and so before it is told.
        books.outcome(id_of(1), Ending::committed, "");
    }
    {
        const auto store = open();
        Books books({});
        ASSERT_TRUE(store->load(books));
        EXPECT_EQ(books.find("999000001")->balance, 0);
        accept(books, 1);
        EXPECT_FALSE(books.has_changes());
        EXPECT_TRUE(books.outcome(id_of(1), Ending::committed, "").yes);
        store->commit(books);
    }
    const auto books = reopened();
    EXPECT_TRUE(books->outcome(id_of(1), Ending::committed, "").yes);
    EXPECT_EQ(books->find("999000001")->balance, 100);
}

TEST_F(StoreTest, OneProcessAtATime) {
    const auto store = open();
    const auto second = Store::open({.directory = directory.path(), .participant = "yape"});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().to_string(), directory.path() + ": another process uses it");
}

TEST_F(StoreTest, RefusesTheBooksOfAnother) {
    open().reset();
    const auto other = Store::open({.directory = directory.path(), .participant = "bim"});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().message, "holds the books of \"yape\"");
}

TEST_F(StoreTest, RefusesADirectoryThatCanNotBe) {
    const auto nowhere = Store::open({.directory = "/dev/null/books", .participant = "yape"});
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().field, "/dev/null/books");
}

TEST_F(StoreTest, AnotherProgramReadsWhileItIsOpen) {
    const auto store = open();
    Books books({});
    books.open("999000001", 0);
    accept(books, 1);
    store->commit(books);
    sqlite3* reader = nullptr;
    const std::string file = directory.path() + "/books.sqlite3";
    ASSERT_EQ(sqlite3_open_v2(file.c_str(), &reader, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    std::string row;
    const auto keep = [](void* text, int, char** values, char**) {
        *static_cast<std::string*>(text) =
            std::string(values[0]) + " " + values[1] + " " + values[2] + " " + values[3];
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(reader, "SELECT transfer_id, state, amount, account FROM payment", keep,
                           &row, nullptr),
              SQLITE_OK);
    sqlite3_close(reader);
    EXPECT_EQ(row, base::to_string(id_of(1)) + " promised 100 999000001");
}

TEST_F(StoreTest, DamagedSumsAreNoticed) {
    {
        const auto store = open();
        Books books({});
        books.open("999000001", 500);
        store->commit(books);
    }
    sqlite3* tool = nullptr;
    ASSERT_EQ(sqlite3_open((directory.path() + "/books.sqlite3").c_str(), &tool), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(tool, "UPDATE customer SET balance = 501", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(tool);
    Books books({});
    EXPECT_FALSE(open()->load(books));
}

}  // namespace
}  // namespace ayni::walletsim
