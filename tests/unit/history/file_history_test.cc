#include "history/file_history.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace ayni::history {
namespace {

using base::ParticipantId;
using base::Sequence;
using base::TransferId;

constexpr std::uint8_t reserved = 1;
constexpr std::uint8_t committed = 2;

TransferId id_of(std::uint64_t number) { return {.high = number << 16U, .low = number * 77}; }

Entry transfer(std::uint64_t number, std::uint64_t sequence) {
    Entry entry;
    entry.id = id_of(number);
    entry.created_sequence = Sequence(sequence);
    entry.decided_sequence = Sequence(sequence);
    entry.decided_at = {static_cast<std::int64_t>(sequence)};
    entry.initiator = ParticipantId(2);
    entry.state = committed;
    return entry;
}

Entry payment(std::uint64_t number, std::uint64_t created, std::uint64_t decided,
              ParticipantId payee) {
    Entry entry = transfer(number, created);
    entry.decided_sequence = Sequence(decided);
    entry.payee = payee;
    entry.state = created == decided ? reserved : committed;
    return entry;
}

class FileHistoryTest : public testing::Test {
protected:
    FileHistoryTest() {
        std::string name = (std::filesystem::temp_directory_path() / "ayni-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        directory_ = name;
    }
    ~FileHistoryTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    [[nodiscard]] FileHistory::Options options() const {
        return {.directory = directory_ / "history"};
    }
    std::unique_ptr<FileHistory> open() { return open(options()); }
    static std::unique_ptr<FileHistory> open(const FileHistory::Options& options) {
        auto history = FileHistory::open(options);
        EXPECT_TRUE(history) << history.error().to_string();
        return history ? std::move(*history) : nullptr;
    }
    static void apply(FileHistory& history, std::uint64_t sequence) {
        history.applied(Sequence(sequence));
        history.wait_until_stored(Sequence(sequence));
    }
    static std::vector<std::uint64_t> created_of(const Answer<Listed>& listed) {
        EXPECT_TRUE(listed);
        std::vector<std::uint64_t> created;
        for (const Entry& entry : listed->entries)
            created.push_back(entry.created_sequence.value());
        return created;
    }
    std::filesystem::path directory_;
};
using FileHistoryDeathTest = FileHistoryTest;

TEST_F(FileHistoryTest, FindsWhatWasRecordedAndNothingElse) {
    const auto history = open();
    EXPECT_EQ(history->as_of(), Sequence(0));
    history->record(transfer(1, 1));
    history->record(transfer(2, 2));
    apply(*history, 2);
    EXPECT_EQ(history->as_of(), Sequence(2));
    const auto found = history->find(id_of(2));
    ASSERT_TRUE(found);
    ASSERT_TRUE(found->entry);
    EXPECT_EQ(found->as_of, Sequence(2));
    EXPECT_EQ(found->entry->created_sequence, Sequence(2));
    EXPECT_EQ(found->entry->decided_at.nanoseconds, 2);
    EXPECT_FALSE(history->find(id_of(3))->entry);
    EXPECT_EQ(history->statistics().entries_stored.load(), 2U);
}

TEST_F(FileHistoryTest, AsOfMovesWithBatchesThatRecordNothing) {
    const auto history = open();
    apply(*history, 7);
    EXPECT_EQ(history->as_of(), Sequence(7));
}

TEST_F(FileHistoryTest, AsOfNeverIsAheadOfWhatCanBeFound) {
    const auto history = open();
    std::atomic<bool> is_done{false};
    std::thread reader([&] {
        while (!is_done) {
            const std::uint64_t as_of = history->as_of().value();
            if (as_of == 0) continue;
            const auto found = history->find(id_of(as_of));
            ASSERT_TRUE(found);
            EXPECT_TRUE(found->entry) << as_of;
            EXPECT_GE(found->as_of.value(), as_of);
        }
    });
    constexpr std::uint64_t last = 100'000;
    for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
        history->record(transfer(sequence, sequence));
        if (sequence % 100 == 0) history->applied(Sequence(sequence));
    }
    history->wait_until_stored(Sequence(last));
    is_done = true;
    reader.join();
}

TEST_F(FileHistoryTest, LastEntryOfAnIdWins) {
    const auto history = open();
    // In one write, and in two.
    history->record(payment(1, 1, 1, ParticipantId(3)));
    history->record(payment(2, 2, 2, ParticipantId(3)));
    history->record(payment(1, 1, 3, ParticipantId(3)));
    apply(*history, 3);
    EXPECT_EQ(history->find(id_of(1))->entry->state, committed);
    EXPECT_EQ(history->find(id_of(2))->entry->state, reserved);
    history->record(payment(2, 2, 4, ParticipantId(3)));
    apply(*history, 4);
    EXPECT_EQ(history->find(id_of(2))->entry->state, committed);
    EXPECT_EQ(history->find(id_of(2))->entry->decided_sequence, Sequence(4));
}

TEST_F(FileHistoryTest, ListsPaymentsOfBothSidesNewestFirst) {
    const auto history = open();
    std::uint64_t sequence = 0;
    for (std::uint64_t i = 0; i < 300; ++i) {
        // Ids run against the order of creation: pages follow creation.
        ++sequence;
        const auto payee = ParticipantId(i % 3 == 0 ? 3 : 256);
        history->record(payment(1000 - i, sequence, sequence, payee));
        ++sequence;
        history->record(payment(1000 - i, sequence - 1, sequence, payee));
        ++sequence;
        history->record(transfer(5000 + i, sequence));  // no payment
    }
    apply(*history, sequence);

    EXPECT_EQ(created_of(history->list(ParticipantId(2), Sequence(0), 3)),
              (std::vector<std::uint64_t>{898, 895, 892}));
    EXPECT_EQ(created_of(history->list(ParticipantId(3), Sequence(0), 2)),
              (std::vector<std::uint64_t>{892, 883}));
    EXPECT_EQ(created_of(history->list(ParticipantId(3), Sequence(883), 1)),
              (std::vector<std::uint64_t>{874}));
    EXPECT_TRUE(created_of(history->list(ParticipantId(3), Sequence(1), 9)).empty());
    EXPECT_TRUE(created_of(history->list(ParticipantId(4), Sequence(0), 9)).empty());

    // Page by page, everything once.
    std::vector<std::uint64_t> all;
    Sequence before(0);
    for (;;) {
        const auto page = created_of(history->list(ParticipantId(2), before, 7));
        if (page.empty()) break;
        all.insert(all.end(), page.begin(), page.end());
        before = Sequence(page.back());
    }
    EXPECT_EQ(all.size(), 300U);
    EXPECT_TRUE(std::is_sorted(all.rbegin(), all.rend()));
    EXPECT_EQ(all.back(), 1U);
    EXPECT_EQ(history->list(ParticipantId(2), Sequence(0), 1)->entries[0].state, committed);
}

TEST_F(FileHistoryTest, PaymentToOneselfIsListedOnce) {
    const auto history = open();
    history->record(payment(1, 1, 1, ParticipantId(2)));
    apply(*history, 1);
    EXPECT_EQ(created_of(history->list(ParticipantId(2), Sequence(0), 9)).size(), 1U);
}

TEST_F(FileHistoryTest, ReopensWhereItWas) {
    {
        const auto history = open();
        history->record(payment(1, 1, 1, ParticipantId(3)));
        history->applied(Sequence(1));
    }
    const auto history = open();
    EXPECT_EQ(history->as_of(), Sequence(1));
    EXPECT_TRUE(history->find(id_of(1))->entry.has_value());
    EXPECT_EQ(created_of(history->list(ParticipantId(3), Sequence(0), 9)).size(), 1U);
}

TEST_F(FileHistoryTest, ReplaySkipsWhatIsStored) {
    {
        const auto history = open();
        for (std::uint64_t i = 1; i <= 10; ++i) history->record(transfer(i, i));
        history->applied(Sequence(10));
    }
    const auto history = open();
    for (std::uint64_t i = 1; i <= 12; ++i) history->record(transfer(i, i));
    history->applied(Sequence(5));
    EXPECT_EQ(history->as_of(), Sequence(10));
    apply(*history, 12);
    EXPECT_EQ(history->statistics().entries_stored.load(), 2U);
    for (std::uint64_t i = 1; i <= 12; ++i) EXPECT_TRUE(history->find(id_of(i))->entry.has_value());
}

TEST_F(FileHistoryDeathTest, ReplayRestoresWhatACrashLost) {
    const auto record = [](FileHistory& history, std::uint64_t from, std::uint64_t to) {
        for (std::uint64_t i = from; i <= to; ++i) {
            history.record(payment(i, i, i, ParticipantId(3)));
        }
    };
    const auto die = [&] {
        const auto history = open();
        record(*history, 1, 1000);
        apply(*history, 1000);
        static_cast<void>(history->flush());
        record(*history, 1001, 2000);
        apply(*history, 2000);
        std::_Exit(0);  // closes nothing, as kill -9 would
    };
    EXPECT_EXIT(die(), testing::ExitedWithCode(0), "");
    const auto history = open();
    EXPECT_EQ(history->as_of(), Sequence(1000));
    EXPECT_TRUE(history->find(id_of(1000))->entry.has_value());
    EXPECT_FALSE(history->find(id_of(1001))->entry.has_value());
    EXPECT_EQ(created_of(history->list(ParticipantId(3), Sequence(0), 5000)).size(), 1000U);
    record(*history, 1, 2000);
    apply(*history, 2000);
    EXPECT_EQ(history->statistics().entries_stored.load(), 1000U);
    EXPECT_TRUE(history->find(id_of(2000))->entry.has_value());
    EXPECT_EQ(created_of(history->list(ParticipantId(3), Sequence(0), 5000)).size(), 2000U);
}

TEST_F(FileHistoryTest, FullQueueWaitsAndLosesNothing) {
    auto small = options();
    small.queue_capacity_entries = 10;
    const auto history = open(small);
    constexpr std::uint64_t last = 5000;
    for (std::uint64_t i = 1; i <= last; ++i) {
        history->record(transfer(i, i));
        history->applied(Sequence(i));
    }
    history->wait_until_stored(Sequence(last));
    EXPECT_GT(history->statistics().waits_for_room.load(), 0U);
    EXPECT_EQ(history->statistics().entries_stored.load(), last);
    EXPECT_EQ(history->statistics().entries_waiting.load(), 0U);
}

TEST_F(FileHistoryTest, IndexOfAnotherJournalIsRefused) {
    auto mine = options();
    mine.journal.fill(1);
    {
        const auto history = open(mine);
        history->record(transfer(1, 1));
        history->applied(Sequence(1));
    }
    EXPECT_NE(open(mine), nullptr);
    auto other = mine;
    other.journal.fill(2);
    const auto refused = FileHistory::open(other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "history.directory");
    EXPECT_NE(refused.error().message.find("another journal"), std::string::npos);
}

TEST_F(FileHistoryTest, OptionsAreChecked) {
    auto wrong = options();
    wrong.queue_capacity_entries = 0;
    EXPECT_EQ(FileHistory::open(wrong).error().field, "history.queue_capacity_entries");
    wrong = options();
    wrong.directory = "/proc/no/history";
    EXPECT_EQ(FileHistory::open(wrong).error().field, "history.directory");
}

TEST_F(FileHistoryTest, SecondOpenerIsRefused) {
    const auto history = open();
    const auto second = FileHistory::open(options());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().field, "history.directory");
}

}  // namespace
}  // namespace ayni::history
