#include "ledger/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ledger/invariants/invariants.h"
#include "lib/random_commands.h"

namespace ayni::test {
namespace {

using ledger::Ledger;
using ledger::SnapshotBytes;
using ledger::SnapshotSpan;
using ::testing::HasSubstr;

/// Small enough that the ring comes round, live transfers outlive it, and tables fill up.
ledger::Options small(std::uint64_t hash_seed = 7) {
    return {.participants = 8,
            .accounts = 64,
            .live_transfers = 16,
            .remembered_transfers = 48,
            .claims = 8,
            .unacknowledged_per_participant = 12,
            .hash_seed = hash_seed};
}

std::vector<std::byte> bytes_of(const Ledger& ledger) {
    SnapshotBytes sink;
    const auto done = write_snapshot(ledger, {.batch = 3, .segment = 1, .offset = 4'096}, sink);
    EXPECT_TRUE(done) << done.error().to_string();
    return {sink.bytes().begin(), sink.bytes().end()};
}

base::Result<ledger::SnapshotHeader> load(std::span<const std::byte> bytes, Ledger& into) {
    SnapshotSpan span(bytes);
    auto header = read_snapshot(span, into);
    if (header) {
        EXPECT_TRUE(span.rest().empty());
    }
    return header;
}

std::unique_ptr<Ledger> loaded(std::span<const std::byte> bytes, const ledger::Options& options) {
    auto ledger = std::make_unique<Ledger>(options);
    const auto header = load(bytes, *ledger);
    EXPECT_TRUE(header) << header.error().to_string();
    return ledger;
}

/// The outcome as far as anybody can see it.
auto seen(const ledger::Outcome& outcome) {
    return std::tuple(outcome.status, outcome.state, outcome.reason.view(), outcome.replayed,
                      outcome.decided_sequence, outcome.decided_at);
}

void expect_equal_steps(Ledger& one, Ledger& other, const TimedBatch& batch) {
    const auto first = apply(one, batch);
    const auto second = apply(other, batch);
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(seen(first[i]), seen(second[i]));
    EXPECT_EQ(one.digest(), other.digest());
    EXPECT_EQ(one.next_deadline(), other.next_deadline());
    EXPECT_EQ(one.floor_ms(), other.floor_ms());
}

class SnapshotSeeds : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SnapshotSeeds, ALoadedLedgerGoesOnAsTheOneThatWasWritten) {
    RandomCommands commands(GetParam());
    base::SeededRandom random(GetParam());
    Ledger written(small());
    const std::uint64_t before = random.next() % 250;
    for (std::uint64_t i = 0; i < before; ++i) apply(written, commands.next());

    // Its indexes have another seed, and so another order.
    const auto copy = loaded(bytes_of(written), small(random.next()));
    EXPECT_EQ(bytes_of(*copy), bytes_of(written));
    EXPECT_EQ(copy->usage().live_transfers, written.usage().live_transfers);
    EXPECT_EQ(copy->usage().remembered_transfers, written.usage().remembered_transfers);
    for (int i = 0; i < 250; ++i) expect_equal_steps(written, *copy, commands.next());

    for (const base::TransferId& id : commands.ids()) {
        const auto mine = written.find_transfer(id);
        const auto its = copy->find_transfer(id);
        ASSERT_EQ(mine.has_value(), its.has_value());
        if (mine) {
            EXPECT_EQ(std::memcmp(&mine->record, &its->record, sizeof mine->record), 0);
        }
    }
    // Equal states give equal bytes, whichever way they were reached.
    EXPECT_EQ(bytes_of(*copy), bytes_of(written));
    EXPECT_EQ(ledger::invariants::check_all(*copy), "");
}

INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotSeeds, ::testing::Range<std::uint64_t>(1, 41));

class Snapshot : public ::testing::Test {
protected:
    Snapshot() {
        for (int i = 0; i < 120; ++i) apply(written_, commands_.next());
        bytes_ = bytes_of(written_);
    }

    RandomCommands commands_{99};
    Ledger written_{small()};
    std::vector<std::byte> bytes_;
};

TEST_F(Snapshot, TheHeaderTellsWhereItStands) {
    SnapshotSpan span(bytes_);
    const auto header = ledger::read_snapshot_header(span);
    ASSERT_TRUE(header) << header.error().to_string();
    EXPECT_EQ(header->stand, (ledger::SnapshotStand{.batch = 3, .segment = 1, .offset = 4'096}));
    EXPECT_EQ(header->last_sequence, written_.last_sequence());
    EXPECT_EQ(header->time, written_.time());
    EXPECT_EQ(header->digest, written_.digest());
    EXPECT_EQ(header->used.accounts, written_.account_count());
    EXPECT_EQ(header->limits.accounts, 64U);
    EXPECT_GT(header->latest_forgotten, base::Sequence(0));
    EXPECT_EQ(ledger::snapshot_bytes(*header), bytes_.size());
}

TEST_F(Snapshot, OfANewLedgerIsANewLedger) {
    Ledger fresh(small());
    const auto copy = loaded(bytes_of(fresh), small(1));
    RandomCommands commands(5);
    for (int i = 0; i < 50; ++i) expect_equal_steps(fresh, *copy, commands.next());
}

TEST_F(Snapshot, EveryFlippedBitIsNoticed) {
    for (std::size_t at = 0; at < bytes_.size(); ++at) {
        std::vector<std::byte> damaged = bytes_;
        damaged[at] ^= std::byte(1U << (at % 8));
        SnapshotSpan checked(damaged);
        ASSERT_FALSE(ledger::check_snapshot(checked)) << at;
        Ledger into(small());
        ASSERT_FALSE(load(damaged, into)) << at;
    }
}

TEST_F(Snapshot, EveryTruncationIsNoticed) {
    for (std::size_t size = 0; size < bytes_.size(); ++size) {
        const std::span<const std::byte> cut(bytes_.data(), size);
        SnapshotSpan checked(cut);
        ASSERT_FALSE(ledger::check_snapshot(checked)) << size;
        Ledger into(small());
        ASSERT_FALSE(load(cut, into)) << size;
    }
}

TEST_F(Snapshot, PartsOfTwoAreNoticed) {
    TimedBatch tick{.time = written_.time(), .commands = {}};
    tick.commands.add_tick();
    apply(written_, tick);
    const std::vector<std::byte> later = bytes_of(written_);
    ASSERT_EQ(later.size(), bytes_.size());
    for (std::size_t at = 0; at < later.size(); ++at) {
        std::vector<std::byte> mixed = bytes_;
        std::copy_n(later.begin(), at, mixed.begin());
        if (mixed == bytes_ || mixed == later) continue;
        SnapshotSpan span(mixed);
        ASSERT_FALSE(ledger::check_snapshot(span)) << at;
    }
}

TEST_F(Snapshot, FitsIntoLargerTables) {
    ledger::Options large = small(3);
    large.participants = 100;
    large.accounts = 1'000;
    large.live_transfers = 300;
    large.remembered_transfers = 5'000;
    large.claims = 70;
    const auto copy = loaded(bytes_, large);
    EXPECT_EQ(copy->digest(), written_.digest());
    EXPECT_EQ(copy->options().remembered_transfers, 5'000U);
    for (const base::TransferId& id : commands_.ids()) {
        EXPECT_EQ(copy->find_transfer(id).has_value(), written_.find_transfer(id).has_value());
    }
    // The ring has more room than is used of it, and its seam is elsewhere.
    for (int i = 0; i < 400; ++i) apply(*copy, commands_.next());
    EXPECT_EQ(copy->usage().remembered_transfers, 48U);
    EXPECT_EQ(ledger::invariants::check_all(*copy), "");
    EXPECT_EQ(bytes_of(*loaded(bytes_of(*copy), small(5))), bytes_of(*copy));
}

TEST_F(Snapshot, KeepsTheLimits) {
    ledger::Options large = small(3);
    large.accounts = 1'000;
    large.remembered_transfers = 5'000;
    EXPECT_EQ(loaded(bytes_, large)->limits(), ledger::limits_of(small()));
}

TEST_F(Snapshot, NamesTheTableThatIsTooSmall) {
    const auto refusal = [&](void (*change)(ledger::Options&)) {
        ledger::Options options = small();
        change(options);
        Ledger into(options);
        const auto header = load(bytes_, into);
        return header ? std::string() : header.error().to_string();
    };
    EXPECT_THAT(refusal([](ledger::Options& o) { o.accounts = 12; }),
                HasSubstr("ledger.accounts: there is room for 12"));
    EXPECT_THAT(refusal([](ledger::Options& o) { o.participants = 2; }),
                HasSubstr("ledger.participants"));
    EXPECT_THAT(refusal([](ledger::Options& o) { o.remembered_transfers = 40; }),
                HasSubstr("ledger.remembered_transfers"));
    EXPECT_THAT(refusal([](ledger::Options& o) { o.claims = 2; }), HasSubstr("ledger.claims"));
}

TEST_F(Snapshot, AnErrorOfTheSinkEndsTheWriting) {
    class FullSink final : public ledger::SnapshotSink {
    public:
        base::Result<void> write(std::span<const std::byte>) override {
            if (++writes < 3) return {};
            return base::failure("disk", "is full");
        }
        int writes = 0;
    };
    FullSink sink;
    const auto done = write_snapshot(written_, {}, sink);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().to_string(), "disk: is full");
}

TEST_F(Snapshot, WhatWasDecidedAfterTheLatestForgottenIsRemembered) {
    std::vector<ledger::RememberedTransfer> kept;
    written_.for_each_remembered(
        [&](const ledger::RememberedTransfer& record) { kept.push_back(record); });
    EXPECT_EQ(kept.size(), written_.usage().remembered_transfers);
    for (const ledger::RememberedTransfer& record : kept) {
        EXPECT_TRUE(written_.find_transfer(record.id));
    }
}

}  // namespace
}  // namespace ayni::test
