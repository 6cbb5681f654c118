#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

class Repeats : public ::testing::Test, public LedgerFixture {
protected:
    void SetUp() override {
        onboard();
        fund(yape, 100'000);
    }
};

TEST_F(Repeats, TheSameRequestGetsTheFirstOutcomeAtEveryStage) {
    const ledger::CreateTransfer body = payment_body(yape, bim);
    const auto again = [&] { return create(body, {principal(yape, bim, 400)}); };
    EXPECT_FALSE(again().replayed);
    EXPECT_EQ(again().state, TransferState::reserved);
    commit(body.id, bim);
    EXPECT_EQ(again().state, TransferState::committed);
    acknowledge(body.id, bim);
    now = now + 23h;
    const Outcome outcome = again();
    EXPECT_TRUE(outcome.replayed);
    EXPECT_EQ(outcome.state, TransferState::committed);
    EXPECT_EQ(position(yape).net, -400);
}

TEST_F(Repeats, ARejectionIsAnOutcomeToo) {
    const ledger::CreateTransfer body = payment_body(yape, bim);
    EXPECT_EQ(create(body, {principal(yape, bim, 200'000)}).status, Status::insufficient_cover);
    fund(yape, 500'000);
    const Outcome again = create(body, {principal(yape, bim, 200'000)});
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.status, Status::insufficient_cover);
    EXPECT_EQ(again.state, TransferState::rejected);
}

TEST_F(Repeats, EveryFieldOfTheBodyCounts) {
    ledger::PaymentDetails details;
    details.payee_token[3] = 1;
    const ledger::CreateTransfer body = payment_body(yape, bim);
    ASSERT_EQ(create(body, {principal(yape, bim, 400)}, &details).status, Status::ok);
    const auto modified = [&](ledger::CreateTransfer other, const ledger::CommandPosting& posting,
                              const ledger::PaymentDetails* with) {
        return create(other, {posting}, with).status;
    };
    ledger::CreateTransfer other = body;
    other.payee = coopac;
    EXPECT_EQ(modified(other, principal(yape, coopac, 400), &details), Status::modified_request);
    other = body;
    other.currency = Currency::usd;
    EXPECT_EQ(modified(other, principal(yape, bim, 400), &details), Status::modified_request);
    EXPECT_EQ(modified(body, principal(yape, bim, 401), &details), Status::modified_request);
    EXPECT_EQ(modified(body, principal(yape, coopac, 400), &details), Status::modified_request);
    EXPECT_EQ(modified(body, principal(yape, bim, 400), nullptr), Status::modified_request);
    for (const auto change : std::vector<void (*)(ledger::PaymentDetails&)>{
             [](ledger::PaymentDetails& d) { d.payer_token[0] ^= 1; },
             [](ledger::PaymentDetails& d) { d.payee_token[0] ^= 1; },
             [](ledger::PaymentDetails& d) { d.remittance_token[15] ^= 1; },
             [](ledger::PaymentDetails& d) { d.end_to_end_id[0] = 'X'; },
             [](ledger::PaymentDetails& d) { d.purpose[0] = 'X'; }}) {
        ledger::PaymentDetails changed = details;
        change(changed);
        EXPECT_EQ(modified(body, principal(yape, bim, 400), &changed), Status::modified_request);
    }
    other = body;
    other.timeout_ms = 60'000;
    EXPECT_EQ(create(other, {principal(yape, bim, 400)}, &details).replayed, true)
        << "a caller that tries again has less time left";
    EXPECT_EQ(position(yape).reserved, 400);
}

TEST_F(Repeats, PeekAnswersWhatApplyWould) {
    const ledger::CreateTransfer body = payment_body(yape, bim);
    const auto posting = principal(yape, bim, 400);
    ledger::CommandBuffer buffer;
    buffer.add(body, std::span(&posting, 1));
    const auto command = *ledger::CommandView::read(buffer.bytes());
    EXPECT_FALSE(ledger.peek(command).has_value());
    apply_all(buffer);
    const auto peeked = ledger.peek(command);
    ASSERT_TRUE(peeked.has_value());
    const Outcome applied = apply_all(buffer).front();
    EXPECT_EQ(peeked->state, applied.state);
    EXPECT_EQ(peeked->decided_sequence, applied.decided_sequence);
    EXPECT_TRUE(peeked->replayed);
}

TEST_F(Repeats, WhenTheMemoryIsFullTheFloorMovesAndNothingAboveItIsForgotten) {
    std::vector<ledger::CreateTransfer> bodies;
    ASSERT_EQ(open_account(1, yape, AccountKind::suspense), Status::ok);
    ASSERT_EQ(open_account(2, yape), Status::ok);
    const auto again = [&](const ledger::CreateTransfer& body) {
        return create(body,
                      {{.debit = base::AccountId(1), .credit = base::AccountId(2), .amount = 1}});
    };
    for (int i = 0; i < 200; ++i) {
        now = now + 10ms;
        ledger::CreateTransfer body;
        body.id = new_id();
        body.initiator = yape;
        bodies.push_back(body);
        ASSERT_EQ(again(body).status, Status::ok);
        for (const auto& known : bodies) {
            const Outcome outcome = again(known);
            if (known.id.time_ms() < ledger.floor_ms()) {
                ASSERT_TRUE(outcome.status == Status::id_too_old || outcome.replayed);
            } else {
                ASSERT_TRUE(outcome.replayed);
            }
        }
    }
    EXPECT_EQ(ledger.usage().remembered_transfers, ledger.options().remembered_transfers);
    EXPECT_EQ(ledger.find_account(base::AccountId(2))->credits_posted, 200)
        << "no repeat was posted again";
    EXPECT_EQ(again(bodies.front()).status, Status::id_too_old);
}

TEST_F(Repeats, ALiveTransferIsNeverForgotten) {
    pay(yape, bim, 400);
    const base::TransferId held = last_id;
    ASSERT_EQ(open_account(1, yape, AccountKind::suspense), Status::ok);
    ASSERT_EQ(open_account(2, yape), Status::ok);
    for (int i = 0; i < 500; ++i) {
        now = now + 1ms;
        ASSERT_EQ(post(yape, 1, 2, 1).status, Status::ok);
    }
    ASSERT_GT(ledger.floor_ms(), held.time_ms());
    EXPECT_EQ(commit(held, bim).state, TransferState::committed);
    EXPECT_EQ(acknowledge(held, bim).status, Status::ok);
    for (int i = 0; i < 70; ++i) {
        now = now + 1ms;
        post(yape, 1, 2, 1);
    }
    EXPECT_FALSE(ledger.find_transfer(held).has_value());
}

TEST_F(Repeats, TheFloorNeverFallsBehindADay) {
    now = now + 72h;
    tick();
    EXPECT_EQ(ledger.floor_ms(), now.milliseconds() - 24 * 3'600'000ULL);
}

}  // namespace
}  // namespace ayni::test
