#include "projection/sql_history.h"

#include <filesystem>

#include "history/file_history.h"
#include "projection/book_reader.h"
#include "projection_fixture.h"

namespace ayni {
namespace {

using projection::BookReader;
using projection::SqlHistory;

std::string line_of(const history::Entry& entry) {
    return fmt::format("{} {} {} {} {} {} {} {} {} {}", base::to_string(entry.id),
                       entry.created_sequence.value(), entry.decided_sequence.value(),
                       entry.decided_at.nanoseconds, entry.initiator.value(), entry.payee.value(),
                       std::string(entry.reason, sizeof entry.reason), entry.status, entry.state,
                       entry.type);
}

std::vector<std::string> lines_of(const std::vector<history::Entry>& entries) {
    std::vector<std::string> lines;
    for (const history::Entry& entry : entries) lines.push_back(line_of(entry));
    return lines;
}

/// What a switch records in its own index.
class Recorded final : public ledger::Listener {
public:
    explicit Recorded(history::FileHistory& history) : history_(history) {}

    void transfer_changed(const ledger::TransferView& transfer) override {
        const ledger::RememberedTransfer& record = transfer.record;
        history::Entry entry;
        entry.id = record.id;
        entry.created_sequence = record.created_sequence;
        entry.decided_sequence = record.decided_sequence;
        entry.decided_at = record.decided_at;
        entry.initiator = record.initiator;
        entry.payee = record.payee;
        std::copy(record.reason.text.begin(), record.reason.text.end(), entry.reason);
        entry.status = static_cast<std::uint8_t>(record.status);
        entry.state = static_cast<std::uint8_t>(record.state);
        entry.type = static_cast<std::uint8_t>(record.type);
        history_.record(entry);
    }
    void outcome_acknowledged(const ledger::TransferView&, base::ParticipantId) override {}

private:
    history::FileHistory& history_;
};

class SqlHistoryTest : public test::WithBooks {
protected:
    void SetUp() override {
        test::WithBooks::SetUp();
        written_.append_random(21, 300);
        ASSERT_TRUE(project(written_, 100));
        std::string folder = (std::filesystem::temp_directory_path() / "ayni-XXXXXX").string();
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
        auto index = history::FileHistory::open({.directory = folder_ / "history"});
        ASSERT_TRUE(index);
        index_ = std::move(*index);
        record_in_index();
    }
    void TearDown() override {
        index_.reset();
        std::filesystem::remove_all(folder_);
        test::WithBooks::TearDown();
    }
    [[nodiscard]] std::unique_ptr<BookReader> open() const {
        auto reader = BookReader::open({.connection = connection_string()}, clock_);
        EXPECT_TRUE(reader) << reader.error().to_string();
        return std::move(*reader);
    }

    base::SystemClock clock_;
    test::WrittenJournal written_;
    std::unique_ptr<history::FileHistory> index_;

private:
    void record_in_index() {
        Recorded recorded(*index_);
        ledger::Ledger ledger(test::WrittenJournal::tables());
        const auto read =
            written_.journal.replay(base::BatchNumber(1), [&](const journal::Batch& batch) {
                ledger.begin_batch(batch.header.first_sequence, batch.header.timestamp, recorded);
                ASSERT_TRUE(ledger::for_each_command(
                    batch.payload,
                    [&](ledger::CommandView command) { ledger.apply(command, recorded); }));
            });
        ASSERT_TRUE(read);
        index_->applied(ledger.last_sequence());
        index_->wait_until_stored(ledger.last_sequence());
    }

    std::filesystem::path folder_;
};

/// The two implementations tell the same, to the nanosecond.
TEST_F(SqlHistoryTest, SaysWhatTheIndexOfTheSwitchSays) {
    const auto reader = open();
    const SqlHistory history(*reader);
    std::size_t found = 0;
    for (const base::TransferId& id : written_.ids) {
        const auto ours = history.find(id);
        const auto theirs = index_->find(id);
        ASSERT_TRUE(ours) << ours.error().error.to_string();
        EXPECT_EQ(ours->as_of, theirs->as_of);
        ASSERT_EQ(ours->entry.has_value(), theirs->entry.has_value()) << base::to_string(id);
        if (!ours->entry) continue;
        ++found;
        EXPECT_EQ(line_of(*ours->entry), line_of(*theirs->entry));
    }
    EXPECT_EQ(history.as_of(), index_->as_of());
    EXPECT_GT(found, 100U);
    for (const std::uint32_t participant : {0, 2, 3, 4, 9}) {
        const base::ParticipantId of(participant);
        for (const std::uint64_t before : {0, 1, 300, 700}) {
            for (const std::size_t limit : {1, 20, 10'000}) {
                const auto ours = history.list(of, base::Sequence(before), limit);
                ASSERT_TRUE(ours) << ours.error().error.to_string();
                const auto theirs = index_->list(of, base::Sequence(before), limit);
                EXPECT_EQ(ours->as_of, theirs->as_of);
                EXPECT_EQ(lines_of(ours->entries), lines_of(theirs->entries));
            }
        }
    }
}

TEST_F(SqlHistoryTest, AnyIdHasAnAnswer) {
    const auto reader = open();
    const SqlHistory history(*reader);
    for (const base::TransferId id :
         {base::TransferId{}, base::TransferId{~std::uint64_t{0}, ~std::uint64_t{0}},
          base::TransferId{1, 1}}) {
        const auto found = history.find(id);
        ASSERT_TRUE(found) << found.error().error.to_string();
        EXPECT_FALSE(found->entry.has_value());
        EXPECT_EQ(found->as_of, written_.ledger.last_sequence());
    }
}

/// Emptied books promise nothing, whatever was in them a moment ago.
TEST_F(SqlHistoryTest, PromisesNothingWithoutTheBooks) {
    const auto reader = open();
    const SqlHistory history(*reader);
    const base::TransferId id = written_.ids.front();
    execute("SELECT clear_books()");
    const auto found = history.find(id);
    ASSERT_TRUE(found) << found.error().error.to_string();
    EXPECT_TRUE(found->as_of.is_zero());
    EXPECT_FALSE(found->entry);
    const auto listed = history.list(base::ParticipantId(2), {}, 5);
    ASSERT_TRUE(listed) << listed.error().error.to_string();
    EXPECT_TRUE(listed->as_of.is_zero());
    EXPECT_TRUE(listed->entries.empty());
    execute("ALTER TABLE transfer RENAME TO elsewhere");
    EXPECT_FALSE(history.find(id));
}

TEST_F(SqlHistoryTest, AWordThatIsNotOursIsUnreadable) {
    const auto reader = open();
    const SqlHistory history(*reader);
    execute("UPDATE transfer SET state = 'lost'");
    const auto listed = history.list(base::ParticipantId(2), {}, 5);
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().kind, history::Failure::Kind::unreadable);
    EXPECT_THAT(listed.error().error.message, testing::HasSubstr("does not know"));
}

}  // namespace
}  // namespace ayni
