#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "journal/segment.h"

namespace ayni::journal {

/// Numbers of the segments in `directory`, ascending. An error that names the first missing one.
[[nodiscard]] base::Result<std::vector<std::uint32_t>> list_segments(
    FileSystem& files, const std::filesystem::path& directory);

/// Reads batches in order, over segments, and tells a torn tail from damage in the middle: torn are
/// invalid bytes with nothing valid behind them. Changes nothing. Not thread-safe.
class Scanner {
public:
    /// `segments` as listed, ascending.
    Scanner(FileSystem& files, std::filesystem::path directory,
            std::vector<std::uint32_t> segments);

    /// Starts at `place`, where a batch begins, instead of at the first segment. Nothing is known
    /// of the batch before it, so the first one is not checked against its predecessor.
    void start_at(Place place);

    /// The next batch, checksum and chain verified, and its hash when `verify_hash`; valid until
    /// the next call. Nothing at the end. An error names the place of the damage.
    [[nodiscard]] base::Result<std::optional<Batch>> next(bool verify_hash);

    /// Where the last batch that `next` gave begins.
    [[nodiscard]] Place batch_place() const { return batch_place_; }
    /// Where the batch after it would begin. Segment 0: there is not even a first segment.
    [[nodiscard]] Place end_place() const { return at_; }

    /// Bytes that are not zero behind the end, counted in blocks: what a torn write left.
    struct Torn {
        std::uint64_t bytes = 0;
        std::optional<Place> first;
        std::vector<std::uint32_t>
            later_segments;  ///< Segments behind the last that are not empty.
    };
    /// To be called after `next` gave nothing.
    [[nodiscard]] base::Result<Torn> find_torn();

private:
    [[nodiscard]] base::Result<void> open_segment(std::uint32_t number);
    [[nodiscard]] base::Result<std::optional<Batch>> accept(const Decoded& decoded,
                                                            bool verify_hash);
    [[nodiscard]] base::Result<bool> roll_over();
    struct Behind {
        bool any_batch = false;
        std::uint64_t dirty_bytes = 0;
        std::optional<Place> first_dirty;
    };
    [[nodiscard]] base::Result<Behind> look_behind(SegmentReader& reader, std::uint64_t from) const;
    [[nodiscard]] base::Result<bool> any_batch_in_later_segments() const;
    [[nodiscard]] std::vector<std::uint32_t> later_segments() const;

    FileSystem& files_;
    const std::filesystem::path directory_;
    std::vector<std::uint32_t> segments_;
    std::optional<SegmentReader> reader_;
    Place at_;
    Place batch_place_;
    std::optional<BatchHeader> previous_;
    bool is_first_checked_ = true;
};

}  // namespace ayni::journal
