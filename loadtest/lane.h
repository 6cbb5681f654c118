#pragma once

#include <atomic>
#include <cstdint>

#include "loadtest/schedule.h"
#include "loadtest/tally.h"

namespace ayni::loadtest {

/// One connection's share of the load. It takes work whenever it may have another call in flight:
/// after each answer by itself, and when `offer` is called.
class Lane {
public:
    virtual ~Lane() = default;

    /// Before the first offer. `work` must outlive the lane.
    virtual void start(Work& work, const Window& window) = 0;

    /// Takes one call and sends it; false when none is due or no more may be in flight. One thread.
    virtual bool offer() = 0;

    /// Calls that are sent and not answered.
    [[nodiscard]] virtual std::uint64_t in_flight() const = 0;

    /// Ends the connection, whatever is in flight, and waits until no callback can come.
    virtual void close() = 0;

    [[nodiscard]] virtual const Tally& tally() const = 0;
};

}  // namespace ayni::loadtest
