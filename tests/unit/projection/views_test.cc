#include "projection_fixture.h"

namespace ayni {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr base::ParticipantId yape{2};
constexpr base::ParticipantId bim{3};

/// Payments from yape to bim, one for each way to end.
class ViewsTest : public test::WithBooks {
protected:
    void SetUp() override {
        test::WithBooks::SetUp();
        for (const base::ParticipantId id : {yape, bim}) {
            ledger::CreateParticipant command{.participant = id};
            const std::string_view code = id == yape ? "yape" : "bim";
            std::copy(code.begin(), code.end(), command.code.begin());
            command.actor = ledger::actor_of("operator/ana");
            written.append(now(), command);
            ledger::RecordFundsIn funds{.id = new_id(), .participant = id, .amount = 1'000};
            funds.actor = ledger::actor_of("operator/luis");
            funds.bank_reference = {'B', 'C', 'R', 'P', ' ', '7'};
            written.append(now(), funds);
        }
    }

    base::JournalTime now() {
        time_.nanoseconds += second_ns;
        return time_;
    }
    base::TransferId new_id() {
        return {.high = (time_.milliseconds() << 16U) + ++ids_, .low = ids_};
    }
    base::TransferId pay(std::int64_t amount, std::uint32_t timeout_ms = 60'000) {
        const base::JournalTime time = now();
        ledger::CreateTransfer body{
            .id = new_id(), .initiator = yape, .payee = bim, .timeout_ms = timeout_ms};
        body.type = ledger::TransferType::payment;
        using ledger::AccountKind;
        const ledger::CommandPosting posting{
            .debit = ledger::system_account(yape, AccountKind::position, base::Currency::pen),
            .credit = ledger::system_account(bim, AccountKind::position, base::Currency::pen),
            .amount = amount};
        test::TimedBatch batch{.time = time, .commands = {}};
        batch.commands.add(body, std::span(&posting, 1));
        written.append(batch);
        return body.id;
    }
    void commit(const base::TransferId& id) {
        written.append(now(), ledger::CommitTransfer{.id = id, .by = bim});
    }
    void acknowledge(const base::TransferId& id, base::ParticipantId by) {
        written.append(now(), ledger::AcknowledgeOutcome{.id = id, .by = by});
    }

    /// "reserved 2, committed 3": events in order, with who did each.
    [[nodiscard]] std::string events_of(const base::TransferId& id) {
        return text(
            "SELECT string_agg(concat_ws(' ', event, participant_id, reason_code), ', ' "
            "ORDER BY sequence) FROM transfer_event WHERE transfer_id = '" +
            base::to_string(id) + "'");
    }

    test::WrittenJournal written;

private:
    base::JournalTime time_{test::WrittenJournal::genesis_ns};
    std::uint64_t ids_ = 0;
};

TEST_F(ViewsTest, TellTheHistoryOfATransfer) {
    const auto acknowledged = pay(10);
    commit(acknowledged);
    acknowledge(acknowledged, bim);
    const auto unmatched = pay(20);
    commit(unmatched);
    const auto returned = pay(40);
    commit(returned);
    written.append(now(), ledger::RefuseCommitted{
                              .id = returned, .by = bim, .reason = ledger::ReasonCode("AC06")});
    const auto refused = pay(80);
    written.append(now(), ledger::AbortTransfer{
                              .id = refused, .by = bim, .reason = ledger::ReasonCode("AC04")});
    const auto rejected = pay(5'000);
    const auto expired = pay(160, 1'500);
    const auto reserved = pay(320);
    commit(expired);
    for (const std::size_t rows : {1, 1'000}) {
        execute("SELECT clear_books()");
        ASSERT_TRUE(project(written, rows));
        EXPECT_EQ(events_of(acknowledged), "reserved 2, committed 3, acknowledged 3");
        EXPECT_EQ(events_of(unmatched), "reserved 2, committed 3");
        EXPECT_EQ(events_of(returned), "reserved 2, committed 3, returned 3 AC06");
        EXPECT_EQ(events_of(refused), "reserved 2, aborted 3 AC04");
        EXPECT_EQ(events_of(rejected), "rejected 2 AM04");
        EXPECT_EQ(events_of(expired), "reserved 2, aborted AB05");
        EXPECT_EQ(events_of(reserved), "reserved 2");
        EXPECT_EQ(text("SELECT string_agg(concat_ws(' ', amount, state, awaited_code), ', ' "
                       "ORDER BY amount) FROM unmatched_confirmation"),
                  "20 committed bim, 40 returned yape, 80 aborted bim, 160 aborted bim");
        EXPECT_EQ(text("SELECT concat_ws(' ', command, participant_id, status, reason_code) "
                       "FROM refusal"),
                  "commit_transfer 3 already_aborted AB05");
    }
    acknowledge(returned, yape);
    ASSERT_TRUE(project(written, 1));
    EXPECT_EQ(events_of(returned), "reserved 2, committed 3, returned 3 AC06, acknowledged 2");
    EXPECT_EQ(count("SELECT count(*) FROM unmatched_confirmation"), 3);
    EXPECT_EQ(text("SELECT string_agg(side || ' ' || amount, ', ' ORDER BY sequence) "
                   "FROM posting_line JOIN account USING (account_id) "
                   "WHERE kind = 'position' AND owner_id = 2"),
              "debit 10, debit 20, debit 40, credit 40");
}

TEST_F(ViewsTest, TellWhoDidWhat) {
    ASSERT_TRUE(project(written, 1));
    EXPECT_EQ(text("SELECT string_agg(concat_ws(' ', actor, act, participant_id, amount, detail, "
                   "status), '; ' ORDER BY sequence) FROM administrative_act"),
              "operator/ana create_participant 2 yape ok; "
              "operator/luis record_funds_in 2 1000 BCRP 7 ok; "
              "operator/ana create_participant 3 bim ok; "
              "operator/luis record_funds_in 3 1000 BCRP 7 ok");
}

/// The ledger, replayed up to any batch, has on each account what the function says of that
/// instant.
TEST_F(ViewsTest, TellEveryBalanceAtEveryInstant) {
    test::WrittenJournal random;
    random.append_random(11, 160);
    ASSERT_TRUE(project(random, 500));
    const auto headers = random.headers();
    std::size_t nonzero = 0;
    for (std::size_t i = 5; i < headers.size(); i += 13) {
        const auto ledger = random.ledger_behind(headers[i].number);
        pqxx::nontransaction reading(connection());
        ledger->for_each_account([&](const ledger::Account& account) {
            const auto row = reading.exec_params1(
                "SELECT * FROM account_balance_at($1, timestamptz '1970-01-01 00:00:00+00' "
                "+ interval '1 microsecond' * $2::bigint)",
                static_cast<std::int64_t>(account.id.value()),
                headers[i].timestamp.nanoseconds / 1'000);
            ASSERT_EQ(row["debits_pending"].as<std::int64_t>(), account.debits_pending);
            ASSERT_EQ(row["debits_posted"].as<std::int64_t>(), account.debits_posted);
            ASSERT_EQ(row["credits_pending"].as<std::int64_t>(), account.credits_pending);
            ASSERT_EQ(row["credits_posted"].as<std::int64_t>(), account.credits_posted);
            ASSERT_EQ(row["balance"].as<std::int64_t>(), account.posted_balance());
            nonzero += account.debits_pending != 0 ? 1 : 0;
        });
    }
    EXPECT_GT(nonzero, 0U);
}

}  // namespace
}  // namespace ayni
