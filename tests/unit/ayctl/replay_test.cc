#include "ayctl/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ayctl/decode.h"
#include "journal/memory_journal.h"
#include "ledger/snapshot.h"

namespace ayni::test {
namespace {

using ::testing::HasSubstr;

class Nobody final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

/// Writes a journal as a switch does: institution 2, then 100.00 and 50.00 for it.
class Replay : public ::testing::Test {
protected:
    Replay() {
        append([](ledger::CommandBuffer& commands) {
            commands.add(ledger::CreateParticipant{
                .participant = yape, .entity_code = 2, .code = {'y', 'a', 'p', 'e'}});
        });
        append([](ledger::CommandBuffer& commands) { commands.add(funds(1, 10'000)); });
        append([](ledger::CommandBuffer& commands) {
            commands.add(funds(2, 5'000));
            commands.add(funds(2, 6'000));  // the same id with another body: refused
        });
    }

    static ledger::RecordFundsIn funds(std::uint64_t id, std::int64_t amount) {
        return {.id = {.high = start_ms << 16U, .low = id}, .participant = yape, .amount = amount};
    }

    void append(const std::function<void(ledger::CommandBuffer&)>& fill) {
        ledger::CommandBuffer commands;
        fill(commands);
        const auto& tail = journal_.tail();
        journal::Batch batch{.header = {}, .payload = commands.bytes()};
        batch.header.number = tail.number.next();
        batch.header.first_sequence = written_.last_sequence().next();
        batch.header.command_count = static_cast<std::uint32_t>(commands.count());
        batch.header.timestamp = time(tail.number.value() + 1);
        batch.header.digest_batch = tail.number;
        batch.header.digest = written_.digest();
        if (has_false_digest_) ++batch.header.digest.low;
        batch.header.previous_hash = tail.hash;
        batch.header.hash = journal::hash_of(batch);
        ASSERT_EQ(journal_.append(batch), journal::AppendOutcome::appended);
        written_.begin_batch(batch.header.first_sequence, batch.header.timestamp, nobody_);
        ASSERT_TRUE(ledger::for_each_command(commands.bytes(), [&](ledger::CommandView command) {
            (void)written_.apply(command, nobody_);
        }));
    }

    /// A second for each batch.
    static base::JournalTime time(std::uint64_t batch) {
        return {static_cast<std::int64_t>(start_ms + batch * 1'000) * 1'000'000};
    }
    [[nodiscard]] static std::int64_t settlement(const ledger::Ledger& ledger) {
        return ledger.position(yape, base::Currency::pen)->settlement;
    }

    /// Room for one claim more than there is by default.
    static ledger::Options roomy() {
        ledger::Options options;
        ++options.claims;
        return options;
    }

    static constexpr base::ParticipantId yape{2};
    static constexpr std::uint64_t start_ms = 1'795'440'000'000;
    static constexpr ledger::Options small{
        .participants = 8, .accounts = 64, .live_transfers = 16, .remembered_transfers = 64};
    Nobody nobody_;
    journal::MemoryJournal journal_{{.timestamp = time(0)}};
    ledger::Ledger written_{roomy()};
    ledger::Ledger read_{small};
    bool has_false_digest_ = false;
};

TEST_F(Replay, EndsWhereTheSwitchIs) {
    const auto summary = ayctl::replay(journal_, read_, {});
    ASSERT_TRUE(summary.has_value()) << summary.error().to_string();
    EXPECT_EQ(read_.digest(), written_.digest());
    EXPECT_EQ(read_.last_sequence(), base::Sequence(4));
    EXPECT_EQ(summary->commands, 4U);
    EXPECT_EQ(summary->refused, 1U);
    EXPECT_EQ(summary->batches, 4U);
    EXPECT_EQ(summary->digests_compared, 3U);
    EXPECT_EQ(summary->last.hash, journal_.tail().hash);
    EXPECT_EQ(settlement(read_), 15'000);
}

TEST_F(Replay, StopsAfterASequenceInTheMiddleOfABatch) {
    const auto summary = ayctl::replay(journal_, read_, {.sequence = base::Sequence(3)});
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(read_.last_sequence(), base::Sequence(3));
    EXPECT_EQ(summary->refused, 0U);
}

TEST_F(Replay, StopsAtAnInstant) {
    const auto between = base::JournalTime{time(2).nanoseconds + 1};
    ASSERT_TRUE(ayctl::replay(journal_, read_, {.time = between}).has_value());
    EXPECT_EQ(settlement(read_), 10'000);
}

TEST_F(Replay, GoesOnFromASnapshot) {
    ASSERT_TRUE(ayctl::replay(journal_, read_, {.sequence = base::Sequence(2)}));
    ledger::SnapshotBytes bytes;
    ASSERT_TRUE(write_snapshot(read_, {.batch = 2}, bytes));
    ledger::Ledger loaded(small);
    ledger::SnapshotSpan span(bytes.bytes());
    ASSERT_TRUE(read_snapshot(span, loaded));
    const auto summary = ayctl::replay(journal_, loaded, {}, base::BatchNumber(2));
    ASSERT_TRUE(summary.has_value()) << summary.error().to_string();
    EXPECT_EQ(summary->commands, 2U);
    EXPECT_EQ(summary->digests_compared, 1U) << "that of the snapshot";
    EXPECT_EQ(loaded.digest(), written_.digest());
}

TEST_F(Replay, MakesAsMuchRoomAsTheJournalNeeds) {
    ledger::Limits limits = ledger::limits_of({});
    limits.claims += 1;
    append([&](ledger::CommandBuffer& commands) { commands.add(ledger::Started{}, limits); });
    const auto summary = ayctl::replay(journal_, read_, {});
    ASSERT_TRUE(summary.has_value()) << summary.error().to_string();
    EXPECT_EQ(summary->needs, limits);
    EXPECT_EQ(read_.last_sequence(), base::Sequence(4)) << "up to there it went";
    const auto replayed = ayctl::replay(journal_, {});
    ASSERT_TRUE(replayed.has_value()) << replayed.error().to_string();
    EXPECT_EQ(replayed->ledger->limits(), limits);
    EXPECT_EQ(replayed->ledger->last_sequence(), base::Sequence(5));
}

TEST(Room, IsAtFirstThatOfTheFirstStart) {
    ledger::Limits limits = ledger::limits_of({});
    ++limits.accounts;
    ledger::CommandBuffer commands;
    commands.add(ledger::Started{}, limits);
    journal::MemoryJournal journal({.timestamp = {1}});
    journal::Batch batch{.header = {}, .payload = commands.bytes()};
    batch.header.number = journal.tail().number.next();
    batch.header.first_sequence = base::Sequence(1);
    batch.header.command_count = 1;
    batch.header.timestamp = journal.tail().timestamp;
    batch.header.previous_hash = journal.tail().hash;
    batch.header.hash = journal::hash_of(batch);
    ASSERT_EQ(journal.append(batch), journal::AppendOutcome::appended);
    EXPECT_EQ(ledger::limits_of(ayctl::room_at_first(journal)), limits);
}

TEST_F(Replay, NamesTheBatchWhoseDigestDiffers) {
    has_false_digest_ = true;
    append([](ledger::CommandBuffer& commands) { commands.add_tick(); });
    const auto summary = ayctl::replay(journal_, read_, {});
    ASSERT_FALSE(summary.has_value());
    EXPECT_EQ(summary.error().field, "batch 4 (sequences 5 to 5)");
    EXPECT_THAT(summary.error().message, HasSubstr("digest after batch 3"));
}

TEST(Decode, NamesFieldsAndAccounts) {
    ledger::CommandBuffer commands;
    const ledger::CommandPosting posting{
        .debit = ledger::system_account(base::ParticipantId(2), ledger::AccountKind::position,
                                        base::Currency::pen),
        .credit = base::AccountId(77),
        .amount = 1'250};
    ledger::PaymentDetails details;
    details.end_to_end_id = {'E', '\x1b', '1'};
    details.purpose = {'G', 'O', 'V', 'T'};
    commands.add({.id = {.high = 1, .low = 2},
                  .initiator = base::ParticipantId(2),
                  .payee = base::ParticipantId(3),
                  .timeout_ms = 10'000,
                  .type = ledger::TransferType::payment},
                 {&posting, 1}, &details);
    const auto text = ayctl::decode(*ledger::CommandView::read(commands.bytes())).to_string();
    EXPECT_THAT(text, ::testing::StartsWith(
                          "create_transfer id=00000000-0000-0001-0000-000000000002 type=payment "
                          "initiator=2 payee=3 currency=PEN timeout_ms=10000 "
                          "debit=2.position.PEN credit=77 amount=12.50 end_to_end_id=E?1 "
                          "purpose=GOVT"));
}

/// Every kind that the journal can hold has words.
TEST(Decode, KnowsEveryKind) {
    ledger::CommandBuffer commands;
    commands.add_tick();
    commands.add(ledger::Started{});
    commands.add(ledger::AdvanceProtocolVersion{});
    commands.add(ledger::CreateParticipant{});
    commands.add(ledger::SetParticipantState{});
    commands.add(ledger::SetNetDebitCap{});
    commands.add(ledger::CreateAccount{});
    commands.add(ledger::RecordFundsIn{});
    commands.add(ledger::CommitTransfer{});
    commands.add(ledger::AbortTransfer{});
    commands.add(ledger::AcknowledgeOutcome{});
    commands.add(ledger::RefuseCommitted{});
    commands.add(ledger::ClaimBatch{});
    std::vector<std::string> kinds;
    ASSERT_TRUE(ledger::for_each_command(commands.bytes(), [&](ledger::CommandView command) {
        kinds.push_back(ayctl::decode(command).kind);
    }));
    EXPECT_THAT(kinds, ::testing::ElementsAre(
                           "tick", "started", "advance_protocol_version", "create_participant",
                           "set_participant_state", "set_net_debit_cap", "create_account",
                           "record_funds_in", "commit_transfer", "abort_transfer",
                           "acknowledge_outcome", "refuse_committed", "claim_batch"));
}

}  // namespace
}  // namespace ayni::test
