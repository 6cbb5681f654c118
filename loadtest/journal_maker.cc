// Writes a journal as a switch would have written it, much faster: for whoever measures or tests
// what reads journals. Equal arguments give equal journals.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "database/attempt.h"
#include "journal/codec.h"
#include "journal/file_journal.h"
#include "journal_postgres/batch_rows.h"
#include "ledger/ledger.h"
#include "loadtest/maker.h"

namespace ayni::loadtest {
namespace {

constexpr std::uint64_t first_account = 1'000;
constexpr std::uint64_t begin_ms = 1'793'491'200'000;  // 2026-11-01, UTC
constexpr std::int64_t nanoseconds_per_millisecond = 1'000'000;
constexpr std::int64_t funds = 1'000'000'000'000;

struct Options {
    std::string directory;
    std::string database;         ///< Gets the same batches as rows; empty: none does.
    std::uint64_t payments = 0;   ///< Reserved, and decided and acknowledged in later batches.
    std::uint64_t transfers = 0;  ///< Raw, in one step, between accounts of one institution.
    std::uint64_t legs = 1;       ///< Postings of each of these.
    std::uint64_t accounts = 10'000;
    std::uint64_t batch_commands = 8'000;
    std::uint64_t milliseconds_per_batch = 100;
    std::uint64_t seed = 1;
};

constexpr base::ParticipantId institutions[] = {base::ParticipantId{2}, base::ParticipantId{3},
                                                base::ParticipantId{4}};

class NobodyListens final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

class JournalMaker {
public:
    JournalMaker(const Options& options, std::unique_ptr<journal::FileJournal> journal)
        : options_(options),
          journal_(std::move(journal)),
          tables_{.accounts = 1'048'576 + options.accounts,
                  .live_transfers = 262'144,
                  .unacknowledged_per_participant = 200'000},
          ledger_(tables_),
          maker_({.count = options.accounts}, options.seed),
          random_(options.seed) {}

    void make() {
        onboard();
        for (std::uint64_t made = 0; made < options_.transfers; ++made) {
            add_transfer();
            write_when_full();
        }
        for (std::uint64_t made = 0; made < options_.payments; ++made) {
            add_payment();
            write_when_full();
        }
        while (!commands_.empty() || !next_.empty()) write();
        fmt::print("{} batches, {} commands\n", journal_->tail().number.value(),
                   ledger_.last_sequence().value());
    }

    /// What was made, as rows of a database that has the table and no journal yet.
    void copy_to(const std::string& database) const {
        pqxx::connection connection(database);
        std::optional<pqxx::work> transaction;
        const auto copied =
            journal_->replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
                const auto encoded = journal_postgres::encode(batch);
                if (!batch.header.number.is_zero()) {
                    ASSERT(journal_postgres::append_row(*transaction, encoded));
                    return;
                }
                ASSERT(journal_postgres::add_genesis(connection, encoded));
                transaction.emplace(connection);
            });
        ASSERT(copied.has_value());
        transaction->commit();
    }

private:
    void onboard() {
        commands_.add(ledger::Started{.epoch = 1, .wall_nanoseconds = time_of(now_ms_)},
                      ledger::limits_of(tables_));
        for (const base::ParticipantId id : institutions) {
            ledger::CreateParticipant command{.participant = id};
            command.code = {'b', 'a', 'n', 'k', static_cast<char>('0' + id.value())};
            command.actor = ledger::actor_of("operator/maker");
            commands_.add(command);
            commands_.add(ledger::RecordFundsIn{
                .id = maker_.id(now_ms_), .participant = id, .amount = funds});
        }
        for (std::uint64_t i = 0; i < options_.accounts; ++i) {
            commands_.add(ledger::CreateAccount{.account = base::AccountId(first_account + i),
                                                .owner = institutions[0],
                                                .account_kind = ledger::AccountKind::suspense,
                                                .holder_high = 1,
                                                .holder_low = i / 2});
            write_when_full();
        }
    }

    void add_transfer() {
        std::array<ledger::CommandPosting, ledger::max_postings> postings;
        for (std::uint64_t leg = 0; leg < options_.legs; ++leg) {
            const TransferMaker::Pair pair = maker_.accounts();
            postings[leg] = {.debit = base::AccountId(first_account + pair.debit),
                             .credit = base::AccountId(first_account + pair.credit),
                             .amount = maker_.amount()};
        }
        commands_.add(
            ledger::CreateTransfer{
                .id = maker_.id(now_ms_), .initiator = institutions[0], .payee = {}},
            std::span(postings.data(), options_.legs));
    }

    /// One in fifty is refused, one in a hundred returned, one in a hundred expires; a few are
    /// acknowledged never.
    void add_payment() {
        const std::uint64_t payer = random_.below(std::size(institutions));
        const base::ParticipantId from = institutions[payer];
        const base::ParticipantId to =
            institutions[(payer + 1 + random_.below(2)) % std::size(institutions)];
        ledger::CreateTransfer body{
            .id = maker_.id(now_ms_), .initiator = from, .payee = to, .timeout_ms = 30'000};
        body.type = ledger::TransferType::payment;
        const auto position = [](base::ParticipantId of) {
            return ledger::system_account(of, ledger::AccountKind::position, base::Currency::pen);
        };
        const ledger::CommandPosting posting{
            .debit = position(from), .credit = position(to), .amount = maker_.amount()};
        ledger::PaymentDetails details;
        details.payer_token = base::to_bytes({random_.next(), random_.next()});
        details.payee_token = base::to_bytes({random_.next(), random_.next()});
        details.token_key_version = 1;
        commands_.add(body, std::span(&posting, 1), &details);
        const std::uint64_t fate = random_.below(100);
        if (fate < 2) {
            next_.add(ledger::AbortTransfer{
                .id = body.id, .by = to, .reason = ledger::ReasonCode("AC04")});
        } else if (fate != 2) {
            next_.add(ledger::CommitTransfer{.id = body.id, .by = to});
        }
        if (fate == 3) {
            after_next_.add(ledger::RefuseCommitted{
                .id = body.id, .by = to, .reason = ledger::ReasonCode("AC06")});
            after_next_.add(ledger::AcknowledgeOutcome{.id = body.id, .by = from});
        } else if (random_.below(10'000) != 0 && fate != 2) {
            after_next_.add(ledger::AcknowledgeOutcome{.id = body.id, .by = to});
        }
    }

    void write_when_full() {
        if (commands_.count() >= options_.batch_commands) write();
    }

    /// What the last batches made due goes into the next ones.
    void write() {
        journal::Batch batch;
        const journal::BatchHeader& tail = journal_->tail();
        batch.header.number = tail.number.next();
        batch.header.first_sequence = tail.last_sequence().next();
        batch.header.command_count = static_cast<std::uint32_t>(commands_.count());
        batch.header.epoch = base::Epoch(1);
        batch.header.timestamp = {time_of(now_ms_)};
        batch.header.digest_batch = tail.number;
        batch.header.digest = ledger_.digest();
        batch.header.previous_hash = tail.hash;
        batch.payload = commands_.bytes();
        batch.header.hash = journal::hash_of(batch);
        ASSERT(journal_->append(batch) == journal::AppendOutcome::appended);
        ledger_.begin_batch(batch.header.first_sequence, batch.header.timestamp, nobody_);
        const bool is_whole = ledger::for_each_command(
            batch.payload, [&](ledger::CommandView command) { ledger_.apply(command, nobody_); });
        ASSERT(is_whole);
        std::swap(commands_, next_);
        std::swap(next_, after_next_);
        after_next_.clear();
        now_ms_ += options_.milliseconds_per_batch;
    }

    static std::int64_t time_of(std::uint64_t ms) {
        return static_cast<std::int64_t>(ms) * nanoseconds_per_millisecond;
    }

    const Options options_;
    std::unique_ptr<journal::FileJournal> journal_;
    const ledger::Options tables_;
    ledger::Ledger ledger_;
    NobodyListens nobody_;
    TransferMaker maker_;
    base::SeededRandom random_;
    ledger::CommandBuffer commands_;
    ledger::CommandBuffer next_;
    ledger::CommandBuffer after_next_;
    std::uint64_t now_ms_ = begin_ms;
};

int run(const Options& options) {
    const base::ManualClock clock{std::chrono::milliseconds(begin_ms)};
    base::SeededRandom random(options.seed);
    auto journal =
        journal::FileJournal::open({.directory = options.directory, .sync = false}, clock, random);
    if (!journal) {
        fmt::print(stderr, "journal_maker: {}\n", journal.error().to_string());
        return 1;
    }
    JournalMaker maker(options, std::move(*journal));
    maker.make();
    if (options.database.empty()) return 0;
    const auto copied = database::attempt("--database", [&] { maker.copy_to(options.database); });
    if (copied) return 0;
    fmt::print(stderr, "journal_maker: {}\n", copied.error().to_string());
    return 1;
}

}  // namespace
}  // namespace ayni::loadtest

int main(int argument_count, char** arguments) {
    ayni::loadtest::Options options;
    CLI::App app("journal_maker: writes a file journal of payments and transfers");
    app.add_option("DIR", options.directory, "An empty directory")->required();
    app.add_option("--database", options.database,
                   "Migrated, without a journal: gets the same batches as rows");
    app.add_option("--payments", options.payments, "Payments between three institutions");
    app.add_option("--transfers", options.transfers, "Raw transfers in one step");
    app.add_option("--legs", options.legs, "Postings of each of these")
        ->check(CLI::Range(std::size_t{1}, ayni::ledger::max_postings));
    app.add_option("--accounts", options.accounts, "Accounts that these touch")
        ->check(CLI::Range(2, 100'000'000));
    app.add_option("--batch", options.batch_commands, "Commands of a batch")
        ->check(CLI::Range(1, 16'000));
    app.add_option("--milliseconds-per-batch", options.milliseconds_per_batch, "Of journal time")
        ->check(CLI::Range(1, 86'400'000));
    app.add_option("--seed", options.seed, "");
    CLI11_PARSE(app, argument_count, arguments);
    return ayni::loadtest::run(options);
}
