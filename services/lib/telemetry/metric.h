#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ayni::telemetry {

enum class MetricType : unsigned char { counter, gauge, histogram };

[[nodiscard]] std::string_view to_string(MetricType type);

/// A metric that a process exports, declared once: what is not in a process' table can not be
/// exported, and what is there must be in the operations chapter (a test compares the two).
///
/// Labels take their values from closed sets (a participant, an RPC, an outcome), never from ids.
struct Metric {
    std::string_view
        name;  ///< "ayni_journal_append_seconds"; holds the unit; counters end in _total.
    MetricType type = MetricType::gauge;
    std::string_view unit;  ///< "seconds", "bytes", "minor_units", or what is counted: "transfers".
    std::string_view help;  ///< One sentence for the person who is paged.
    std::span<const std::string_view> labels = {};
};

/// What is wrong with a table, one sentence a fault: names that break the rules above, names used
/// twice, missing help. Empty for a good table.
[[nodiscard]] std::vector<std::string> faults_of(std::span<const Metric> table);

/// The table as Markdown, as it stands in the operations chapter.
[[nodiscard]] std::string markdown_of(std::span<const Metric> table);

}  // namespace ayni::telemetry
