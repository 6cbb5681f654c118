#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

TEST(Memory, EveryTableIsFullAtItsCapacityAndWorksOn) {
    LedgerFixture fixture;
    fixture.onboard();
    fixture.fund(LedgerFixture::yape, 100'000);
    for (int round = 0; round < 50; ++round) {
        std::vector<base::TransferId> live;
        for (int i = 0; i < 12; ++i) {
            ASSERT_EQ(fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 1).status, Status::ok);
            live.push_back(fixture.last_id);
        }
        ASSERT_EQ(fixture.pay(LedgerFixture::yape, LedgerFixture::bim, 1).status,
                  Status::payee_outcomes_full);
        for (const base::TransferId& id : live) {
            ASSERT_EQ(fixture.commit(id, LedgerFixture::bim).status, Status::ok);
            ASSERT_EQ(fixture.acknowledge(id, LedgerFixture::bim).status, Status::ok);
        }
        fixture.now = fixture.now + std::chrono::milliseconds(1);
    }
    EXPECT_EQ(fixture.ledger.usage().live_transfers, 0U);
    EXPECT_EQ(fixture.position(LedgerFixture::bim).net, 600);
}

}  // namespace
}  // namespace ayni::test
