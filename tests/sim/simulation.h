#pragma once

#include <cstdint>
#include <string>

namespace ayni::sim {

struct Report {
    std::string violation;  ///< Empty when every oracle agrees.
    std::uint64_t trace = 0;
    std::uint64_t simulated_ms = 0;
    std::uint64_t payments = 0;
    std::uint64_t committed = 0;
    std::uint64_t aborted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t returned = 0;
    std::uint64_t crashes = 0;
    std::uint64_t appends_in_doubt = 0;
};

/// Runs the real sequencer, ledger and router with simulated wallets, clients, clock and journal,
/// in one thread, from one seed. Which faults happen is drawn from the seed, too. Equal seeds give
/// equal traces.
///
/// Oracles: I1, I2, I3, I10 on the whole ledger; I4 over all acknowledged outcomes; each wallet's
/// books agree with its position; every acknowledged outcome is in the final ledger; and once the
/// faults stop, everything drains: no reservation, no untold outcome, no hold is left.
[[nodiscard]] Report simulate(std::uint64_t seed);

}  // namespace ayni::sim
