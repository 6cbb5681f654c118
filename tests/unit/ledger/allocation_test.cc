#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "ledger/ledger.h"

namespace {

std::atomic<bool> is_forbidden{false};
std::atomic<int> allocations{0};

}  // namespace

// Both ends are replaced together; the compiler sees one of them only after inlining.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
    if (is_forbidden.load()) allocations.fetch_add(1);
    void* memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace ayni::test {
namespace {

class NoListener final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

/// Fills `buffer` with a life of payments, refusals, expiries and raw transfers.
void fill(ledger::CommandBuffer& buffer, base::Random& random, std::uint64_t now_ms) {
    for (int i = 0; i < 50; ++i) {
        ledger::CreateTransfer body;
        body.id = base::make_uuid_v7(now_ms, random);
        body.initiator = base::ParticipantId(2);
        body.payee = base::ParticipantId(3);
        body.timeout_ms = 20;
        body.type = ledger::TransferType::payment;
        using ledger::AccountKind;
        const ledger::CommandPosting posting{
            .debit =
                ledger::system_account(body.initiator, AccountKind::position, base::Currency::pen),
            .credit =
                ledger::system_account(body.payee, AccountKind::position, base::Currency::pen),
            .amount = 1};
        buffer.add(body, std::span(&posting, 1));
        if (i % 3 == 0) {
            buffer.add(
                ledger::CommitTransfer{.id = body.id, .by = base::ParticipantId(3), .reserved = 0});
            buffer.add(ledger::AcknowledgeOutcome{
                .id = body.id, .by = base::ParticipantId(3), .reserved = 0});
        }
    }
}

TEST(Allocation, ApplyingCommandsAllocatesNothing) {
    ledger::Ledger ledger({.participants = 8,
                           .accounts = 64,
                           .live_transfers = 8'192,
                           .remembered_transfers = 16'384,
                           .claims = 4,
                           .unacknowledged_per_participant = 100'000,
                           .hash_seed = 0});
    NoListener listener;
    base::SeededRandom random(3);
    base::JournalTime now{1'790'000'000'000'000'000};
    ledger::CommandBuffer setup;
    for (const auto& [id, code] : {std::pair{2U, 'a'}, std::pair{3U, 'b'}}) {
        ledger::CreateParticipant participant;
        participant.participant = base::ParticipantId(id);
        participant.code[0] = code;
        setup.add(participant);
    }
    ledger::RecordFundsIn funds;
    funds.id = base::make_uuid_v7(now.milliseconds(), random);
    funds.participant = base::ParticipantId(2);
    funds.amount = 1'000'000;
    setup.add(funds);
    ledger::CommandBuffer buffer;
    std::uint64_t committed = 0;
    for (int round = 0; round < 100; ++round) {
        buffer.clear();
        buffer.add(setup);
        fill(buffer, random, now.milliseconds());
        is_forbidden = true;
        ledger.begin_batch(ledger.last_sequence().next(), now, listener);
        const bool well_formed =
            ledger::for_each_command(buffer.bytes(), [&](ledger::CommandView command) {
                const ledger::Outcome outcome = ledger.apply(command, listener);
                if (outcome.state == ledger::TransferState::committed) ++committed;
            });
        is_forbidden = false;
        ASSERT_TRUE(well_formed);
        now = now + std::chrono::milliseconds(30);
        setup.clear();
    }
    EXPECT_EQ(allocations.load(), 0);
    EXPECT_GT(committed, 1'000U);
}

}  // namespace
}  // namespace ayni::test
