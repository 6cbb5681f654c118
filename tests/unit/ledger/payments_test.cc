#include <gtest/gtest.h>

#include <limits>

#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

class Payments : public ::testing::Test, public LedgerFixture {
protected:
    void SetUp() override {
        onboard();
        ASSERT_EQ(fund(yape, 1'000).status, Status::ok);
    }
};

TEST_F(Payments, AReservationHoldsThePayersMoneyAndPromisesThePayees) {
    const Outcome outcome = pay(yape, bim, 400);
    EXPECT_EQ(outcome.state, TransferState::reserved);
    EXPECT_EQ(position(yape).reserved, 400);
    EXPECT_EQ(position(yape).available, 600);
    EXPECT_EQ(position(bim).incoming, 400);
    EXPECT_EQ(position(bim).available, 0);
}

TEST_F(Payments, ACommitMovesTheMoneyOnce) {
    pay(yape, bim, 400);
    EXPECT_EQ(commit(last_id, bim).state, TransferState::committed);
    EXPECT_EQ(commit(last_id, bim).replayed, true);
    EXPECT_EQ(position(yape).net, -400);
    EXPECT_EQ(position(yape).reserved, 0);
    EXPECT_EQ(position(bim).net, 400);
    EXPECT_EQ(position(bim).incoming, 0);
}

TEST_F(Payments, ACreditIsCoverOnceItsPayeeAcknowledgedIt) {
    pay(yape, bim, 400);
    commit(last_id, bim);
    EXPECT_EQ(position(bim).available, 0);
    EXPECT_EQ(pay(bim, coopac, 1).status, Status::insufficient_cover);
    pay(yape, bim, 100);
    const base::TransferId second = last_id;
    commit(second, bim);
    acknowledge(second, bim);
    EXPECT_EQ(position(bim).available, 100);
    EXPECT_EQ(pay(bim, coopac, 100).state, TransferState::reserved);
}

TEST_F(Payments, AnAbortRestoresBothSidesExactly) {
    pay(yape, bim, 400);
    const Outcome outcome = abort(last_id, bim);
    EXPECT_EQ(outcome.state, TransferState::aborted);
    EXPECT_EQ(outcome.reason.view(), "AC04");
    EXPECT_EQ(position(yape).available, 1'000);
    EXPECT_EQ(position(yape).reserved, 0);
    EXPECT_EQ(position(bim).incoming, 0);
}

TEST_F(Payments, ThePayerCanNotAbortWhatThePayeeMayHaveAccepted) {
    pay(yape, bim, 400);
    EXPECT_EQ(abort(last_id, yape).status, Status::not_authorised);
    EXPECT_EQ(position(yape).reserved, 400);
}

TEST_F(Payments, AReservationExpiresAtItsDeadlineAndNotBefore) {
    pay(yape, bim, 400);
    now = now + 9'999ms;
    tick();
    EXPECT_EQ(position(yape).reserved, 400);
    now = now + 1ms;
    tick();
    EXPECT_EQ(position(yape).reserved, 0);
    const auto transfer = ledger.find_transfer(last_id);
    ASSERT_TRUE(transfer.has_value());
    EXPECT_EQ(transfer->record.state, TransferState::aborted);
    EXPECT_EQ(transfer->record.reason.view(), "AB05");
    ASSERT_NE(transfer->live, nullptr) << "the payee has still to be told";
    EXPECT_TRUE(transfer->live->payee_untold);
}

TEST_F(Payments, AnAcceptAtTheDeadlineAlwaysLoses) {
    pay(yape, bim, 400);
    now = now + 10s;
    const Outcome outcome = commit(last_id, bim);
    EXPECT_EQ(outcome.status, Status::already_aborted);
    EXPECT_EQ(outcome.reason.view(), "AB05");
    EXPECT_EQ(position(bim).net, 0);
    EXPECT_EQ(commit(last_id, bim).status, Status::already_aborted);
}

TEST_F(Payments, ManyDeadlinesExpireInTheirOrder) {
    std::vector<base::TransferId> by_deadline(10);
    for (std::uint32_t i = 0; i < 10; ++i) {
        const std::uint32_t place = (i * 7) % 10;
        ledger::CreateTransfer body = payment_body(yape, bim);
        body.timeout_ms = 100 + place * 10;
        by_deadline[place] = body.id;
        create(body, {principal(yape, bim, 1)});
    }
    commit(by_deadline[4], bim);
    changes.clear();
    now = now + 1s;
    tick();
    by_deadline.erase(by_deadline.begin() + 4);
    ASSERT_EQ(changes.size(), by_deadline.size());
    for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].id, by_deadline[i]);
    EXPECT_FALSE(ledger.next_deadline().has_value());
}

TEST_F(Payments, ARefusalAfterTheCommitReturnsTheMoneyInOneCommand) {
    pay(yape, bim, 400);
    commit(last_id, bim);
    const Outcome outcome = refuse(last_id, bim);
    EXPECT_EQ(outcome.state, TransferState::returned);
    EXPECT_EQ(position(yape).available, 1'000);
    EXPECT_EQ(position(bim).net, 0);
    EXPECT_EQ(position(bim).unacknowledged, 0);
    const auto transfer = ledger.find_transfer(last_id);
    ASSERT_TRUE(transfer && transfer->live != nullptr);
    EXPECT_TRUE(transfer->live->payer_untold);
    EXPECT_FALSE(transfer->live->payee_untold);
    EXPECT_EQ(acknowledge(last_id, yape).status, Status::ok);
    EXPECT_EQ(ledger.find_transfer(last_id)->live, nullptr);
}

TEST_F(Payments, AReturnPassesThoughThePayeeIsSuspendedAndSpentItsOtherCover) {
    fund(bim, 50);
    pay(yape, bim, 400);
    const base::TransferId received = last_id;
    commit(received, bim);
    ASSERT_EQ(pay(bim, coopac, 50).state, TransferState::reserved);
    EXPECT_EQ(pay(bim, coopac, 1).status, Status::insufficient_cover);
    apply(ledger::SetParticipantState{.participant = bim,
                                      .state = ledger::ParticipantState::suspended,
                                      .reserved = {},
                                      .actor = {}});
    EXPECT_EQ(refuse(received, bim).state, TransferState::returned);
    EXPECT_EQ(position(bim).available, 0);
}

TEST_F(Payments, AFeeCanNotBeSpentWhileItsPaymentMayBeReturned) {
    ASSERT_EQ(open_account(1, yape, AccountKind::suspense), Status::ok);
    ASSERT_EQ(open_account(2, yape, AccountKind::fee), Status::ok);
    const auto pay_with_fee = [&] {
        const ledger::CreateTransfer body = payment_body(yape, bim);
        create(body, {principal(yape, bim, 400),
                      {.debit = base::AccountId(1), .credit = base::AccountId(2), .amount = 5}});
        commit(body.id, bim);
        return body.id;
    };
    const base::TransferId refused = pay_with_fee();
    EXPECT_EQ(post(yape, 2, 1, 5).status, Status::insufficient_funds);
    EXPECT_EQ(refuse(refused, bim).state, TransferState::returned);
    EXPECT_EQ(ledger.find_account(base::AccountId(2))->posted_balance(), 0);
    const base::TransferId kept = pay_with_fee();
    acknowledge(kept, bim);
    EXPECT_EQ(post(yape, 2, 1, 5).status, Status::ok);
}

TEST_F(Payments, WhatWasAcknowledgedCanNotBeRefusedAnyMore) {
    pay(yape, bim, 400);
    commit(last_id, bim);
    acknowledge(last_id, bim);
    EXPECT_EQ(refuse(last_id, bim).status, Status::outcome_already_acknowledged);
    EXPECT_EQ(position(bim).net, 400);
}

TEST_F(Payments, ARefusalIsToldToThePayeeUntilItAcknowledges) {
    pay(yape, bim, 400);
    abort(last_id, bim);
    ASSERT_NE(ledger.find_transfer(last_id)->live, nullptr);
    EXPECT_EQ(acknowledge(last_id, bim).status, Status::ok);
    EXPECT_EQ(ledger.find_transfer(last_id)->live, nullptr);
    EXPECT_EQ(ledger.usage().live_transfers, 0U);
}

TEST_F(Payments, WhoWasNeverAskedNeedsNotBeTold) {
    pay(yape, bim, 400);
    abort(last_id, ledger::hub, false);
    EXPECT_EQ(ledger.find_transfer(last_id)->live, nullptr);
    EXPECT_EQ(ledger.find_participant(bim)->unacknowledged_outcomes, 0U);
}

TEST_F(Payments, CoverIsTestedBeforeTheCap) {
    apply(ledger::SetNetDebitCap{
        .participant = yape, .currency = Currency::pen, .reserved = 0, .cap = 300, .actor = {}});
    EXPECT_EQ(pay(yape, bim, 1'001).status, Status::insufficient_cover);
    EXPECT_EQ(pay(yape, bim, 301).status, Status::net_debit_cap_exceeded);
    EXPECT_EQ(pay(yape, bim, 300).status, Status::ok);
    EXPECT_EQ(pay(yape, bim, 1).status, Status::net_debit_cap_exceeded);
}

TEST_F(Payments, ACapLoweredBelowTheExposureLetsNothingMoreOut) {
    pay(yape, bim, 500);
    apply(ledger::SetNetDebitCap{
        .participant = yape, .currency = Currency::pen, .reserved = 0, .cap = 100, .actor = {}});
    EXPECT_EQ(pay(yape, bim, 1).status, Status::net_debit_cap_exceeded);
    EXPECT_EQ(commit(last_id, bim).status, Status::already_rejected);
}

TEST_F(Payments, TheLargestCapBindsNobodyWhoIsInCredit) {
    pay(yape, bim, 400);
    commit(last_id, bim);
    acknowledge(last_id, bim);
    apply(ledger::SetNetDebitCap{.participant = bim,
                                 .currency = Currency::pen,
                                 .reserved = 0,
                                 .cap = std::numeric_limits<std::int64_t>::max() - 1,
                                 .actor = {}});
    EXPECT_EQ(position(bim).available, 400);
    EXPECT_EQ(pay(bim, yape, 400).status, Status::ok);
}

TEST_F(Payments, NoMixOfSendersPassesCoverOrCap) {
    apply(ledger::SetNetDebitCap{
        .participant = yape, .currency = Currency::pen, .reserved = 0, .cap = 900, .actor = {}});
    ledger::CommandBuffer buffer;
    for (int i = 0; i < 10; ++i) {
        const auto posting = principal(yape, bim, 270);
        buffer.add(payment_body(yape, bim), std::span(&posting, 1));
    }
    int reserved = 0;
    for (const Outcome& outcome : apply_all(buffer)) {
        if (outcome.state == TransferState::reserved) ++reserved;
    }
    EXPECT_EQ(reserved, 3);
    EXPECT_EQ(position(yape).reserved, 810);
}

TEST_F(Payments, MoneyInAnotherCurrencyIsNoCover) {
    fund(yape, 500, Currency::usd);
    EXPECT_EQ(pay(yape, bim, 1'001).status, Status::insufficient_cover);
    ledger::CreateTransfer body = payment_body(yape, bim);
    body.currency = Currency::usd;
    EXPECT_EQ(create(body, {principal(yape, bim, 500, Currency::usd)}).status, Status::ok);
}

TEST_F(Payments, AParticipantIsRefusedWhileSuspendedAndWorksAgainAfterwards) {
    const auto set = [&](ledger::ParticipantState state) {
        apply(ledger::SetParticipantState{
            .participant = bim, .state = state, .reserved = {}, .actor = {}});
    };
    fund(bim, 100);
    set(ledger::ParticipantState::suspended);
    EXPECT_EQ(pay(yape, bim, 1).status, Status::payee_suspended);
    EXPECT_EQ(pay(bim, yape, 1).status, Status::initiator_suspended);
    set(ledger::ParticipantState::receive_only);
    EXPECT_EQ(pay(yape, bim, 1).status, Status::ok);
    EXPECT_EQ(pay(bim, yape, 1).status, Status::initiator_suspended);
    set(ledger::ParticipantState::active);
    EXPECT_EQ(pay(bim, yape, 1).status, Status::ok);
}

}  // namespace
}  // namespace ayni::test
