#include <gtest/gtest.h>

#include <functional>

#include "lib/ledger_fixture.h"

/// Replicas compare digests to learn that they differ (I7), so whatever makes two ledgers differ
/// must make their digests differ. Each test plays two stories that are the same but for one thing.
namespace ayni::test {
namespace {

using Story = std::function<void(LedgerFixture&)>;

ledger::Digest digest_of(const Story& story) {
    LedgerFixture fixture;
    fixture.onboard();
    fixture.fund(LedgerFixture::yape, 100'000);
    story(fixture);
    return fixture.ledger.digest();
}

TEST(Digest, IsTheSameForTheSameStory) {
    const Story story = [](LedgerFixture& fixture) {
        fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 100);
    };
    EXPECT_EQ(digest_of(story), digest_of(story));
}

TEST(Digest, KnowsWhatIsReserved) {
    const auto reserve = [](std::int64_t amount) {
        return [amount](LedgerFixture& fixture) {
            fixture.pay(LedgerFixture::yape, LedgerFixture::bim, amount);
        };
    };
    EXPECT_NE(digest_of(reserve(100)), digest_of(reserve(101)));
}

TEST(Digest, KnowsWhatIsPosted) {
    const auto fund = [](std::int64_t amount) {
        return [amount](LedgerFixture& fixture) { fixture.fund(LedgerFixture::bim, amount); };
    };
    EXPECT_NE(digest_of(fund(100)), digest_of(fund(101)));
}

TEST(Digest, KnowsCaps) {
    const auto cap = [](std::int64_t amount) {
        return [amount](LedgerFixture& fixture) {
            ledger::SetNetDebitCap command;
            command.participant = LedgerFixture::bim;
            command.cap = amount;
            ASSERT_EQ(fixture.apply(command).status, Status::ok);
        };
    };
    EXPECT_NE(digest_of(cap(100)), digest_of(cap(101)));
}

TEST(Digest, KnowsStatesOfParticipants) {
    const auto state = [](ledger::ParticipantState to) {
        return [to](LedgerFixture& fixture) {
            ledger::SetParticipantState command;
            command.participant = LedgerFixture::bim;
            command.state = to;
            ASSERT_EQ(fixture.apply(command).status, Status::ok);
        };
    };
    EXPECT_NE(digest_of(state(ledger::ParticipantState::suspended)),
              digest_of(state(ledger::ParticipantState::send_only)));
}

TEST(Digest, KnowsHowCommandsEndedThatChangedNothing) {
    const Story unknown = [](LedgerFixture& fixture) {
        fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 100);
        EXPECT_EQ(fixture.commit(fixture.new_id(), LedgerFixture::bim).status,
                  Status::transfer_unknown);
    };
    const Story not_theirs = [](LedgerFixture& fixture) {
        fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 100);
        static_cast<void>(fixture.new_id());
        EXPECT_EQ(fixture.commit(fixture.last_id, LedgerFixture::coopac).status,
                  Status::not_authorised);
    };
    EXPECT_NE(digest_of(unknown), digest_of(not_theirs));
}

TEST(Digest, KnowsWhoAcknowledged) {
    const auto end = [](bool is_acknowledged) {
        return [is_acknowledged](LedgerFixture& fixture) {
            fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 100);
            fixture.commit(fixture.last_id, LedgerFixture::bim);
            if (is_acknowledged) {
                fixture.acknowledge(fixture.last_id, LedgerFixture::bim);
            } else {
                fixture.tick();
            }
        };
    };
    EXPECT_NE(digest_of(end(true)), digest_of(end(false)));
}

}  // namespace
}  // namespace ayni::test
