#include <gtest/gtest.h>

#include "journal/codec.h"
#include "journal/file_journal.h"
#include "journal/segment.h"
#include "lib/ledger_fixture.h"
#include "sequencer/sequencer.h"
#include "unit/journal/journal_fixture.h"

namespace ayni::test {
namespace {

/// Journals that a newer build wrote: this one must not start, and must leave them as they are.
class NewerJournal : public journal::FileJournalTest {
protected:
    /// All batches; the next segment may be made in the background meanwhile.
    std::string first_segment() {
        return journal::read_file(directory_ / journal::segment_name(1));
    }

    /// One batch behind the tail, with the digest that is given.
    static void append(journal::Journal& journal, const ledger::CommandBuffer& commands,
                       std::size_t count, const ledger::Digest& digest) {
        const auto made = journal::make_batch(journal.tail(), 1);
        made->batch.header.command_count = static_cast<std::uint32_t>(count);
        made->batch.header.digest = digest;
        made->batch.payload = commands.bytes();
        made->batch.header.hash = journal::hash_of(made->batch);
        ASSERT_EQ(journal.append(made->batch), journal::AppendOutcome::appended);
    }

    /// Why a sequencer does not start on this journal.
    std::string refusal(journal::Journal& journal) {
        ledger::Ledger ledger(LedgerFixture::small());
        sequencer::Sequencer sequencer({}, ledger, journal, clock_, nullptr);
        const auto started = sequencer.start();
        EXPECT_FALSE(started.has_value());
        return started ? "" : started.error().to_string();
    }
};

TEST_F(NewerJournal, OfAProtocolVersionThatBehavesDifferentlyIsRefusedAndKept) {
    {
        const auto journal = open();
        ledger::CommandBuffer commands;
        commands.add(ledger::AdvanceProtocolVersion{.version = ledger::latest_protocol_version + 1,
                                                    .actor = {}});
        append(*journal, commands, 1, {});
        // Whoever knows that version came to another digest than this build will.
        append(*journal, commands, 1, {.high = 1, .low = 2});
    }
    const auto journal = open();
    const auto before = first_segment();
    const std::string why = refusal(*journal);
    EXPECT_NE(why.find("batch 2"), std::string::npos) << why;
    EXPECT_NE(why.find("behaves differently"), std::string::npos) << why;
    EXPECT_TRUE(first_segment() == before) << "it was written to";
    EXPECT_EQ(journal->tail().number, base::BatchNumber(2));
}

TEST_F(NewerJournal, WithACommandThatThisBuildDoesNotKnowIsRefusedAndKept) {
    {
        const auto journal = open();
        const ledger::CommandHeader unknown{
            .size = 8, .kind = static_cast<ledger::CommandKind>(999), .reserved = 0};
        ledger::CommandBuffer commands;
        commands.add_raw(std::as_bytes(std::span(&unknown, 1)), 1);
        append(*journal, commands, 1, {});
    }
    const auto journal = open();
    const auto before = first_segment();
    const std::string why = refusal(*journal);
    EXPECT_NE(why.find("no command of this build"), std::string::npos) << why;
    EXPECT_TRUE(first_segment() == before) << "it was written to";
}

}  // namespace
}  // namespace ayni::test
