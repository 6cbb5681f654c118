#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "journal/file.h"
#include "ledger/snapshot.h"

namespace ayni::snapshot {

/// Where the snapshots of a journal are: beside its segments, so that a copy of the directory is
/// whole.
[[nodiscard]] std::filesystem::path directory_of(const std::filesystem::path& journal_directory);

/// A directory of snapshots, each in a file "00000000000000001234.snapshot" that is named after the
/// batch it stands behind and filled with zeros up to the next 4 KiB.
///
/// A file gets its name only when it is whole, durable, and was read back: a crash leaves a file
/// with another name, which the next taking removes. Not thread-safe; several processes may read
/// while one takes.
class Shelf {
public:
    /// `files`: null for the machine's own. Need not be there for reading.
    explicit Shelf(std::filesystem::path directory, journal::FileSystem* files = nullptr);

    struct Item {
        std::string name;
        base::BatchNumber batch;
    };

    /// By name, the newest first. Empty when there is no directory.
    [[nodiscard]] base::Result<std::vector<Item>> list() const;

    /// The header, verified, of a file that is as long as the header says. The body is not read.
    [[nodiscard]] base::Result<ledger::SnapshotHeader> header(const Item& item) const;

    /// The whole file, read and compared with its checksums.
    [[nodiscard]] base::Result<ledger::SnapshotHeader> check(const Item& item) const;

    /// The newest header that can be read; what is wrong with newer files is not asked. For
    /// metrics.
    [[nodiscard]] std::optional<ledger::SnapshotHeader> newest_header() const;

    /// See ledger::read_snapshot.
    [[nodiscard]] base::Result<ledger::SnapshotHeader> load(const Item& item,
                                                            ledger::Ledger& into) const;

    struct Taking {
        std::size_t keep = 2;  ///< How many stay, the new one included; at least 1.
        /// Nothing is taken when it would leave less on the file system: the journal needs it.
        std::uint64_t leave_free_bytes = std::uint64_t{1} << 30U;
        /// Called after each MiB with the bytes written or read back since the last call, so that
        /// whoever takes can leave the disk to others.
        std::function<void(std::uint64_t bytes)> pace = {};
    };
    struct Taken {
        Item item;
        std::uint64_t bytes = 0;
        std::vector<std::string> removed;  ///< Older ones that gave way.
    };
    /// Writes, syncs, reads back, names and prunes. When it returns, the snapshot survives a crash.
    /// After an error there is what was there before. An error, too, while another process takes.
    [[nodiscard]] base::Result<Taken> take(const ledger::Ledger& ledger,
                                           const ledger::SnapshotStand& stand,
                                           const Taking& taking) const;

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    [[nodiscard]] base::Result<void> prepare() const;
    [[nodiscard]] base::Result<std::uint64_t> write(const std::string& name,
                                                    const ledger::Ledger& ledger,
                                                    const ledger::SnapshotStand& stand,
                                                    const Taking& taking) const;
    [[nodiscard]] base::Result<void> read_back(const std::string& name,
                                               const ledger::SnapshotStand& stand,
                                               const Taking& taking) const;
    [[nodiscard]] base::Result<std::vector<std::string>> prune(std::size_t keep) const;

    std::filesystem::path directory_;
    journal::FileSystem& files_;
};

}  // namespace ayni::snapshot
