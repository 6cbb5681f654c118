#include "sim/faults.h"

#include "base/assert.h"

namespace ayni::sim {
namespace {

constexpr std::uint64_t occasions = 10'000;

struct Row {
    Fault fault;
    std::string_view name;
    std::uint64_t most;  ///< At most so often out of 10,000 occasions.
};
constexpr std::array<Row, fault_count> rows{{
    {Fault::append_slow, "append_slow", 500},
    {Fault::doubt_and_landed, "doubt_and_landed", 500},
    {Fault::doubt_and_lost, "doubt_and_lost", 500},
    {Fault::doubt_and_landed_late, "doubt_and_landed_late", 500},
    {Fault::no_space, "no_space", 400},
    {Fault::torn_write, "torn_write", 150},
    {Fault::write_error, "write_error", 60},
    {Fault::sync_error, "sync_error", 600},
    {Fault::read_error, "read_error", 100},
    {Fault::disk_full, "disk_full", 150},
    {Fault::bit_flip, "bit_flip", 100},
    {Fault::crash_at_mark, "crash_at_mark", 300},
    {Fault::crash_between, "crash_between", 150},
    {Fault::polite_restart, "polite_restart", 100},
    {Fault::old_snapshot, "old_snapshot", 8'000},
    {Fault::leader_paused, "leader_paused", 100},
    {Fault::second_leader, "second_leader", 100},
    {Fault::wall_clock_jump, "wall_clock_jump", 200},
    {Fault::long_time, "long_time", 60},
    {Fault::request_repeated, "request_repeated", 4'000},
    {Fault::request_delayed, "request_delayed", 4'000},
    {Fault::request_modified, "request_modified", 1'000},
    {Fault::request_abandoned, "request_abandoned", 1'000},
    {Fault::request_odd_id, "request_odd_id", 400},
    {Fault::request_burst, "request_burst", 300},
    {Fault::wallet_refuses, "wallet_refuses", 2'000},
    {Fault::wallet_silent, "wallet_silent", 2'000},
    {Fault::wallet_late, "wallet_late", 2'000},
    {Fault::wallet_duplicates, "wallet_duplicates", 3'000},
    {Fault::wallet_contradicts, "wallet_contradicts", 1'000},
    {Fault::wallet_refuses_after_commit, "wallet_refuses_after_commit", 2'000},
    {Fault::wallet_babbles, "wallet_babbles", 500},
    {Fault::message_lost, "message_lost", 2'000},
    {Fault::outbox_full, "outbox_full", 500},
    {Fault::link_flaps, "link_flaps", 500},
    {Fault::queue_full, "queue_full", 0},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].fault) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

}  // namespace

std::string_view to_string(Fault fault) { return rows[static_cast<std::size_t>(fault)].name; }

void Faults::draw() {
    // Some runs have nearly all faults, some nearly none: one half of each would always be alike.
    const std::uint64_t share = 1 + random_.below(8);
    for (const Row& row : rows) {
        const bool is_on = random_.below(10) < share;
        rates_[static_cast<std::size_t>(row.fault)] = is_on ? random_.below(row.most + 1) : 0;
    }
}

bool Faults::draws(Fault fault) {
    const std::uint64_t rate = rates_[static_cast<std::size_t>(fault)];
    return rate != 0 && !is_paused_ && random_.below(occasions) < rate;
}

bool Faults::strikes(Fault fault) {
    if (!draws(fault)) return false;
    happened(fault);
    return true;
}

void Faults::happened(Fault fault) {
    ++tally_[static_cast<std::size_t>(fault)];
    trace_.add(to_string(fault));
}

}  // namespace ayni::sim
