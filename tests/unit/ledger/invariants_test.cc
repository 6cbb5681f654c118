#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

using namespace ledger::invariants;

TEST(Invariants, I1SeesACounterThatHasNoOtherSide) {
    EXPECT_TRUE(DebitsEqualCredits::holds({}));
    EXPECT_FALSE(DebitsEqualCredits::holds({.debits_posted = 1}));
    EXPECT_FALSE(DebitsEqualCredits::holds({.credits_pending = 1}));
}

TEST(Invariants, I2SeesABoundedAccountBelowZeroPendingIncluded) {
    ledger::Account account;
    account.kind = AccountKind::customer;
    account.credits_posted = 10;
    account.debits_posted = 6;
    account.debits_pending = 4;
    EXPECT_TRUE(NeverBelowZero::holds(account));
    account.debits_pending = 5;
    EXPECT_FALSE(NeverBelowZero::holds(account));
    account.kind = AccountKind::suspense;
    EXPECT_TRUE(NeverBelowZero::holds(account));
}

TEST(Invariants, I3SeesExposureAboveCoverOrCap) {
    ledger::Account settlement;
    settlement.kind = AccountKind::settlement;
    settlement.credits_posted = 10;
    ledger::Account position;
    position.kind = AccountKind::position;
    position.net_debit_cap = 8;
    position.debits_pending = 8;
    EXPECT_TRUE(WithinCover::holds(position, settlement));
    EXPECT_TRUE(WithinCap::holds(position));
    position.debits_pending = 9;
    EXPECT_FALSE(WithinCap::holds(position));
    position.debits_pending = 11;
    EXPECT_FALSE(WithinCover::holds(position, settlement));
    position.credits_posted = 1;
    EXPECT_TRUE(WithinCover::holds(position, settlement));
    position.unacknowledged_credits = 1;
    EXPECT_FALSE(WithinCover::holds(position, settlement));
}

TEST(Invariants, I4AllowsOnlyWhatALifeOfATransferAllows) {
    const base::TransferId id{.high = 1, .low = 1};
    OneIdOneOutcome outcomes;
    EXPECT_EQ(outcomes.observe(id, TransferState::reserved), "");
    EXPECT_EQ(outcomes.observe(id, TransferState::committed), "");
    EXPECT_EQ(outcomes.observe(id, TransferState::committed), "");
    EXPECT_EQ(outcomes.observe(id, TransferState::returned), "");
    EXPECT_NE(outcomes.observe(id, TransferState::committed), "");
    OneIdOneOutcome others;
    EXPECT_EQ(others.observe(id, TransferState::aborted), "");
    EXPECT_NE(others.observe(id, TransferState::committed), "");
}

TEST(Invariants, I5SeesAGap) {
    DenseSequence sequence(base::Sequence(4));
    EXPECT_TRUE(sequence.accepts(base::Sequence(5), 3));
    EXPECT_FALSE(sequence.accepts(base::Sequence(9), 1));
    EXPECT_TRUE(sequence.accepts(base::Sequence(8), 1));
}

TEST(Invariants, I6SeesWhatIsNotDurable) {
    DurableBeforeVisible visible;
    visible.became_durable(base::Sequence(7));
    EXPECT_TRUE(visible.may_show(base::Sequence(7)));
    EXPECT_FALSE(visible.may_show(base::Sequence(8)));
}

TEST(Invariants, I7EqualCommandsGiveEqualDigestsWhateverTheHashSeed) {
    const auto run = [](std::uint64_t seed, std::int64_t amount) {
        ledger::Options options = LedgerFixture::small();
        options.hash_seed = seed;
        LedgerFixture fixture(options);
        fixture.onboard();
        fixture.fund(LedgerFixture::yape, 1'000);
        fixture.pay(LedgerFixture::yape, LedgerFixture::bim, amount);
        fixture.commit(fixture.last_id, LedgerFixture::bim);
        return fixture.ledger.digest();
    };
    EXPECT_EQ(run(1, 400), run(2, 400));
    EXPECT_NE(run(1, 400), run(1, 401));
}

TEST(Invariants, I7TheDigestNeverChangesAcrossBuilds) {
    LedgerFixture fixture;
    fixture.onboard();
    fixture.fund(LedgerFixture::yape, 1'000);
    fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 400);
    fixture.commit(fixture.last_id, LedgerFixture::bim);
    fixture.acknowledge(fixture.last_id, LedgerFixture::bim);
    EXPECT_EQ(fixture.ledger.digest(),
              (ledger::Digest{.high = 0x20BF'F7E7'5CB6'A205, .low = 0x6EBD'1CE5'0320'B22F}));
}

TEST(Invariants, I10HoldsThroughALifeOfReservations) {
    LedgerFixture fixture;
    fixture.onboard();
    fixture.fund(LedgerFixture::yape, 1'000);
    fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 400);
    EXPECT_EQ(ReservationsEndOnce::check(fixture.ledger), "");
    EXPECT_EQ(fixture.ledger.totals(Currency::pen).debits_pending, 400);
}

}  // namespace
}  // namespace ayni::test
