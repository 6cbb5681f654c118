#include <gtest/gtest.h>

#include "journal/memory_journal.h"
#include "router/router.h"

namespace ayni::test {
namespace {

using namespace std::chrono_literals;

/// Takes every message and answers none.
class SilentNetwork final : public adapter::WalletNetwork {
public:
    bool is_connected(base::ParticipantId /*participant*/) const override { return true; }
    bool send_accept(base::ParticipantId /*payee*/,
                     const adapter::AcceptRequest& /*request*/) override {
        return true;
    }
    bool send_outcome(base::ParticipantId /*to*/,
                      const adapter::OutcomeNotice& /*notice*/) override {
        return true;
    }
};

class RouterStopTest : public ::testing::Test {
protected:
    static constexpr std::chrono::nanoseconds wall = std::chrono::seconds(1'790'000'000);

    class Setup final : public sequencer::Submission {
    public:
        void applied(base::Sequence /*as_of*/) override {}
        void abandoned() override {}
    };

    void SetUp() override {
        router.attach(sequencer);
        ASSERT_TRUE(sequencer.start().has_value());
        for (const std::uint32_t number : {2U, 3U}) {
            ledger::CreateParticipant create;
            create.participant = base::ParticipantId(number);
            create.code = {'p', static_cast<char>('a' + number)};
            setup.commands.add(create);
        }
        ledger::RecordFundsIn funds;
        funds.id = new_id();
        funds.participant = base::ParticipantId(2);
        funds.amount = 100;
        setup.commands.add(funds);
        ASSERT_TRUE(sequencer.submit(&setup, sequencer::Lane::admission));
        sequencer.run_once();
    }

    base::TransferId new_id() { return base::make_uuid_v7(wall / 1ms, random); }

    void pay() {
        auto payment = std::make_unique<router::Payment>();
        payment->id = new_id();
        payment->payer = base::ParticipantId(2);
        payment->payee = base::ParticipantId(3);
        payment->amount = base::Amount(1);
        payment->timeout = 10'000ms;
        payment->answer_by = clock.steady() + 20'000ms;
        payment->answer = [this](const ledger::Outcome&, base::Sequence) { ++answers; };
        payment->abandoned = [this] { ++abandoned; };
        ASSERT_TRUE(router.pay(payment));
    }

    base::ManualClock clock{wall};
    base::SeededRandom random{1};
    journal::MemoryJournal journal{{.journal_id = {}, .ledger_id = {}, .timestamp = {}}};
    ledger::Ledger ledger{{.participants = 4,
                           .accounts = 32,
                           .live_transfers = 8,
                           .remembered_transfers = 32,
                           .claims = 2}};
    SilentNetwork network;
    router::Router router{{}, network, clock};
    sequencer::Sequencer sequencer{{}, ledger, journal, clock, &router};
    Setup setup;
    int answers = 0;
    int abandoned = 0;
};

TEST_F(RouterStopTest, WhoeverWaitsWhenTheSequencerStopsIsAbandonedOnce) {
    pay();
    pay();
    sequencer.run_once();
    pay();  // still on its way to the ledger
    EXPECT_EQ(ledger.usage().reserved_transfers, 2U);
    EXPECT_EQ(router.statistics().payments_in_flight.load(), 3U);
    sequencer.stop();
    sequencer.run();
    EXPECT_EQ(abandoned, 3);
    EXPECT_EQ(answers, 0);
    EXPECT_EQ(router.statistics().payments_in_flight.load(), 0U);
}

TEST_F(RouterStopTest, WhoeverHasHisAnswerIsNotAbandoned) {
    pay();
    sequencer.run_once();
    clock.advance(10'001ms);
    sequencer.run_once();
    EXPECT_EQ(answers, 1);
    sequencer.stop();
    sequencer.run();
    EXPECT_EQ(abandoned, 0);
}

}  // namespace
}  // namespace ayni::test
