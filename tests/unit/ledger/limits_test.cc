#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

using ledger::Limits;
using ::testing::HasSubstr;

/// A ledger with more room than its limits.
class LimitsTest : public ::testing::Test {
protected:
    static ledger::Options roomy() {
        ledger::Options options = LedgerFixture::small();
        options.accounts *= 4;
        options.live_transfers *= 4;
        options.remembered_transfers *= 4;
        options.claims *= 4;
        options.participants *= 4;
        options.hash_seed = 99;
        return options;
    }
    static Limits small() { return ledger::limits_of(LedgerFixture::small()); }

    static Status start(LedgerFixture& f, const Limits& limits) {
        ledger::CommandBuffer buffer;
        buffer.add(ledger::Started{.epoch = 1, .wall_nanoseconds = 0}, limits);
        return f.apply_all(buffer).front().status;
    }
    Status start(const Limits& limits) { return start(f, limits); }

    Status claim(std::uint8_t number) {
        ledger::ClaimBatch command;
        command.initiator = f.yape;
        command.message_id_size = 1;
        command.message_id[0] = static_cast<char>('a' + number);
        return f.apply(command).status;
    }

    LedgerFixture f{roomy()};
};

TEST_F(LimitsTest, AreAllTheRoomUntilTheyAreSaid) {
    EXPECT_EQ(f.ledger.limits(), ledger::limits_of(roomy()));
    ASSERT_EQ(start(small()), Status::ok);
    EXPECT_EQ(f.ledger.limits(), small());
}

TEST_F(LimitsTest, HoldWhateverTheRoom) {
    LedgerFixture exact;
    for (LedgerFixture* each : {&f, &exact}) {
        ASSERT_EQ(start(*each, small()), Status::ok);
        each->onboard();
        for (int i = 0; i < 300; ++i) each->fund(each->yape, 100);
    }
    EXPECT_EQ(f.ledger.usage().remembered_transfers, small().remembered_transfers);
    EXPECT_EQ(f.ledger.digest(), exact.ledger.digest());
    EXPECT_EQ(f.ledger.floor_ms(), exact.ledger.floor_ms());
}

TEST_F(LimitsTest, WhatWasFullTakesMoreOnceTheyGrow) {
    ASSERT_EQ(start(small()), Status::ok);
    f.onboard();
    for (std::uint8_t i = 0; i < 4; ++i) ASSERT_EQ(claim(i), Status::ok);
    ASSERT_EQ(claim(4), Status::claims_full);
    Limits more = small();
    more.claims = 5;
    ASSERT_EQ(start(more), Status::ok);
    EXPECT_EQ(claim(4), Status::ok);
    EXPECT_EQ(claim(5), Status::claims_full);
}

TEST_F(LimitsTest, LessThanWhatIsThereIsNotAllowed) {
    f.onboard();
    const auto refused = [&](auto change) {
        Limits limits = ledger::limits_of(roomy());
        change(limits);
        return start(limits);
    };
    EXPECT_EQ(refused([](Limits& l) { l.participants = 2; }), Status::limits_not_allowed);
    EXPECT_EQ(refused([](Limits& l) { l.accounts = 10; }), Status::limits_not_allowed);
    EXPECT_EQ(refused([](Limits& l) { l.claims = 0; }), Status::limits_not_allowed);
    EXPECT_EQ(refused([](Limits& l) { l.live_transfers = ~std::uint64_t{0}; }),
              Status::limits_not_allowed);
    EXPECT_EQ(f.ledger.limits(), ledger::limits_of(roomy())) << "nothing changed";
}

TEST_F(LimitsTest, WithoutRoomAreNamed) {
    Limits limits = small();
    EXPECT_TRUE(ledger::check_room(limits, LedgerFixture::small()));
    limits.remembered_transfers += 1;
    const auto checked = ledger::check_room(limits, LedgerFixture::small());
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().field, "ledger.remembered_transfers");
    EXPECT_THAT(checked.error().message, HasSubstr("room for 64"));
    EXPECT_THAT(checked.error().message, HasSubstr("with 65"));
}

}  // namespace
}  // namespace ayni::test
