#include "base/mark.h"
#include "projection/words.h"
#include "projection_fixture.h"

namespace ayni {
namespace {

using testing::HasSubstr;

class BooksTest : public test::WithBooks {
protected:
    /// Every account, participant and transfer of `ledger` stands in the books as it is.
    void expect_books_of(const test::WrittenJournal& written) {
        const ledger::Ledger& ledger = written.ledger;
        expect_accounts_of(ledger);
        expect_positions_of(ledger);
        expect_transfers_of(ledger);
        EXPECT_EQ(count("SELECT count(*) FROM balance_difference"), 0);
        EXPECT_EQ(count("SELECT count(*) FROM entry_difference"), 0);
        EXPECT_EQ(count("SELECT last_sequence FROM projection_cursor"),
                  static_cast<std::int64_t>(ledger.last_sequence().value()));
        EXPECT_EQ(count("SELECT count(*) FROM participant"),
                  static_cast<std::int64_t>(ledger.participant_count() + 1));
        EXPECT_EQ(count("SELECT count(*) FROM claim"),
                  static_cast<std::int64_t>(ledger.usage().claims));
    }

    void expect_accounts_of(const ledger::Ledger& ledger) {
        pqxx::nontransaction reading(connection());
        const auto rows = reading.exec(
            "SELECT a.*, b.*, coalesce(encode(holder_token, 'hex'), '') AS token "
            "FROM account a JOIN account_balance b USING (account_id)");
        ASSERT_EQ(rows.size(), ledger.account_count());
        for (const auto& row : rows) {
            const auto id = row["account_id"].as<std::int64_t>();
            const ledger::Account* account =
                ledger.find_account(base::AccountId(static_cast<std::uint64_t>(id)));
            ASSERT_NE(account, nullptr) << id;
            EXPECT_EQ(row["owner_id"].as<std::uint32_t>(), account->owner.value());
            EXPECT_EQ(row["kind"].as<std::string>(), projection::word_of(account->kind));
            EXPECT_EQ(row["currency"].as<std::string>(), base::to_string(account->currency));
            EXPECT_EQ(row["debits_pending"].as<std::int64_t>(), account->debits_pending);
            EXPECT_EQ(row["debits_posted"].as<std::int64_t>(), account->debits_posted);
            EXPECT_EQ(row["credits_pending"].as<std::int64_t>(), account->credits_pending);
            EXPECT_EQ(row["credits_posted"].as<std::int64_t>(), account->credits_posted);
            EXPECT_EQ(row["unacknowledged_credits"].as<std::int64_t>(),
                      account->unacknowledged_credits);
            const bool has_holder = (account->holder_high | account->holder_low) != 0;
            EXPECT_EQ(row["token"].as<std::string>(),
                      has_holder
                          ? fmt::format("{:016x}{:016x}", account->holder_high, account->holder_low)
                          : "");
        }
        for (const auto currency : ledger::currencies) {
            const auto totals = ledger.totals(currency);
            const auto row = reading.exec_params1("SELECT * FROM ledger_total WHERE currency = $1",
                                                  std::string(base::to_string(currency)));
            EXPECT_EQ(row["debits_posted"].as<std::int64_t>(), totals.debits_posted);
            EXPECT_EQ(row["credits_posted"].as<std::int64_t>(), totals.credits_posted);
            EXPECT_EQ(row["debits_pending"].as<std::int64_t>(), totals.debits_pending);
            EXPECT_EQ(row["difference"].as<std::int64_t>(), 0);
        }
    }

    void expect_positions_of(const ledger::Ledger& ledger) {
        pqxx::nontransaction reading(connection());
        ledger.for_each_participant([&](const ledger::Participant& participant) {
            for (const auto currency : ledger::currencies) {
                const auto position = ledger.position(participant.id, currency);
                const auto row = reading.exec_params1(
                    "SELECT *, coalesce(net_debit_cap, 9223372036854775807) AS cap "
                    "FROM participant_position WHERE participant_id = $1 AND currency = $2",
                    participant.id.value(), std::string(base::to_string(currency)));
                EXPECT_EQ(row["code"].as<std::string>(), participant.code_view());
                EXPECT_EQ(row["state"].as<std::string>(), projection::word_of(participant.state));
                EXPECT_EQ(row["settlement"].as<std::int64_t>(), position->settlement);
                EXPECT_EQ(row["net"].as<std::int64_t>(), position->net);
                EXPECT_EQ(row["reserved"].as<std::int64_t>(), position->reserved);
                EXPECT_EQ(row["incoming"].as<std::int64_t>(), position->incoming);
                EXPECT_EQ(row["unacknowledged"].as<std::int64_t>(), position->unacknowledged);
                EXPECT_EQ(row["cap"].as<std::int64_t>(), position->net_debit_cap);
                EXPECT_EQ(row["available"].as<std::int64_t>(), position->available);
            }
        });
    }

    void expect_transfers_of(const ledger::Ledger& ledger) {
        pqxx::nontransaction reading(connection());
        const auto rows = reading.exec(
            "SELECT *, coalesce(reason_code, '') AS reason, coalesce(payee_id, 0) AS payee, "
            "(extract(epoch FROM decided_at) * 1000000)::bigint * 1000 + decided_nanoseconds "
            "AS decided FROM transfer");
        ASSERT_EQ(rows.size(), ledger.remembered_count());
        for (const auto& row : rows) {
            const auto id = base::parse_transfer_id(row["transfer_id"].as<std::string>());
            const auto known = ledger.find_transfer(*id);
            ASSERT_TRUE(known.has_value());
            const ledger::RememberedTransfer& record = known->record;
            EXPECT_EQ(row["state"].as<std::string>(), projection::word_of(record.state));
            EXPECT_EQ(row["status"].as<std::string>(), to_string(record.status));
            EXPECT_EQ(row["type"].as<std::string>(), projection::word_of(record.type));
            EXPECT_EQ(row["reason"].as<std::string>(), record.reason.view());
            EXPECT_EQ(row["initiator_id"].as<std::uint32_t>(), record.initiator.value());
            EXPECT_EQ(row["payee"].as<std::uint32_t>(), record.payee.value());
            EXPECT_EQ(row["created_sequence"].as<std::uint64_t>(), record.created_sequence.value());
            EXPECT_EQ(row["decided_sequence"].as<std::uint64_t>(), record.decided_sequence.value());
            EXPECT_EQ(row["decided"].as<std::int64_t>(), record.decided_at.nanoseconds);
            const bool awaits_payee = known->live != nullptr && known->live->payee_untold;
            const bool awaits_payer = known->live != nullptr && known->live->payer_untold;
            EXPECT_EQ(row["awaits_payee"].as<bool>(), awaits_payee);
            EXPECT_EQ(row["awaits_payer"].as<bool>(), awaits_payer);
        }
    }
};

TEST_F(BooksTest, SayWhatTheLedgerSays) {
    std::set<std::string> seen;  // of everything something was there to be wrong
    for (const std::uint64_t seed : {1, 2, 3}) {
        test::WrittenJournal written;
        if (seed == 3) written.append_busy(seed, 60);
        written.append_random(seed, 400);
        execute("SELECT clear_books()");
        const auto done = project(written, 50);
        ASSERT_TRUE(done) << done.error().to_string();
        expect_books_of(written);
        pqxx::nontransaction reading(connection());
        for (const auto& row : reading.exec(
                 "SELECT DISTINCT state FROM transfer UNION SELECT 'refusal' FROM refusal "
                 "UNION SELECT 'act' FROM administrative_act UNION SELECT 'claim' FROM claim "
                 "UNION SELECT 'leadership' FROM leadership "
                 "UNION SELECT 'customer' FROM customer "
                 "UNION SELECT 'unmatched' FROM unmatched_confirmation "
                 "UNION SELECT 'entry of a return' FROM account_entry WHERE is_return "
                 "UNION SELECT 'entry of several' FROM account_entry WHERE leg > 2")) {
            seen.insert(row[0].as<std::string>());
        }
    }
    EXPECT_THAT(
        seen, testing::ElementsAre("aborted", "act", "claim", "committed", "customer",
                                   "entry of a return", "entry of several", "leadership", "refusal",
                                   "rejected", "reserved", "returned", "unmatched"));
}

/// I9: how batches are gathered into transactions leaves no trace.
TEST_F(BooksTest, AreTheSameHoweverTheyAreGathered) {
    test::WrittenJournal written;
    written.append_busy(4, 60);
    written.append_random(4, 250);
    ASSERT_TRUE(project(written, 1));  // each batch by itself
    const std::string one_by_one = checksums();
    EXPECT_THAT(one_by_one, HasSubstr("transfer"));
    for (const std::size_t rows : {7, 100, 1'000'000}) {
        execute("SELECT clear_books()");
        ASSERT_TRUE(project(written, rows));
        EXPECT_EQ(checksums(), one_by_one) << rows;
    }
    execute(
        "UPDATE transfer SET amount = amount + 1 WHERE created_sequence = "
        "(SELECT max(created_sequence) FROM transfer)");
    EXPECT_NE(checksums(), one_by_one);
}

/// Nor does it that a chunk is gathered while the one before it is not written yet.
TEST_F(BooksTest, AreTheSameWhenGatheredAhead) {
    test::WrittenJournal written;
    written.append_random(9, 250);
    ASSERT_TRUE(project(written, 1));
    const std::string one_by_one = checksums();
    execute("SELECT clear_books()");
    auto writer = open_writer();
    projection::Projector projector(
        {.ledger = std::make_unique<ledger::Ledger>(test::WrittenJournal::tables())},
        written.genesis(), std::nullopt, {.rows_per_transaction = 60});
    const auto write = [&] {
        if (projector.sealed() == nullptr) return;
        ASSERT_TRUE(writer.write(*projector.sealed()));
        projector.written();
    };
    const auto read =
        written.journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
            ASSERT_TRUE(projector.take(batch));
            if (!projector.is_full()) return;
            write();
            projector.seal();
        });
    ASSERT_TRUE(read);
    write();
    ASSERT_FALSE(projector.is_empty());
    projector.seal();
    write();
    EXPECT_EQ(checksums(), one_by_one);
}

/// Killed behind any transaction, and started again: no row is lost and none is written twice.
TEST_F(BooksTest, GoOnBehindAnyTransaction) {
    test::WrittenJournal written;
    written.append_random(5, 90);
    ASSERT_TRUE(project(written, 20));
    const std::string uninterrupted = checksums();
    execute("SELECT clear_books()");
    std::int64_t batch = -1;
    for (std::size_t starts = 0; starts < 500; ++starts) {
        ASSERT_TRUE(project(written, 20, 1));
        const std::int64_t now = count("SELECT batch_number FROM projection_cursor");
        if (now == batch) break;
        batch = now;
    }
    EXPECT_EQ(checksums(), uninterrupted);
    expect_books_of(written);
}

/// A transaction that fails anywhere leaves nothing, and the same chunk can be written again.
TEST_F(BooksTest, AFailedTransactionLeavesNothing) {
    test::WrittenJournal written;
    written.append_random(6, 120);
    auto writer = open_writer();
    projection::Projector projector(
        {.ledger = std::make_unique<ledger::Ledger>(test::WrittenJournal::tables())},
        written.genesis(), std::nullopt, {.rows_per_transaction = 150});
    projection::ReplaySource source(written.journal, written.genesis(), base::BatchNumber(0));
    ASSERT_TRUE(project(source, projector, writer, 1));
    const std::string before = checksums();
    // The last thing that a chunk does, after all its other rows.
    execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$; "
        "CREATE TRIGGER refuse BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION refuse()");
    projector.seal();
    const auto refused = writer.write(*projector.sealed());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("no"));
    EXPECT_EQ(checksums(), before);
    execute("DROP TRIGGER refuse ON transfer");
    const auto written_now = writer.write(*projector.sealed());
    ASSERT_TRUE(written_now) << written_now.error().to_string();
    projector.written();
    ASSERT_TRUE(project(source, projector, writer));
    expect_books_of(written);
}

/// The connection was lost between a commit and its answer: the books say that it succeeded.
TEST_F(BooksTest, ALostAnswerOfACommitIsFoundInTheBooks) {
    test::WrittenJournal written;
    written.append_random(8, 120);
    projection::Projector projector(
        {.ledger = std::make_unique<ledger::Ledger>(test::WrittenJournal::tables())},
        written.genesis(), std::nullopt, {.rows_per_transaction = 150});
    projection::ReplaySource source(written.journal, written.genesis(), base::BatchNumber(0));
    auto writer = open_writer();
    ASSERT_TRUE(project(source, projector, writer, 1));
    EXPECT_TRUE(projector.resume_at(*writer.cursor()));
    projector.seal();
    ASSERT_TRUE(writer.write(*projector.sealed()));  // and `written` is not called
    ASSERT_TRUE(project(source, projector, writer, 0));
    ASSERT_FALSE(projector.is_empty());  // more was gathered meanwhile
    EXPECT_TRUE(projector.resume_at(*writer.cursor()));
    EXPECT_EQ(projector.sealed(), nullptr);
#ifdef AYNI_MARKS
    EXPECT_GE(base::mark_hits("projection.answer_of_a_commit_was_lost"), 1U);
#endif
    ASSERT_TRUE(project(source, projector, writer));
    expect_books_of(written);
    EXPECT_FALSE(projector.resume_at(std::nullopt));
    EXPECT_FALSE(projector.resume_at(projection::Cursor{}));
}

TEST_F(BooksTest, GrowFromASnapshot) {
    test::WrittenJournal written;
    written.append_random(7, 200);
    ASSERT_TRUE(project(written, 60));
    const std::string whole = checksums();
    execute("SELECT clear_books()");
    ASSERT_TRUE(project(written, 60, 3));
    auto writer = open_writer();
    const auto books = writer.cursor();
    ASSERT_TRUE(books && *books);
    for (const std::uint64_t earlier : {0, 2}) {
        // Once in the books' own place, once from before it.
        const auto headers = written.headers();
        const base::BatchNumber stand((*books)->batch.value() - earlier);
        projection::Projector projector(
            {.ledger = written.ledger_behind(stand),
             .stand = {{.batch = stand, .hash = headers[stand.value()].hash}}},
            written.genesis(), *writer.cursor(), {.rows_per_transaction = 60});
        EXPECT_EQ(projector.has_reached_books(), earlier == 0);
        projection::ReplaySource source(written.journal, written.genesis(), stand.next());
        const auto done = project(source, projector, writer, earlier == 0 ? 0 : ~std::size_t{0});
        ASSERT_TRUE(done) << done.error().to_string();
    }
    EXPECT_EQ(checksums(), whole);
}

/// A reservation outlives its month: its row is found in the old partition, new ones go to a new
/// one.
TEST_F(BooksTest, EachMonthHasItsPartitions) {
    test::WrittenJournal written;
    const auto at = [](const char* date) {
        // 2026-10-31 and 2026-11-01, UTC, in nanoseconds.
        return base::JournalTime{std::string_view(date) == "october" ? 1'793'490'900'000'000'000
                                                                     : 1'793'491'260'000'000'000};
    };
    const base::ParticipantId bim{3};
    const base::ParticipantId yape{2};
    const auto id_at = [](base::JournalTime time, std::uint64_t low) {
        return base::TransferId{.high = time.milliseconds() << 16U, .low = low};
    };
    for (const base::ParticipantId id : {yape, bim}) {
        ledger::CreateParticipant command{.participant = id};
        command.code = {'p', static_cast<char>('a' + id.value())};
        written.append(at("october"), command);
        written.append(at("october"), ledger::RecordFundsIn{.id = id_at(at("october"), id.value()),
                                                            .participant = id,
                                                            .amount = 1'000});
    }
    const auto pay = [&](base::JournalTime time, std::uint64_t low) {
        ledger::CreateTransfer body{
            .id = id_at(time, low), .initiator = yape, .payee = bim, .timeout_ms = 3'600'000};
        body.type = ledger::TransferType::payment;
        using ledger::AccountKind;
        const ledger::CommandPosting posting{
            .debit = ledger::system_account(yape, AccountKind::position, base::Currency::pen),
            .credit = ledger::system_account(bim, AccountKind::position, base::Currency::pen),
            .amount = 10};
        test::TimedBatch batch{.time = time, .commands = {}};
        batch.commands.add(body, std::span(&posting, 1));
        written.append(batch);
        return body.id;
    };
    const auto old = pay(at("october"), 100);
    const auto newer = pay(at("november"), 101);
    written.append(at("november"), ledger::CommitTransfer{.id = old, .by = bim});
    written.append(at("november"), ledger::CommitTransfer{.id = newer, .by = bim});
    ASSERT_TRUE(project(written, 1));
    expect_books_of(written);
    EXPECT_EQ(text("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                   "WHERE relispartition AND relkind = 'r'"),
              "account_entry_2026_10 account_entry_2026_11 posting_2026_10 posting_2026_11 "
              "transfer_2026_10 transfer_2026_11");
    EXPECT_EQ(count("SELECT count(*) FROM account_entry_2026_11"), 4);  // when they were posted
    EXPECT_EQ(text("SELECT state FROM transfer_2026_10 WHERE type = 'payment'"), "committed");
    EXPECT_EQ(count("SELECT count(*) FROM posting_2026_11"), 1);
    const std::string one_by_one = checksums();
    execute("SELECT clear_books()");
    EXPECT_EQ(count("SELECT count(*) FROM pg_class WHERE relispartition"), 0);
    ASSERT_TRUE(project(written, 1'000));  // both months in one transaction
    EXPECT_EQ(checksums(), one_by_one);
}

}  // namespace
}  // namespace ayni
