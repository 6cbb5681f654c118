#include "projection/sql_statements.h"

#include <algorithm>
#include <thread>

#include "projection/words.h"
#include "projection_fixture.h"

namespace ayni {
namespace {

using history::StatementEntry;
using history::StatementPage;
using history::StatementQuery;
using history::StatementSummary;
using projection::BookReader;
using projection::SqlStatements;

constexpr base::JournalTime long_ago{0};
constexpr base::JournalTime far_ahead{std::int64_t{4'000'000'000} * 1'000'000'000};

std::string line_of(const StatementEntry& e) {
    return fmt::format("{}/{} {} {}{}{} {} {} {} {:x} {}", e.place.sequence.value(), e.place.leg,
                       e.place.posted_at.nanoseconds, e.is_return ? "return " : "",
                       e.is_debit ? '-' : '+', e.amount, e.balance, base::to_string(e.transfer),
                       e.counterparty, e.counterpart.value(), e.end_to_end_id);
}

std::vector<std::string> lines_of(const std::vector<StatementEntry>& entries) {
    std::vector<std::string> lines;
    for (const StatementEntry& entry : entries) lines.push_back(line_of(entry));
    return lines;
}

class SqlStatementsTest : public test::WithBooks {
protected:
    struct Whole {
        StatementSummary summary;
        std::vector<StatementEntry> entries;
        base::Sequence as_of;
        std::size_t pages = 0;
    };

    /// Every page; `between` is called behind the first.
    Whole read(const BookReader& reader, StatementQuery query,
               const std::function<void()>& between = {}) {
        const SqlStatements statements(reader);
        Whole whole;
        for (;;) {
            const auto page = statements.read(query);
            EXPECT_TRUE(page) << page.error().error.to_string();
            if (!page) return whole;
            EXPECT_EQ(page->summary.has_value(), query.is_first_page());
            if (page->summary) {
                whole.summary = *page->summary;
                whole.as_of = page->books;
            }
            ++whole.pages;
            whole.entries.insert(whole.entries.end(), page->entries.begin(), page->entries.end());
            if (!page->has_more) return whole;
            EXPECT_EQ(page->entries.size(), query.limit);
            if (query.is_first_page() && between) between();
            query.as_of = whole.as_of;
            query.after = page->entries.back().place;
        }
    }

    /// Balances, sums and counts of a statement follow from its entries.
    static void expect_to_add_up(const Whole& whole) {
        StatementSummary sums;
        std::int64_t balance = whole.summary.opening_balance;
        for (const StatementEntry& entry : whole.entries) {
            balance += entry.is_debit ? -entry.amount : entry.amount;
            ASSERT_EQ(entry.balance, balance) << line_of(entry);
            (entry.is_debit ? sums.debits : sums.credits) += entry.amount;
            ++(entry.is_debit ? sums.debit_count : sums.credit_count);
        }
        EXPECT_EQ(whole.summary.closing_balance, balance);
        EXPECT_EQ(whole.summary.debits, sums.debits);
        EXPECT_EQ(whole.summary.credits, sums.credits);
        EXPECT_EQ(whole.summary.debit_count, sums.debit_count);
        EXPECT_EQ(whole.summary.credit_count, sums.credit_count);
    }

    [[nodiscard]] std::unique_ptr<BookReader> open() const {
        auto reader = BookReader::open({.connection = connection_string()}, clock_);
        EXPECT_TRUE(reader) << reader.error().to_string();
        return std::move(*reader);
    }

    base::SystemClock clock_;
};

base::JournalTime cut(base::JournalTime time) { return {time.nanoseconds / 1'000 * 1'000}; }

/// The ledger, replayed up to where a period begins and ends, has on each account the balances that
/// its statement opens and closes with.
TEST_F(SqlStatementsTest, OpenAndCloseWithTheBalancesOfTheLedger) {
    test::WrittenJournal written;
    written.append_busy(41, 150);
    ASSERT_TRUE(project(written, 500));
    execute("SELECT index_books()");
    const auto reader = open();
    const auto headers = written.headers();
    std::size_t entries = 0;
    std::size_t moved = 0;
    for (const auto& [from, to] :
         {std::pair<std::size_t, std::size_t>{1, 149}, {40, 41}, {60, 120}, {90, 90}, {120, 149}}) {
        // From the time of the one batch until before that of the other; those of equal time are
        // on the same side.
        const auto start = cut(headers[from].timestamp);
        const auto end = cut(headers[to].timestamp);
        const auto before = [&](base::JournalTime time) {
            std::size_t last = 0;
            while (cut(headers[last + 1].timestamp) < time) ++last;
            return written.ledger_behind(headers[last].number);
        };
        const auto opening = before(start);
        const auto closing = before(end);
        written.ledger.for_each_account([&](const ledger::Account& account) {
            const Whole whole = read(*reader, {.account = account.id,
                                               .start = start,
                                               .end = end,
                                               .as_of = {},
                                               .after = {},
                                               .limit = 7});
            const auto balance_in = [&](const ledger::Ledger& ledger) {
                const ledger::Account* found = ledger.find_account(account.id);
                return found == nullptr ? 0 : found->posted_balance();
            };
            ASSERT_EQ(whole.summary.opening_balance, balance_in(*opening));
            ASSERT_EQ(whole.summary.closing_balance, balance_in(*closing));
            ASSERT_EQ(whole.as_of, written.ledger.last_sequence());
            expect_to_add_up(whole);
            entries += whole.entries.size();
            moved += whole.summary.opening_balance != whole.summary.closing_balance ? 1 : 0;
        });
    }
    EXPECT_GT(entries, 1'000U);
    EXPECT_GT(moved, 15U);
}

/// Entry by entry what the view says, which knows transfers and postings only.
TEST_F(SqlStatementsTest, SayWhatWasPosted) {
    test::WrittenJournal written;
    written.append_busy(42, 120);
    ASSERT_TRUE(project(written, 70));
    const auto reader = open();
    std::size_t returns = 0;
    std::size_t later_legs = 0;
    pqxx::nontransaction reading(connection());
    written.ledger.for_each_account([&](const ledger::Account& account) {
        const Whole whole = read(*reader, {.account = account.id,
                                           .start = long_ago,
                                           .end = far_ahead,
                                           .as_of = {},
                                           .after = {},
                                           .limit = 1'000});
        std::vector<std::string> lines;
        std::int64_t balance = 0;
        for (const auto& row : reading.exec_params(
                 "SELECT l.sequence, l.leg, (extract(epoch FROM l.happened_at) * 1000000)::bigint "
                 "* 1000, l.is_return, l.side, l.amount, l.transfer_id, coalesce(o.code, ''), "
                 "other.account_id, coalesce(t.end_to_end_id, '') FROM posting_line l "
                 "JOIN posting p USING (transfer_id, leg) JOIN transfer t USING (transfer_id) "
                 "JOIN account other ON other.account_id = CASE l.account_id "
                 "WHEN p.debit_account_id THEN p.credit_account_id ELSE p.debit_account_id END "
                 "JOIN participant o ON o.participant_id = other.owner_id "
                 "WHERE l.account_id = $1 ORDER BY l.sequence, l.leg",
                 static_cast<std::int64_t>(account.id.value()))) {
            const bool is_debit = row[4].as<std::string>() == "debit";
            const auto amount = row[5].as<std::int64_t>();
            balance += is_debit ? -amount : amount;
            returns += row[3].as<bool>() ? 1 : 0;
            later_legs += row[1].as<int>() > 1 ? 1 : 0;
            lines.push_back(fmt::format(
                "{}/{} {} {}{}{} {} {} {} {:x} {}", row[0].as<std::uint64_t>(), row[1].as<int>(),
                row[2].as<std::int64_t>(), row[3].as<bool>() ? "return " : "", is_debit ? '-' : '+',
                amount, balance, row[6].as<std::string>(), row[7].as<std::string>(),
                static_cast<std::uint64_t>(row[8].as<std::int64_t>()), row[9].as<std::string>()));
        }
        ASSERT_EQ(lines_of(whole.entries), lines);
    });
    EXPECT_GT(returns, 10U);
    EXPECT_GT(later_legs, 50U);
}

/// What is posted while a statement is read is not in its later pages.
TEST_F(SqlStatementsTest, LaterPagesDoNotShift) {
    test::WrittenJournal written;
    written.append_busy(43, 120);
    ASSERT_TRUE(project(written, 30, 20));
    const auto reader = open();
    const base::AccountId account = ledger::system_account(
        base::ParticipantId(2), ledger::AccountKind::position, base::Currency::pen);
    const StatementQuery query{.account = account,
                               .start = long_ago,
                               .end = far_ahead,
                               .as_of = {},
                               .after = {},
                               .limit = 3};
    const Whole before = read(*reader, query);
    ASSERT_GT(before.pages, 3U);
    expect_to_add_up(before);
    const Whole while_growing = read(*reader, query, [&] { ASSERT_TRUE(project(written, 30)); });
    EXPECT_EQ(while_growing.as_of, before.as_of);
    EXPECT_EQ(lines_of(while_growing.entries), lines_of(before.entries));
    expect_to_add_up(while_growing);
    const Whole afterwards = read(*reader, query);
    EXPECT_GT(afterwards.entries.size(), before.entries.size());
    expect_to_add_up(afterwards);
}

TEST_F(SqlStatementsTest, BooksThatAreBuiltAgainSayHowFarTheyAre) {
    test::WrittenJournal written;
    written.append_busy(44, 20);
    ASSERT_TRUE(project(written, 100));
    const auto reader = open();
    execute("SELECT clear_books()");
    const SqlStatements statements(*reader);
    const auto page = statements.read({.account = base::AccountId(1),
                                       .start = long_ago,
                                       .end = far_ahead,
                                       .as_of = {},
                                       .after = {},
                                       .limit = 10});
    ASSERT_TRUE(page) << page.error().error.to_string();
    EXPECT_TRUE(page->books.is_zero());
    ASSERT_TRUE(page->summary);
    EXPECT_EQ(page->summary->closing_balance, 0);
    EXPECT_TRUE(page->entries.empty());
}

/// Of an account with many entries among others with many, over two months: each part of the
/// statement is found by the index, and no month is read through.
TEST_F(SqlStatementsTest, AreFoundByTheIndex) {
    execute(
        "INSERT INTO projection_cursor VALUES (true, decode(repeat('00', 32), 'hex'), 1, "
        "decode(repeat('00', 32), 'hex'), 400000, '2026-12-01');"
        "SELECT add_month_to_books(DATE '2026-10-01'), add_month_to_books(DATE '2026-11-01');"
        "INSERT INTO transfer (transfer_id, created_at, created_sequence, type, initiator_id, "
        "currency, business_date, state, status, decided_sequence, decided_at, "
        "decided_nanoseconds, awaits_payee, awaits_payer) VALUES "
        "('01a19467-e800-7000-8000-000000000001', '2026-11-01', 1, 'ledger', 2, 'PEN', "
        "'2026-11-01', 'committed', 'ok', 1, '2026-11-01', 0, false, false);"
        "INSERT INTO account_entry SELECT 1 + n % 20, "
        "timestamptz '2026-10-15 00:00+00' + n * interval '10 seconds', n, 1, n % 3 = 0, false, 5, "
        "5 * (n / 60), 10 * (n / 60), 21, '01a19467-e800-7000-8000-000000000001' "
        "FROM generate_series(1, 300000) AS n;"
        "SELECT index_books(); ANALYZE account_entry;");
    const auto scans = [&](const char* what) {
        execute("SELECT pg_stat_clear_snapshot()");
        return count(std::string("SELECT sum(") + what +
                     ")::bigint FROM pg_stat_user_tables "
                     "WHERE relname LIKE 'account_entry_2026%'");
    };
    // As the reader plans: what is asked here, with its settings.
    const std::int64_t read_through = scans("seq_scan");
    const std::int64_t by_index = scans("idx_scan");
    {
        const auto reader = open();
        const Whole whole =
            read(*reader, {.account = base::AccountId(7),
                           .start = {std::int64_t{1'793'318'400} * 1'000'000'000},  // 10-30
                           .end = {std::int64_t{1'793'664'000} * 1'000'000'000},    // 11-03
                           .as_of = {},
                           .after = {},
                           .limit = 500});
        EXPECT_EQ(whole.entries.size(), 1'728U);  // one in 200 s over four days
        EXPECT_EQ(whole.summary.debit_count + whole.summary.credit_count, 1'728U);
    }
    // A session tells what it did when it ends.
    for (int i = 0; i < 60'000 && scans("idx_scan") == by_index; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(scans("idx_scan"), by_index);
    EXPECT_EQ(scans("seq_scan"), read_through);
}

}  // namespace
}  // namespace ayni
