#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "database/migrations.h"
#include "journal/memory_journal.h"
#include "ledger/snapshot.h"
#include "lib/random_commands.h"
#include "lib/test_database.h"
#include "projection/book_writer.h"
#include "projection/projector.h"
#include "projection/replay_source.h"
#include "unit/projection/busy_batches.h"

namespace ayni::test {

/// A journal in memory, written as the sequencer writes one, and the ledger at its end.
class WrittenJournal {
public:
    static constexpr std::int64_t genesis_ns = 1'789'999'999'000'000'123;

    static ledger::Options tables() {
        return {.participants = 8,
                .accounts = 256,
                .live_transfers = 512,
                .remembered_transfers = 65'536,
                .claims = 64,
                .unacknowledged_per_participant = 400};
    }

    explicit WrittenJournal(std::uint8_t name = 1)
        : journal({.journal_id = {name}, .timestamp = {genesis_ns}}), ledger(tables()) {}

    void append(const TimedBatch& batch) {
        ledger::CommandBuffer commands = batch.commands;
        journal::Batch made;
        journal::BatchHeader& header = made.header;
        const journal::BatchHeader& tail = journal.tail();
        header.number = tail.number.next();
        header.first_sequence = tail.last_sequence().next();
        header.command_count = static_cast<std::uint32_t>(commands.count());
        header.timestamp = {std::max(tail.timestamp, batch.time)};
        header.digest_batch = tail.number;
        header.digest = ledger.digest();
        header.previous_hash = tail.hash;
        made.payload = commands.bytes();
        header.hash = journal::hash_of(made);
        ASSERT(journal.append(made) == journal::AppendOutcome::appended);
        last_outcomes = apply(ledger, {.time = header.timestamp, .commands = commands});
    }
    template <typename Command>
    ledger::Outcome append(base::JournalTime time, const Command& command) {
        TimedBatch batch{.time = time, .commands = {}};
        batch.commands.add(command);
        append(batch);
        return last_outcomes.front();
    }

    /// Commands of every kind and outcome, `batches` batches of them.
    void append_random(std::uint64_t seed, std::size_t batches) {
        RandomCommands random(seed);
        for (std::size_t i = 0; i < batches; ++i) {
            TimedBatch batch = random.next();
            batch.time.nanoseconds += static_cast<std::int64_t>(i % 1'000);
            if (i == 20) add_the_rest(batch.commands);
            append(batch);
        }
        ids.insert(ids.end(), random.ids().begin(), random.ids().end());
    }

    /// Commands nearly all of which post something.
    void append_busy(std::uint64_t seed, std::size_t batches) {
        BusyBatches busy(seed);
        append(busy.onboarding());
        for (std::size_t i = 0; i < batches; ++i) append(busy.next());
    }

    [[nodiscard]] journal::Hash genesis() const {
        std::optional<journal::Hash> hash;
        const auto read = journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
            if (batch.header.number.is_zero()) hash = batch.header.hash;
        });
        ASSERT(read.has_value());
        return *hash;
    }

    /// A ledger that was brought behind `batch`.
    [[nodiscard]] std::unique_ptr<ledger::Ledger> ledger_behind(base::BatchNumber batch) const {
        auto replica = std::make_unique<ledger::Ledger>(tables());
        const auto read = journal.replay(base::BatchNumber(1), [&](const journal::Batch& one) {
            if (one.header.number > batch) return;
            TimedBatch timed{.time = one.header.timestamp, .commands = {}};
            timed.commands.add_raw(one.payload, one.header.command_count);
            apply(*replica, timed);
        });
        ASSERT(read.has_value());
        return replica;
    }

    [[nodiscard]] std::vector<journal::BatchHeader> headers() const {
        std::vector<journal::BatchHeader> all;
        const auto read = journal.replay(
            base::BatchNumber(0), [&](const journal::Batch& one) { all.push_back(one.header); });
        ASSERT(read.has_value());
        return all;
    }

    journal::MemoryJournal journal;
    ledger::Ledger ledger;
    std::vector<ledger::Outcome> last_outcomes;
    std::vector<base::TransferId> ids;

private:
    /// What the random commands leave out: holders, details, texts of any bytes, starts.
    static void add_the_rest(ledger::CommandBuffer& commands) {
        const base::ParticipantId owner{2};
        commands.add(ledger::Started{.epoch = 3, .wall_nanoseconds = genesis_ns});
        commands.add(ledger::Started{.epoch = 4}, ledger::Limits{});  // refused
        for (std::uint64_t account = 900; account < 903; ++account) {
            commands.add(ledger::CreateAccount{.account = base::AccountId(account),
                                               .owner = owner,
                                               .holder_high = 5 + account / 902,
                                               .holder_low = 6});
        }
        ledger::CreateParticipant odd{.participant = base::ParticipantId(7)};
        odd.code = {'\xFF', '\0', 'x', '\n'};
        odd.actor = ledger::actor_of("officer \xC3\xB1 \xC3");
        commands.add(odd);  // refused
        commands.add(ledger::RecordFundsIn{.id = base::TransferId{1, 1},
                                           .participant = owner,
                                           .currency = static_cast<base::Currency>(999),
                                           .amount = -1});            // refused: too old
        commands.add(ledger::AdvanceProtocolVersion{.version = 99});  // refused
        const base::TransferId id{.high = std::uint64_t{1'790'000'100'000} << 16U, .low = 77};
        ledger::CreateTransfer body{.id = id, .initiator = owner, .payee = base::ParticipantId(3)};
        body.timeout_ms = 60'000;
        body.type = ledger::TransferType::payment;
        const auto position = [](base::ParticipantId of) {
            return ledger::system_account(of, ledger::AccountKind::position, base::Currency::pen);
        };
        const ledger::CommandPosting posting{
            .debit = position(owner), .credit = position(body.payee), .amount = 12};
        ledger::PaymentDetails details;
        details.payer_token = {1, 2};
        details.payee_token = {3};
        details.end_to_end_id = {'E', '2', 'E'};
        details.purpose = {'C', 'A', 'S', 'H'};
        details.token_key_version = 1;
        commands.add(body, std::span(&posting, 1), &details);
    }
};

/// A database with empty books, and what is needed to fill them.
class WithBooks : public WithDatabase {
protected:
    void SetUp() override {
        WithDatabase::SetUp();
        ASSERT_TRUE(database::migrate(connection()));
    }

    [[nodiscard]] projection::BookWriter open_writer() const {
        auto writer = projection::BookWriter::open(connection_string());
        EXPECT_TRUE(writer) << writer.error().to_string();
        return std::move(*writer);
    }

    /// Fills the books as a process does that is started, writes at most `transactions` and is then
    /// killed. What went wrong, or nothing.
    base::Result<void> project(const WrittenJournal& written, std::size_t rows_per_transaction,
                               std::size_t transactions = ~std::size_t{0}) {
        auto writer = open_writer();
        const auto books = writer.cursor();
        if (!books) return tl::unexpected(books.error());
        projection::Projector projector(
            {.ledger = std::make_unique<ledger::Ledger>(WrittenJournal::tables())},
            written.genesis(), *books, {.rows_per_transaction = rows_per_transaction});
        projection::ReplaySource source(written.journal, written.genesis(), base::BatchNumber(0));
        return project(source, projector, writer, transactions);
    }

    static base::Result<void> project(projection::BatchSource& source,
                                      projection::Projector& projector,
                                      projection::BookWriter& writer,
                                      std::size_t transactions = ~std::size_t{0}) {
        base::Result<void> done;
        const auto write = [&] {
            if (transactions == 0) return false;
            --transactions;
            if (projector.sealed() == nullptr) projector.seal();
            done = writer.write(*projector.sealed());
            if (done) projector.written();
            return done.has_value();
        };
        const auto read = source.read([&](const journal::Batch& batch) {
            done = projector.take(batch);
            return done && (!projector.is_full() || write());
        });
        if (!read) return read;
        if (done && transactions > 0 && !projector.is_empty()) static_cast<void>(write());
        return done;
    }

    [[nodiscard]] std::string checksums() {
        return text(
            "SELECT string_agg(book || ' ' || row_count || ' ' || checksum, E'\\n' ORDER BY book) "
            "FROM books_checksum()");
    }
};

}  // namespace ayni::test
