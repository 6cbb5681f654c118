#pragma once

#include <deque>
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
class CommandIndex {
public:
    CommandIndex(FileSystem& files, std::filesystem::path directory)
        : files_(files), directory_(std::move(directory)) {}

    /// `header` is durable at `place`. In order.
    void add(const BatchHeader& header, Place place);

    /// A place at or before that of batch `number`, in the same segment; nothing when the index is
    /// empty. `number` is not behind the last batch added.
    [[nodiscard]] std::optional<Place> place_before(BatchNumber number) const;

    [[nodiscard]] base::Result<std::optional<CommandReader::Found>> read_command(
        Sequence sequence) const;

private:
    struct Entry {
        BatchNumber number;
        Sequence first_sequence;
        Place place;
    };
    [[nodiscard]] std::optional<Place> place_before(Sequence sequence) const;

    FileSystem& files_;
    const std::filesystem::path directory_;
    mutable std::mutex mutex_;
    std::deque<Entry> entries_;  // a deque grows without moving what it has
    Sequence last_sequence_;
};

}  // namespace ayni::journal
