#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

class RawTransfers : public ::testing::Test, public LedgerFixture {
protected:
    static constexpr std::uint64_t ana = 1;
    static constexpr std::uint64_t beto = 2;
    static constexpr std::uint64_t source = 3;
    static constexpr std::uint64_t fees = 4;

    void SetUp() override {
        onboard();
        ASSERT_EQ(open_account(ana, yape), Status::ok);
        ASSERT_EQ(open_account(beto, yape), Status::ok);
        ASSERT_EQ(open_account(source, yape, AccountKind::suspense), Status::ok);
        ASSERT_EQ(open_account(fees, yape, AccountKind::fee), Status::ok);
        ASSERT_EQ(post(yape, source, ana, 1'000).state, TransferState::committed);
    }

    [[nodiscard]] std::int64_t balance(std::uint64_t account) const {
        return ledger.find_account(base::AccountId(account))->posted_balance();
    }
    [[nodiscard]] static ledger::CommandPosting leg(std::uint64_t debit, std::uint64_t credit,
                                                    std::int64_t amount) {
        return {
            .debit = base::AccountId(debit), .credit = base::AccountId(credit), .amount = amount};
    }
    Outcome linked(const std::vector<ledger::CommandPosting>& legs, std::uint32_t timeout_ms = 0) {
        ledger::CreateTransfer body;
        body.id = new_id();
        last_id = body.id;
        body.initiator = yape;
        body.timeout_ms = timeout_ms;
        return create(body, legs);
    }
};

TEST_F(RawTransfers, LinkedPostingsTakeEffectTogether) {
    EXPECT_EQ(linked({leg(ana, beto, 300), leg(ana, fees, 5)}).state, TransferState::committed);
    EXPECT_EQ(balance(ana), 695);
    EXPECT_EQ(balance(beto), 300);
    EXPECT_EQ(balance(fees), 5);
}

TEST_F(RawTransfers, OrNotAtAll) {
    EXPECT_EQ(linked({leg(ana, beto, 996), leg(ana, fees, 5)}).status, Status::insufficient_funds);
    EXPECT_EQ(linked({leg(ana, beto, 1), leg(ana, 77, 5)}).status, Status::credit_account_unknown);
    EXPECT_EQ(balance(ana), 1'000);
    EXPECT_EQ(balance(beto), 0);
}

TEST_F(RawTransfers, MoneyMayPassThroughAnAccountInOneStep) {
    EXPECT_EQ(linked({leg(ana, beto, 400), leg(beto, fees, 400)}).state, TransferState::committed);
    EXPECT_EQ(balance(beto), 0);
    EXPECT_EQ(balance(fees), 400);
}

TEST_F(RawTransfers, ButNotWhileItIsOnlyReserved) {
    EXPECT_EQ(linked({leg(ana, beto, 400), leg(beto, fees, 400)}, 1'000).status,
              Status::insufficient_funds);
}

TEST_F(RawTransfers, AReservationIsCommittedOrAbortedByWhoMadeIt) {
    EXPECT_EQ(post(yape, ana, beto, 600, 1'000).state, TransferState::reserved);
    const base::TransferId first = last_id;
    EXPECT_EQ(post(yape, ana, beto, 600).status, Status::insufficient_funds);
    EXPECT_EQ(commit(first, bim).status, Status::not_authorised);
    EXPECT_EQ(commit(first, yape).state, TransferState::committed);
    EXPECT_EQ(balance(beto), 600);
    EXPECT_EQ(ledger.usage().live_transfers, 0U) << "nobody has to be told";
    EXPECT_EQ(post(yape, ana, beto, 400, 1'000).state, TransferState::reserved);
    EXPECT_EQ(abort(last_id, yape).state, TransferState::aborted);
    EXPECT_EQ(balance(ana), 400);
}

TEST_F(RawTransfers, EightPostingsAtMost) {
    std::vector<ledger::CommandPosting> legs(8, leg(source, ana, 1));
    EXPECT_EQ(linked(legs).status, Status::ok);
    EXPECT_EQ(balance(ana), 1'008);
}

TEST_F(RawTransfers, FundsInCreditTheParticipantOnceWhoeverRepeatsIt) {
    ledger::RecordFundsIn command;
    command.id = new_id();
    command.participant = bim;
    command.amount = 700;
    command.actor = ledger::actor_of("maria");
    EXPECT_EQ(apply(command).state, TransferState::committed);
    command.actor = ledger::actor_of("jose");
    EXPECT_TRUE(apply(command).replayed);
    EXPECT_EQ(position(bim).settlement, 700);
    command.amount = 701;
    EXPECT_EQ(apply(command).status, Status::modified_request);
    EXPECT_EQ(position(bim).settlement, 700);
}

TEST_F(RawTransfers, AFileIsReleasedOnce) {
    ledger::ClaimBatch command;
    command.initiator = yape;
    command.message_id = {'M', '1'};
    command.message_id_size = 2;
    command.content_hash[5] = 9;
    const Outcome first = apply(command);
    EXPECT_EQ(first.decided_at, now);
    now = now + 30h;
    command.actor = ledger::actor_of("another officer");
    const Outcome again = apply(command);
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.decided_at, first.decided_at);
    command.content_hash[5] = 8;
    EXPECT_EQ(apply(command).status, Status::modified_request);
    command.initiator = bim;
    EXPECT_EQ(apply(command).status, Status::ok) << "another institution's message";
}

TEST_F(RawTransfers, AClaimGivesWayOnlyAfterItsRetention) {
    ledger::ClaimBatch command;
    command.initiator = yape;
    command.message_id_size = 1;
    for (char name = 'a'; name < 'e'; ++name) {
        command.message_id[0] = name;
        EXPECT_EQ(apply(command).status, Status::ok);
    }
    command.message_id[0] = 'e';
    now = now + (ledger::claim_retention - 1h);
    EXPECT_EQ(apply(command).status, Status::claims_full);
    now = now + 1h;
    EXPECT_EQ(apply(command).status, Status::ok);
    command.message_id[0] = 'b';
    EXPECT_TRUE(apply(command).replayed);
}

}  // namespace
}  // namespace ayni::test
