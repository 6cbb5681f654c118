#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "journal/segment.h"

namespace ayni::journal {

/// Makes the next segment while the present one is in use: a thread that fills it with zeros, at
/// the pace at which the present one is used up, so that it does not take the disk from the
/// appends.
class SegmentMaker {
public:
    struct Options {
        std::filesystem::path directory;
        std::uint64_t segment_bytes = 0;
        std::uint64_t low_water_bytes = 0;
        bool sync = true;
        /// False: no thread. A segment is then made on the appender's, at once, when half of the
        /// present one is used or when there is none: for simulation, where all is one thread.
        bool in_background = true;
    };

    /// `next_number` is the first to make. `is_ready`: that segment exists already, unused.
    SegmentMaker(FileSystem& files, const Options& options, std::uint32_t next_number,
                 bool is_ready);
    ~SegmentMaker();
    SegmentMaker(const SegmentMaker&) = delete;
    SegmentMaker& operator=(const SegmentMaker&) = delete;

    /// The next segment, durable and empty: waits while it is being made. Nothing when there is no
    /// room for it; each call then tries again. The appender's thread.
    [[nodiscard]] std::optional<std::uint32_t> take();

    /// How much of the present segment is used. The appender's thread.
    void used(std::uint64_t bytes);

    /// Whether the next segment is there.
    [[nodiscard]] bool is_ready() const;

    /// Makes segment `number` now, on this thread. False when there is no room for it. Aborts the
    /// process on any other error of the disk.
    [[nodiscard]] static bool make(FileSystem& files, const Options& options, std::uint32_t number);

private:
    void work();
    /// Blocks until `filled` bytes of the next segment may be there. False: stop.
    [[nodiscard]] bool wait_for_turn(std::uint64_t filled);
    template <typename MayGoOn>
    static bool make(FileSystem& files, const Options& options, std::uint32_t number,
                     const MayGoOn& may_go_on);

    FileSystem& files_;
    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable to_maker_;
    std::condition_variable to_taker_;
    std::uint32_t next_number_;
    bool is_ready_;
    bool is_refused_ = false;  // the last attempt found no room
    bool is_wanted_now_ = false;
    bool is_stopping_ = false;
    std::uint64_t used_bytes_ = 0;
    std::uint64_t told_bytes_ = 0;  // the appender's own: up to where it told of progress
    std::thread thread_;            // last, so that it starts when all else is there
};

}  // namespace ayni::journal
