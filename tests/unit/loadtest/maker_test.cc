#include "loadtest/maker.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace ayni::loadtest {
namespace {

TEST(TransferMaker, uniform_pairs_touch_every_account_equally_and_never_one_twice) {
    TransferMaker maker({.count = 10, .distribution = Distribution::uniform}, 1);
    std::vector<int> debits(10);
    std::vector<int> credits(10);
    constexpr int transfers = 100'000;
    for (int i = 0; i < transfers; ++i) {
        const TransferMaker::Pair pair = maker.accounts();
        ASSERT_LT(pair.debit, 10U);
        ASSERT_LT(pair.credit, 10U);
        ASSERT_NE(pair.debit, pair.credit);
        ++debits[pair.debit];
        ++credits[pair.credit];
    }
    for (int i = 0; i < 10; ++i) {
        EXPECT_NEAR(debits[static_cast<std::size_t>(i)], transfers / 10, 500);
        EXPECT_NEAR(credits[static_cast<std::size_t>(i)], transfers / 10, 500);
    }
}

TEST(TransferMaker, hot_pairs_all_debit_one_account) {
    TransferMaker maker({.count = 5, .distribution = Distribution::hot}, 1);
    std::set<std::uint64_t> credited;
    for (int i = 0; i < 1'000; ++i) {
        const TransferMaker::Pair pair = maker.accounts();
        EXPECT_EQ(pair.debit, 0U);
        credited.insert(pair.credit);
    }
    EXPECT_EQ(credited, (std::set<std::uint64_t>{1, 2, 3, 4}));
}

TEST(TransferMaker, ids_carry_the_time_and_do_not_repeat) {
    TransferMaker maker({}, 1);
    std::set<base::TransferId> ids;
    for (int i = 0; i < 10'000; ++i) {
        const base::TransferId id = maker.id(1'700'000'000'123);
        EXPECT_EQ(id.time_ms(), 1'700'000'000'123U);
        EXPECT_TRUE(ids.insert(id).second);
    }
}

TEST(TransferMaker, amounts_are_positive) {
    TransferMaker maker({}, 1);
    for (int i = 0; i < 1'000; ++i) {
        const std::int64_t amount = maker.amount();
        EXPECT_GE(amount, 1);
        EXPECT_LE(amount, 128);
    }
}

}  // namespace
}  // namespace ayni::loadtest
