#include "switchd/memory.h"

#include <gtest/gtest.h>

namespace ayni::switchd {
namespace {

constexpr std::uint64_t gibibyte = 1ULL << 30U;

TEST(Memory, CountsWhatTheConfigurationSays) {
    ledger::Options options;
    const std::uint64_t before = ledger::bytes_when_full(options);
    const std::size_t more = options.remembered_transfers;
    options.remembered_transfers *= 2;
    // 80 bytes each, as the key's description says.
    EXPECT_EQ(ledger::bytes_when_full(options) - before, more * 80);
}

TEST(Memory, WhatFitsIsTaken) {
    const ledger::Options options{.remembered_transfers = 1 << 20};
    EXPECT_TRUE(check_memory(options, {.bytes = 2 * gibibyte, .source = "the test"}));
}

TEST(Memory, WhatDoesNotFitIsRefusedWithTheKeyAndTheLimit) {
    const ledger::Options options{.remembered_transfers = 100'000'000};
    const auto checked = check_memory(options, {.bytes = 4 * gibibyte, .source = "the test"});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().field, "ledger.remembered_transfers");
    EXPECT_NE(checked.error().message.find("the test has 4096 MiB"), std::string::npos)
        << checked.error().message;
}

TEST(Memory, ThisMachineHasALimit) {
    const MemoryLimit limit = memory_limit();
    EXPECT_GT(limit.bytes, 0U);
    EXPECT_FALSE(limit.source.empty());
}

}  // namespace
}  // namespace ayni::switchd
