#include <gtest/gtest.h>

#include "lib/ledger_fixture.h"
#include "lib/scripted_journal.h"
#include "sequencer/sequencer.h"

namespace ayni::test {
namespace {

using sequencer::Lane;
using Fate = ScriptedJournal::Fate;

class Recorded final : public sequencer::Submission {
public:
    explicit Recorded(std::uint32_t id) {
        ledger::CreateParticipant command;
        command.participant = base::ParticipantId(id);
        command.code = {'p', static_cast<char>('a' + id % 26)};
        commands.add(command);
    }
    void applied(base::Sequence) override { is_applied = true; }
    void abandoned() override { is_abandoned = true; }
    bool is_applied = false;
    bool is_abandoned = false;
};

class Sight final : public sequencer::Query {
public:
    void run(const ledger::Ledger& ledger) override { as_of = ledger.last_sequence(); }
    void abandoned() override {}
    base::Sequence as_of;
};

/// A process with a ledger of its own; all share one journal.
struct Process {
    Process(journal::MemoryJournal& shared, const base::Clock& clock)
        : journal(shared),
          ledger(LedgerFixture::small()),
          sequencer({.admission_capacity = 8,
                     .progress_capacity = 8,
                     .query_capacity = 8,
                     .admission_needs_bytes = 1'000,
                     .heartbeat = 500ms,
                     .stalled_after = 1s},
                    ledger, journal, clock, nullptr) {}

    ScriptedJournal journal;
    ledger::Ledger ledger;
    sequencer::Sequencer sequencer;
};

class FollowTest : public ::testing::Test {
protected:
    static constexpr std::chrono::nanoseconds start = std::chrono::seconds(1'790'000'000);

    void SetUp() override { ASSERT_TRUE(leader.sequencer.start()); }
    void lead_on(std::uint32_t id) {
        Recorded submission(id);
        ASSERT_TRUE(leader.sequencer.submit(&submission, Lane::admission));
        leader.sequencer.run_once();
        ASSERT_TRUE(submission.is_applied);
    }

    base::ManualClock clock{start};
    journal::MemoryJournal shared{{.timestamp = {start.count()}}};
    Process leader{shared, clock};
    Process follower{shared, clock};
};

TEST_F(FollowTest, AFollowerAppliesWhatTheLeaderAppendedAndAnswersFromIt) {
    ASSERT_TRUE(follower.sequencer.catch_up());
    EXPECT_EQ(follower.ledger.digest(), leader.ledger.digest());
    for (std::uint32_t id = 2; id < 6; ++id) {
        lead_on(id);
        ASSERT_TRUE(follower.sequencer.catch_up());
        EXPECT_EQ(follower.ledger.digest(), leader.ledger.digest());
        Sight sight;
        ASSERT_TRUE(follower.sequencer.query(&sight));
        follower.sequencer.answer_queries();
        EXPECT_EQ(sight.as_of, leader.ledger.last_sequence());
    }
    EXPECT_FALSE(follower.sequencer.statistics().is_leading);
}

TEST_F(FollowTest, AFollowerTakesNoWork) {
    ASSERT_TRUE(follower.sequencer.catch_up());
    Recorded submission(2);
    EXPECT_FALSE(follower.sequencer.submit(&submission, Lane::admission));
    EXPECT_FALSE(follower.sequencer.submit(&submission, Lane::progress));
}

TEST_F(FollowTest, AFollowerTakesOverWhereTheLeaderWas) {
    ASSERT_TRUE(follower.sequencer.catch_up());
    lead_on(2);
    ASSERT_TRUE(follower.sequencer.catch_up());
    ASSERT_TRUE(follower.sequencer.lead().value());
    EXPECT_EQ(shared.tail().epoch, base::Epoch(2));
    Recorded submission(3);
    ASSERT_TRUE(follower.sequencer.submit(&submission, Lane::admission));
    follower.sequencer.run_once();
    EXPECT_TRUE(submission.is_applied);
    EXPECT_NE(follower.ledger.find_participant(base::ParticipantId(2)), nullptr);
    EXPECT_NE(follower.ledger.find_participant(base::ParticipantId(3)), nullptr);
}

TEST_F(FollowTest, WhoeverLosesATakeoverGoesOnToFollow) {
    ASSERT_TRUE(follower.sequencer.catch_up());
    follower.journal.fates = {Fate::doubt_and_lose, Fate::lost_leadership};
    EXPECT_FALSE(follower.sequencer.lead().value());
    EXPECT_FALSE(follower.sequencer.statistics().is_leading);
    lead_on(2);
    ASSERT_TRUE(follower.sequencer.catch_up());
    EXPECT_EQ(follower.ledger.digest(), leader.ledger.digest());
    EXPECT_TRUE(follower.sequencer.lead().value());
}

TEST_F(FollowTest, ALeaderWithNothingToWriteLearnsThatItWasDisplaced) {
    const auto before = shared.tail().number;
    EXPECT_FALSE(leader.sequencer.run_once());
    EXPECT_EQ(leader.sequencer.next_wake() - clock.steady(), 500ms);
    clock.advance(499ms);
    EXPECT_FALSE(leader.sequencer.run_once());
    clock.advance(1ms);
    EXPECT_TRUE(leader.sequencer.run_once());
    EXPECT_EQ(shared.tail().number, before.next());
    clock.advance(500ms);
    leader.journal.fates = {Fate::lost_leadership};
    leader.sequencer.run_once();
    EXPECT_FALSE(leader.sequencer.statistics().is_leading);
    Recorded submission(2);
    EXPECT_FALSE(leader.sequencer.submit(&submission, Lane::admission));
}

TEST_F(FollowTest, WhileTheJournalDoesNotAnswerNewWorkIsRefused) {
    leader.journal.fates.assign(4, Fate::doubt_and_lose);
    Recorded first(2);
    Recorded second(3);
    Recorded progress(4);
    ASSERT_TRUE(leader.sequencer.submit(&first, Lane::admission));
    leader.sequencer.run_once();
    clock.advance(600ms);
    leader.sequencer.run_once();
    EXPECT_FALSE(leader.sequencer.statistics().is_stalled);
    ASSERT_TRUE(leader.sequencer.submit(&second, Lane::admission));
    clock.advance(600ms);
    leader.sequencer.run_once();
    EXPECT_TRUE(leader.sequencer.statistics().is_stalled);
    Recorded refused(5);
    EXPECT_FALSE(leader.sequencer.submit(&refused, Lane::admission));
    EXPECT_TRUE(leader.sequencer.submit(&progress, Lane::progress));
    leader.sequencer.run_once();
    while (leader.sequencer.run_once()) {
    }
    EXPECT_FALSE(leader.sequencer.statistics().is_stalled);
    EXPECT_TRUE(first.is_applied && second.is_applied && progress.is_applied);
    EXPECT_TRUE(leader.sequencer.submit(&refused, Lane::admission));
    leader.sequencer.run_once();
}

}  // namespace
}  // namespace ayni::test
