#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/faults.h"

namespace ayni::sim {

struct Report {
    std::string violation;  ///< Empty when every oracle agrees.
    std::uint64_t trace = 0;
    std::vector<std::string> last_lines;  ///< Of the trace, oldest first.
    std::uint64_t simulated_ms = 0;
    bool is_on_disk = false;
    std::uint64_t starts = 0;
    std::uint64_t commands = 0;  ///< In the final journal.
    std::uint64_t compared = 0;  ///< Answers, notices and looks that were held against the model.
    std::uint64_t requests = 0;
    std::uint64_t payments = 0;
    std::uint64_t committed = 0;
    std::uint64_t aborted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t returned = 0;
    Tally faults{};
};

/// Runs the real sequencer, ledger, router and journal with simulated institutions, clients, clock
/// and disk, in one thread, from one seed. Which faults happen is drawn from the seed, too. Equal
/// seeds give equal traces in equal builds; a crash at a named place needs AYNI_MARKS.
///
/// Oracles: the auditor (auditor.h), which works everything out once more; I1, I2, I3, I10 on the
/// ledger after each step; each start finds every batch that was ever called durable; a replay of
/// the final journal gives the same digest; the institutions' own books; and once the faults stop,
/// everything drains in bounded time: no question, reservation, untold outcome or hold is left.
///
/// `prints_all` prints the whole trace as it happens.
[[nodiscard]] Report simulate(std::uint64_t seed, bool prints_all = false);

/// Says on stderr which seed ran, and the end of its trace, when the process is aborted (a failed
/// assertion), and then lets it abort.
void explain_aborts();

}  // namespace ayni::sim
