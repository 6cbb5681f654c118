#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "sim/trace.h"

namespace ayni::sim {

/// Everything that goes wrong. To add one: a row here and in faults.cc, and a question to
/// `strikes` at the place where it would happen.
enum class Fault : std::uint8_t {
    // The journal that several processes share.
    append_slow,
    doubt_and_landed,
    doubt_and_lost,
    doubt_and_landed_late,
    no_space,
    // The disk below a file journal.
    torn_write,
    write_error,
    sync_error,
    read_error,
    disk_full,
    bit_flip,
    // Processes and their clocks.
    crash_at_mark,
    crash_between,
    polite_restart,
    old_snapshot,
    leader_paused,
    second_leader,
    wall_clock_jump,
    long_time,
    // Who asks.
    request_repeated,
    request_delayed,
    request_modified,
    request_abandoned,
    request_odd_id,
    request_burst,
    // Institutions and the links to them.
    wallet_refuses,
    wallet_silent,
    wallet_late,
    wallet_duplicates,
    wallet_contradicts,
    wallet_refuses_after_commit,
    wallet_babbles,
    message_lost,
    outbox_full,
    link_flaps,
    // What a full queue does to others; nothing draws it, it follows.
    queue_full,
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::queue_full) + 1;
[[nodiscard]] std::string_view to_string(Fault fault);

/// How often each fault happened.
using Tally = std::array<std::uint64_t, fault_count>;

/// Which faults a run has, and how often: each run has a random part of all of them, for too many
/// at once hide each other (swarm testing).
class Faults {
public:
    Faults(base::Random& random, Trace& trace) : random_(random), trace_(trace) {}

    void draw();
    /// From here on nothing goes wrong any more.
    void stop() { rates_ = {}; }

    /// Whether it happens now. Counts and traces it when it does.
    [[nodiscard]] bool strikes(Fault fault);
    /// Whether it shall happen now; whoever makes it says so with `happened`.
    [[nodiscard]] bool draws(Fault fault);
    /// Nothing strikes while it is paused.
    void pause(bool is_paused) { is_paused_ = is_paused; }
    /// It happened, as a consequence of something else.
    void happened(Fault fault);

    [[nodiscard]] const Tally& tally() const { return tally_; }

private:
    base::Random& random_;
    Trace& trace_;
    std::array<std::uint64_t, fault_count> rates_{};  ///< Out of 10,000 occasions.
    Tally tally_{};
    bool is_paused_ = false;
};

}  // namespace ayni::sim
