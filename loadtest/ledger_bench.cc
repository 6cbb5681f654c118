#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "history/file_history.h"
#include "journal/file_journal.h"
#include "ledger/ledger.h"
#include "loadtest/maker.h"

/// What the parts of the hot path cost by themselves, on one core: an upper bound for the switch.
/// Items are transfers (or digest values); bytes are of the journal.
namespace ayni::loadtest {

namespace {

constexpr std::size_t batch_commands = 8'000;
constexpr std::uint64_t account_count = 1'000'000;
constexpr std::uint64_t first_account = 1'000;
constexpr base::ParticipantId owner{2};
constexpr std::uint64_t begin_ms = 1'800'000'000'000;

base::JournalTime time_of(std::uint64_t ms) {
    return {.nanoseconds = static_cast<std::int64_t>(ms) * 1'000'000};
}

class NobodyListens final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

void add_transfer(ledger::CommandBuffer& buffer, TransferMaker& maker, std::uint64_t ms) {
    const TransferMaker::Pair pair = maker.accounts();
    const ledger::CommandPosting posting{.debit = base::AccountId(first_account + pair.debit),
                                         .credit = base::AccountId(first_account + pair.credit),
                                         .amount = maker.amount()};
    buffer.add(ledger::CreateTransfer{.id = maker.id(ms), .initiator = owner, .payee = {}},
               std::span(&posting, 1));
}

void fill_batch(ledger::CommandBuffer& buffer, TransferMaker& maker, std::uint64_t ms) {
    buffer.clear();
    for (std::size_t i = 0; i < batch_commands; ++i) add_transfer(buffer, maker, ms);
}

std::vector<ledger::CommandView> views_of(const ledger::CommandBuffer& buffer) {
    std::vector<ledger::CommandView> views;
    const bool is_whole = ledger::for_each_command(
        buffer.bytes(), [&](ledger::CommandView view) { views.push_back(view); });
    ASSERT(is_whole);
    return views;
}

/// A ledger with one institution and its accounts, and the sequencer's loop around it.
class Bench {
public:
    Bench() : ledger_({}) {
        ledger::CommandBuffer buffer;
        ledger::CreateParticipant participant{.participant = owner};
        participant.code = {'y', 'a', 'p', 'e'};
        buffer.add(participant);
        for (std::uint64_t i = 0; i < account_count; ++i) {
            buffer.add(ledger::CreateAccount{.account = base::AccountId(first_account + i),
                                             .owner = owner,
                                             .account_kind = ledger::AccountKind::suspense});
        }
        apply(buffer);
    }

    /// The number of commands that were applied with status ok.
    std::size_t apply(const ledger::CommandBuffer& buffer) {
        const std::vector<ledger::CommandView> views = views_of(buffer);
        return apply(views);
    }

    std::size_t apply(const std::vector<ledger::CommandView>& views) {
        constexpr std::size_t index_distance = 16;
        constexpr std::size_t records_distance = 8;
        ledger_.begin_batch(ledger_.last_sequence().next(), time_of(now_ms_), listener_);
        std::size_t applied = 0;
        for (std::size_t i = 0; i < views.size(); ++i) {
            if (i + index_distance < views.size())
                ledger_.prefetch_index(views[i + index_distance]);
            if (i + records_distance < views.size()) {
                ledger_.prefetch_records(views[i + records_distance]);
            }
            if (ledger_.apply(views[i], listener_).status == ledger::Status::ok) ++applied;
        }
        return applied;
    }

    std::uint64_t next_ms() { return ++now_ms_; }

private:
    ledger::Ledger ledger_;
    NobodyListens listener_;
    std::uint64_t now_ms_ = begin_ms;
};

void apply_one_step_transfers(benchmark::State& state, Distribution distribution) {
    Bench bench;
    TransferMaker maker({.count = account_count, .distribution = distribution}, 1);
    ledger::CommandBuffer buffer;
    for (auto _ : state) {
        fill_batch(buffer, maker, bench.next_ms());
        const std::vector<ledger::CommandView> views = views_of(buffer);
        const auto start = std::chrono::steady_clock::now();
        const std::size_t applied = bench.apply(views);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        state.SetIterationTime(took.count());
        if (applied != batch_commands) state.SkipWithError("a transfer was refused");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_commands));
}
BENCHMARK_CAPTURE(apply_one_step_transfers, uniform, Distribution::uniform)->UseManualTime();
BENCHMARK_CAPTURE(apply_one_step_transfers, hot, Distribution::hot)->UseManualTime();

void encode_commands(benchmark::State& state) {
    TransferMaker maker({.count = account_count, .distribution = Distribution::uniform}, 1);
    const base::TransferId id = maker.id(begin_ms);
    ledger::CommandBuffer buffer;
    for (auto _ : state) {
        buffer.clear();
        for (std::size_t i = 0; i < batch_commands; ++i) {
            const ledger::CommandPosting posting{.debit = base::AccountId(first_account + i),
                                                 .credit = base::AccountId(first_account),
                                                 .amount = 1};
            buffer.add(ledger::CreateTransfer{.id = id, .initiator = owner, .payee = {}},
                       std::span(&posting, 1));
        }
        benchmark::DoNotOptimize(buffer.bytes().data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_commands));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(buffer.bytes().size()));
}
BENCHMARK(encode_commands);

void digest_values(benchmark::State& state) {
    ledger::Digest digest;
    std::uint64_t value = 0;
    for (auto _ : state) {
        digest.add(++value);
        benchmark::DoNotOptimize(digest);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(digest_values);

/// About a mebibyte of transfers as one batch behind `tail`.
class JournalBatch {
public:
    JournalBatch() {
        TransferMaker maker({.count = account_count, .distribution = Distribution::uniform}, 1);
        while (commands_.bytes().size() < (std::size_t{1} << 20U) - 128) {
            add_transfer(commands_, maker, begin_ms);
        }
        batch_.payload = commands_.bytes();
    }

    const journal::Batch& follow(const journal::BatchHeader& tail) {
        batch_.header = {.number = tail.number.next(),
                         .first_sequence = tail.last_sequence().next(),
                         .command_count = static_cast<std::uint32_t>(commands_.count()),
                         .epoch = base::Epoch(1),
                         .timestamp = tail.timestamp,
                         .digest_batch = tail.number,
                         .digest = {},
                         .previous_hash = tail.hash};
        batch_.header.hash = journal::hash_of(batch_);
        return batch_;
    }
    [[nodiscard]] const journal::Batch& batch() const { return batch_; }

private:
    ledger::CommandBuffer commands_;
    journal::Batch batch_;
};

void hash_a_mebibyte(benchmark::State& state) {
    JournalBatch batch;
    batch.follow({});
    for (auto _ : state) benchmark::DoNotOptimize(journal::hash_of(batch.batch()));
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(batch.batch().payload.size()));
}
BENCHMARK(hash_a_mebibyte);

/// A folder on a disk (TMPDIR, default /var/tmp) that goes with its owner.
class ScratchFolder {
public:
    ScratchFolder() {
        const char* parent = std::getenv("TMPDIR");
        path_ = std::filesystem::path(parent != nullptr ? parent : "/var/tmp") /
                fmt::format("ayni-ledger-bench-{}", getpid());
        std::filesystem::create_directories(path_);
    }
    ~ScratchFolder() { std::filesystem::remove_all(path_); }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// With sealing, which is one hash over it.
void append_a_mebibyte(benchmark::State& state) {
    const ScratchFolder folder;
    base::SystemClock clock;
    base::SeededRandom random(1);
    auto journal = journal::FileJournal::open({.directory = folder.path()}, clock, random);
    if (!journal) {
        state.SkipWithError(journal.error().to_string().c_str());
        return;
    }
    JournalBatch batch;
    for (auto _ : state) {
        const auto outcome = (*journal)->append(batch.follow((*journal)->tail()));
        if (outcome != journal::AppendOutcome::appended) state.SkipWithError("was not appended");
    }
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(batch.batch().payload.size()));
    state.SetItemsProcessed(state.iterations() * batch.batch().header.command_count);
}
BENCHMARK(append_a_mebibyte)->UseRealTime();

/// Until the entries are stored, not only queued.
void index_history(benchmark::State& state) {
    const ScratchFolder folder;
    auto history = history::FileHistory::open({.directory = folder.path()});
    if (!history) {
        state.SkipWithError(history.error().to_string().c_str());
        return;
    }
    TransferMaker maker({}, 1);
    constexpr std::size_t entries = 10 * batch_commands;
    std::uint64_t sequence = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < entries; ++i) {
            ++sequence;
            (*history)->record({.id = maker.id(begin_ms + sequence / 1'000),
                                .created_sequence = base::Sequence(sequence),
                                .decided_sequence = base::Sequence(sequence),
                                .decided_at = time_of(begin_ms),
                                .initiator = owner,
                                .payee = {},
                                .state = 2,
                                .type = 2});
            if (sequence % batch_commands == 0) (*history)->applied(base::Sequence(sequence));
        }
        (*history)->wait_until_stored(base::Sequence(sequence));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries));
}
BENCHMARK(index_history)->UseRealTime();

}  // namespace

}  // namespace ayni::loadtest

BENCHMARK_MAIN();
