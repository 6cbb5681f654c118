#include <gtest/gtest.h>

#include <cstring>

#include "ledger/command.h"

namespace ayni::test {
namespace {

ledger::CommandBuffer three_commands() {
    ledger::CommandBuffer buffer;
    buffer.add_tick();
    ledger::CreateTransfer body;
    body.id = {.high = 1, .low = 2};
    const std::array<ledger::CommandPosting, 2> postings{
        {{.debit = base::AccountId(1), .credit = base::AccountId(2), .amount = 3},
         {.debit = base::AccountId(4), .credit = base::AccountId(5), .amount = 6}}};
    ledger::PaymentDetails details;
    details.purpose = {'G', 'D', 'D', 'S'};
    buffer.add(body, postings, &details);
    buffer.add(ledger::CommitTransfer{.id = body.id, .by = base::ParticipantId(9), .reserved = 0});
    return buffer;
}

TEST(Commands, AreReadAsTheyWereWritten) {
    const ledger::CommandBuffer buffer = three_commands();
    std::vector<ledger::CommandView> views;
    ASSERT_TRUE(ledger::for_each_command(
        buffer.bytes(), [&](ledger::CommandView command) { views.push_back(command); }));
    ASSERT_EQ(views.size(), 3U);
    EXPECT_EQ(buffer.count(), 3U);
    EXPECT_EQ(views[0].kind(), ledger::CommandKind::tick);
    ASSERT_EQ(views[1].postings().size(), 2U);
    EXPECT_EQ(views[1].postings()[1].amount, 6);
    ASSERT_NE(views[1].details(), nullptr);
    EXPECT_EQ(views[1].details()->purpose[3], 'S');
    EXPECT_EQ(views[2].as<ledger::CommitTransfer>().by, base::ParticipantId(9));
}

TEST(Commands, EveryCutIsNoticed) {
    const ledger::CommandBuffer buffer = three_commands();
    const auto bytes = buffer.bytes();
    int whole = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        if (ledger::for_each_command(bytes.first(size), [](ledger::CommandView) {})) ++whole;
    }
    EXPECT_EQ(whole, 3) << "only cuts between commands are whole";
}

TEST(Commands, NoChangedByteIsReadOutOfBounds) {
    const ledger::CommandBuffer buffer = three_commands();
    const std::size_t size = buffer.bytes().size();
    for (std::size_t at = 0; at < size; ++at) {
        for (int value = 0; value < 256; value += 5) {
            std::vector<std::uint64_t> copy(size / 8);
            std::memcpy(copy.data(), buffer.bytes().data(), size);
            reinterpret_cast<std::uint8_t*>(copy.data())[at] = static_cast<std::uint8_t>(value);
            std::size_t seen = 0;
            static_cast<void>(ledger::for_each_command(
                std::as_bytes(std::span(copy)), [&](ledger::CommandView command) {
                    seen += command.size();
                    if (command.kind() == ledger::CommandKind::create_transfer) {
                        for (const auto& posting : command.postings()) {
                            ASSERT_LE(reinterpret_cast<const std::byte*>(&posting + 1),
                                      std::as_bytes(std::span(copy)).data() + size);
                        }
                    }
                }));
            ASSERT_LE(seen, size);
        }
    }
}

TEST(Commands, ActorsAreCutToTheirField) {
    const std::string name(100, 'a');
    const ledger::Actor actor = ledger::actor_of(name);
    EXPECT_EQ(std::string(actor.begin(), actor.end()), std::string(48, 'a'));
}

}  // namespace
}  // namespace ayni::test
