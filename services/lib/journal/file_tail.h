#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "journal/file_journal.h"

namespace ayni::journal {

/// Follows a file journal beside its writer: reads it forwards and goes on where it ended, however
/// often it is asked. Where nothing is new, a look costs two reads of one block. Locks, cuts and
/// writes nothing. One thread.
///
/// What it gives is durable (I6). A batch that the writer is still making durable can be seen in
/// its file already, and a power cut would take it back. So a batch counts when another one follows
/// it, for the writer begins none before the last one is durable; and the newest, which nothing
/// follows, after its file was synced from here.
class FileTail {
public:
    /// Behind the batch `start`, or at genesis. An error when there is no journal, or not that
    /// batch.
    [[nodiscard]] static base::Result<FileTail> open(
        const std::filesystem::path& directory, const std::optional<FileJournal::Start>& start = {},
        FileSystem* files = nullptr);
    ~FileTail();
    FileTail(FileTail&&) noexcept;
    FileTail& operator=(FileTail&&) noexcept;

    /// Hash of batch 0.
    [[nodiscard]] const Hash& genesis() const;

    /// Visits each batch behind the last one visited, in order, verified (checksum, chain, hash).
    /// Returns when there is none, or after a visit that said false. The payload is valid during
    /// the visit only. An error names the place of the damage.
    [[nodiscard]] base::Result<void> read(const std::function<bool(const Batch&)>& visit);

    /// Header of the newest batch, found by headers alone and unverified: how far there is to go.
    /// The first call walks through a part of the journal, later ones through what is new.
    [[nodiscard]] base::Result<BatchHeader> newest();

private:
    struct State;
    explicit FileTail(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::journal
