#pragma once

#include <cstdint>

/// The log that `faulty_disk.so` (LD_PRELOAD) writes beside what it watches: for each change of a
/// file or a name, how it was before, and what has been synced since. `kill -9` leaves the page
/// cache as it is; with this log tests/lib/faulty_disk.py takes back after the kill what a power
/// cut would have taken.
///
/// The log is appended to by one `write` a record, before the change itself is made, so it is
/// complete at whatever instruction the process dies.
namespace ayni::faulty_disk {

/// What is undone or torn together. Disks write whole sectors.
inline constexpr std::uint64_t sector_bytes = 512;

enum class Kind : std::uint32_t {
    write = 1,       ///< Pre-image of [data_offset, data_offset + data_bytes) follows.
    synced_write,    ///< The write logged at `position` is durable (O_DSYNC), and nothing else.
    sync,            ///< All of the file that was logged before `position` is durable.
    truncate,        ///< As `write`: the pre-image is what was cut off.
    create,          ///< The name `path` was made.
    rename,          ///< `path` became `second_path`.
    remove,          ///< The name `path` is gone; the file lives on in the folder of lost files.
    make_directory,  ///< `path` was made.
    sync_directory,  ///< Names in `path` that were logged before `position` are durable.
    fault,           ///< The fault that was asked for happened here; `path` says where.
    after_failure,   ///< A write or sync after the first one that was made to fail.
};

/// Little-endian, followed by `data_bytes` bytes, `path_bytes` and `second_path_bytes`.
struct Record {
    std::uint32_t magic = 0x4B534446;  ///< "FDSK"
    Kind kind = Kind::write;
    std::uint64_t inode = 0;
    std::uint64_t replaced_inode = 0;  ///< rename: of the file that had the name before, or 0.
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint64_t size_before = 0;
    std::uint64_t position = 0;  ///< In the log.
    std::uint64_t data_offset = 0;
    std::uint64_t data_bytes = 0;
    std::uint32_t path_bytes = 0;
    std::uint32_t second_path_bytes = 0;
};
static_assert(sizeof(Record) == 80);

}  // namespace ayni::faulty_disk
