#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/file.h"
#include "sim/faults.h"

namespace ayni::sim {

/// Ends a simulated process. Nothing catches it but the simulation.
struct ProcessEnds {
    const char* where;
};

/// One directory of files in memory, with what a real disk does to them: what was not synced is
/// lost at a crash, or torn between sectors; bits flip; room runs out; reads, writes and syncs
/// fail. Names change in order, as a journalling file system keeps them: a crash loses the last
/// changes.
class Disk final : public journal::FileSystem {
public:
    Disk(base::Random& random, Faults& faults) : random_(random), faults_(faults) {}

    // journal::FileSystem
    journal::IoResult<std::unique_ptr<journal::File>> open(const std::filesystem::path& path,
                                                           journal::Access access) override;
    std::error_code rename(const std::filesystem::path& from,
                           const std::filesystem::path& to) override;
    std::error_code remove(const std::filesystem::path& path) override;
    std::error_code make_directory(const std::filesystem::path& path) override;
    std::error_code sync_directory(const std::filesystem::path& directory) override;
    journal::IoResult<std::vector<std::string>> list(
        const std::filesystem::path& directory) override;
    journal::IoResult<std::uint64_t> free_bytes(const std::filesystem::path& directory) override;
    journal::IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) override;
    [[noreturn]] void stop_on_io_error(const std::filesystem::path& path, const char* operation,
                                       std::error_code error) override;

    /// The power fails: what was not durable is gone or half there. Files that are open keep
    /// nothing alive; their process is gone, too.
    void crash();
    /// The process ends, the machine goes on: what was written stays.
    void forget_lock() { lock_.reset(); }

    /// Somebody else fills the disk, or makes room again.
    void set_full(bool is_full) { is_full_ = is_full; }
    [[nodiscard]] bool is_full() const { return is_full_; }

    /// A copy of everything that is durable, to put back.
    struct Image {
        std::map<std::string, std::vector<std::byte>> files;
    };
    [[nodiscard]] Image image() const;
    void restore(const Image& image);
    /// Flips one bit of a file, somewhere where not everything is zero. False: there is none.
    bool flip_bit();

private:
    struct Inode {
        std::vector<std::byte> now;
        std::vector<std::byte> durable;
        std::vector<std::size_t> unsynced;  ///< Sectors in which the two differ, or may.
    };
    using Names = std::map<std::string, std::shared_ptr<Inode>>;
    struct Change {
        std::string from;             ///< Empty: `to` is made.
        std::string to;               ///< Empty: `from` is removed.
        std::shared_ptr<Inode> made;  ///< Of a name that is made.
    };
    class OpenFile;

    static void apply(Names& names, const Change& change);
    void change(Change change);
    void write(Inode& inode, std::span<const std::byte> bytes, std::uint64_t offset);
    /// Some of the unsynced sectors reach the disk, others do not.
    void reach_partly(Inode& inode);
    void sync(Inode& inode);
    [[nodiscard]] std::uint64_t used() const;

    static constexpr std::size_t sector = 512;
    static constexpr std::uint64_t capacity = 64 << 20;

    base::Random& random_;
    Faults& faults_;
    Names now_;
    Names durable_;
    std::vector<Change> pending_;  ///< Names changed since the directory was synced.
    std::weak_ptr<void> lock_;
    bool is_full_ = false;
};

}  // namespace ayni::sim
