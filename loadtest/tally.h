#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "loadtest/histogram.h"

namespace ayni::loadtest {

/// What is counted, in steady nanoseconds: latencies and failures of what was due in [start, end),
/// successes that were answered in it. Answers before `start` warm up.
struct Window {
    std::int64_t start = 0;
    std::int64_t end = 0;
};

/// Counts of one run, or of a part of it. Thread-safe but for `window`, which is set before use.
class Tally {
public:
    Window window;

    /// `items` were asked for at `due` and answered with success at `now`.
    void succeeded(std::int64_t due, std::int64_t now, std::uint64_t items);
    /// `reason` names the failure in a word; `detail` is kept of the first.
    void failed(std::int64_t due, std::uint64_t items, const std::string& reason,
                const std::string& detail);
    void add(const Tally& other);

    // When nobody records any more.

    [[nodiscard]] const Histogram& latencies() const { return latencies_; }
    [[nodiscard]] std::uint64_t answered_in_window() const { return answered_in_window_; }
    /// With warm-up and what was answered late.
    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    [[nodiscard]] const std::map<std::string, std::uint64_t>& failures() const { return failures_; }
    [[nodiscard]] const std::string& first_failure() const { return first_failure_; }
    [[nodiscard]] std::int64_t last_answer() const { return last_answer_; }

private:
    mutable std::mutex mutex_;
    Histogram latencies_;
    std::uint64_t answered_in_window_ = 0;
    std::uint64_t answered_ = 0;
    std::map<std::string, std::uint64_t> failures_;
    std::string first_failure_;
    std::int64_t last_answer_ = 0;
};

}  // namespace ayni::loadtest
