#pragma once

#include <atomic>
#include <cstdint>

#include "projection/chunk.h"
#include "telemetry/histogram.h"

namespace ayni::projectord {

/// What the run counts. Written by its thread, read by any.
struct Figures {
    std::atomic<bool> is_connected{false};
    std::atomic<bool> has_caught_up{false};  ///< Once; stays.
    std::atomic<bool> knows_books{false};    ///< Where they are was read.
    std::atomic<std::uint64_t> books_sequence{0};
    std::atomic<std::int64_t> books_time_ns{0};

    std::atomic<std::uint64_t> transactions{0};
    std::atomic<std::uint64_t> rows{0};
    std::atomic<std::uint64_t> postings{0};
    std::atomic<std::uint64_t> errors{0};
    telemetry::Histogram transaction_seconds;

    void note_books(const projection::Cursor& cursor);
};

}  // namespace ayni::projectord
