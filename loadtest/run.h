#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "loadtest/lane.h"
#include "loadtest/options.h"

namespace ayni::loadtest {

struct RunResult {
    std::unique_ptr<Tally> tally;  ///< Of all lanes.
    double seconds = 0;            ///< That were counted.
    /// Processor time of this process ("loadgen") and of the watched ones while counting.
    std::map<std::string, std::int64_t> cpu_microseconds;
    /// Calls that nobody answered within 30 s of the end; they also stand among the failures.
    std::uint64_t unanswered = 0;
};

/// Offers the load and waits for the answers. Closes the lanes.
[[nodiscard]] RunResult run(const Options& options, std::vector<std::unique_ptr<Lane>>& lanes);

/// One line.
[[nodiscard]] std::string to_json(const Options& options, const RunResult& result);

}  // namespace ayni::loadtest
