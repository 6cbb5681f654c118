#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "journal/journal.h"
#include "journal/segment.h"

namespace ayni::journal {

/// The command at `sequence` of a verified batch that contains it. `place` names the batch in the
/// error when the payload does not divide into its commands.
[[nodiscard]] base::Result<std::optional<CommandReader::Found>> command_in(
    const Batch& batch, Sequence sequence, const std::string& place);

/// Where batches are: sparse, one entry for each 128 KiB of journal, kept in memory. All methods
/// are safe on any thread.
///
/// A journal that was opened behind its start adds nothing of what lies before. That is found when
/// it is asked for: the first batches of the segments say which segment, whose headers are then
/// walked through once. Since a batch is verified before a command of it is given, a wrong way ends
/// in an error, never in another command.
class CommandIndex {
public:
    CommandIndex(FileSystem& files, std::filesystem::path directory)
        : files_(files), directory_(std::move(directory)) {}

    /// `header` is durable at `place`. In order.
    void add(const BatchHeader& header, Place place);

    /// A place at or before that of batch `number`: the journal's start when it lies before all
    /// that was added. Nothing when the index is empty. `number` is not behind the last batch
    /// added.
    [[nodiscard]] std::optional<Place> place_before(BatchNumber number) const;

    [[nodiscard]] base::Result<std::optional<CommandReader::Found>> read_command(
        Sequence sequence) const;

private:
    struct Entry {
        BatchNumber number;
        Sequence first_sequence;
        Place place;
    };
    using Entries = std::deque<Entry>;  // a deque grows without moving what it has

    [[nodiscard]] base::Result<std::optional<Place>> place_before(Sequence sequence) const;
    [[nodiscard]] base::Result<std::optional<Place>> place_in_the_past(Sequence sequence,
                                                                       const Entry& first) const;
    [[nodiscard]] base::Result<std::uint32_t> segment_of(Sequence sequence,
                                                         std::uint32_t last) const;
    [[nodiscard]] base::Result<Entry> first_of(std::uint32_t segment) const;
    [[nodiscard]] base::Result<Entries> walk(std::uint32_t segment, const Entry& until) const;

    FileSystem& files_;
    const std::filesystem::path directory_;
    mutable std::mutex mutex_;
    Entries entries_;
    Sequence last_sequence_;

    // What lies before the first entry, as far as anybody asked. A mutex of its own, so that a walk
    // does not hold up an append.
    mutable std::mutex past_mutex_;
    mutable std::map<std::uint32_t, Entry> first_of_segment_;
    mutable std::map<std::uint32_t, Entries> walked_segments_;
};

}  // namespace ayni::journal
