// faulty_disk.so: preloaded into a program, it makes the disk under some folders fail as disks do.
//
//   FAULTY_DISK_ROOTS      folders, separated by ':'; nothing else is touched
//   FAULTY_DISK_LOG        the log of what is not yet durable, see faulty_disk.h; LOG.lost holds
//                          what was removed
//   FAULTY_DISK_FAULT      OPERATION:N:ACTION, once, at the Nth such call:
//                          open write sync rename remove allocate truncate mkdir
//                          kill-before kill-middle kill-after EIO ENOSPC
//   FAULTY_DISK_PATH       the fault only concerns paths with this in it
//   FAULTY_DISK_ARMED      a file: calls are counted only while it exists
//   FAULTY_DISK_NO_DIRECT  file systems without O_DIRECT are like that: EINVAL
//
// Calls go to the kernel directly, so it does not matter which library made them.

#include "faulty_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// glibc renames some of them when files have 64-bit offsets, which they always have here.
#undef open64
#undef openat64
#undef creat64
#undef pwrite64
#undef pwritev64
#undef ftruncate64
#undef fallocate64
#undef posix_fallocate64

namespace {

using ayni::faulty_disk::Kind;
using ayni::faulty_disk::Record;
using ayni::faulty_disk::sector_bytes;

enum class Action { none, kill_before, kill_middle, kill_after, fail };

struct Watched {
    std::string path;
    bool is_directory = false;
};

std::uint64_t down(std::uint64_t offset) { return offset / sector_bytes * sector_bytes; }
std::uint64_t up(std::uint64_t offset) { return down(offset + sector_bytes - 1); }

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

[[noreturn]] void give_up(const char* why) {
    std::fprintf(stderr, "faulty_disk: %s: %s\n", why, std::strerror(errno));
    std::_Exit(99);
}

[[noreturn]] void die() {
    for (;;) kill(getpid(), SIGKILL);
}

/// Without duplicate slashes.
std::string tidy(std::string_view path) {
    std::string tidied;
    for (const char c : path) {
        if (c != '/' || tidied.empty() || tidied.back() != '/') tidied += c;
    }
    if (tidied.size() > 1 && tidied.back() == '/') tidied.pop_back();
    return tidied;
}

class Disk {
public:
    Disk() {
        std::string roots = setting("FAULTY_DISK_ROOTS");
        while (!roots.empty()) {
            const std::size_t colon = std::min(roots.find(':'), roots.size());
            roots_.push_back(tidy(roots.substr(0, colon)));
            roots.erase(0, colon + 1);
        }
        const std::string log = setting("FAULTY_DISK_LOG");
        if (roots_.empty() || log.empty()) return;
        lost_ = log + ".lost";
        syscall(SYS_mkdirat, AT_FDCWD, lost_.c_str(), 0700);
        log_ = static_cast<int>(syscall(SYS_openat, AT_FDCWD, log.c_str(),
                                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        if (log_ < 0) give_up("can not open its log");
        position_ = size_of(log_);
        has_no_direct_ = !setting("FAULTY_DISK_NO_DIRECT").empty();
        armed_ = setting("FAULTY_DISK_ARMED");
        fault_path_ = setting("FAULTY_DISK_PATH");
        read_fault(setting("FAULTY_DISK_FAULT"));
    }

    [[nodiscard]] bool is_watched(std::string_view path) const {
        return std::any_of(roots_.begin(), roots_.end(), [&](const std::string& root) {
            return path.starts_with(root) &&
                   (path.size() == root.size() || path[root.size()] == '/');
        });
    }
    [[nodiscard]] const Watched* watched(int descriptor) {
        const auto found = open_.find(descriptor);
        return found == open_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] bool has_no_direct() const { return has_no_direct_; }

    std::mutex mutex;

    void opened(int descriptor, const std::string& path) {
        struct stat status{};
        if (fstat(descriptor, &status) != 0) return;
        const bool is_directory = S_ISDIR(status.st_mode);
        if (!is_directory && !S_ISREG(status.st_mode)) return;
        open_[descriptor] = {.path = path, .is_directory = is_directory};
    }
    void closed(int descriptor) { open_.erase(descriptor); }

    /// What is to happen to this call. Kills before the call happen here.
    Action strike(std::string_view operation, const std::string& path) {
        if (has_failed_ && (operation == "write" || operation == "sync")) {
            append({.kind = Kind::after_failure}, nullptr, path, operation);
        }
        if (is_spent_ || operation != operation_) return Action::none;
        if (path.find(fault_path_) == std::string::npos) return Action::none;
        if (!armed_.empty() && syscall(SYS_faccessat, AT_FDCWD, armed_.c_str(), F_OK) != 0) {
            return Action::none;
        }
        if (++count_ < at_) return Action::none;
        is_spent_ = true;
        append({.kind = Kind::fault}, nullptr, path, operation);
        if (action_ == Action::kill_before) die();
        has_failed_ = action_ == Action::fail;
        if (has_failed_) errno = error_;
        return action_;
    }

    /// Logs the pre-image of what a write to `descriptor` will cover. Returns where in the log.
    std::uint64_t will_write(int descriptor, const void* bytes, std::size_t length,
                             std::uint64_t offset) {
        const std::uint64_t size = size_of(descriptor);
        const std::uint64_t from = down(offset);
        std::vector<char> before = read(from, up(offset + length), size);
        std::vector<char> after = before;
        std::memcpy(after.data() + (offset - from), bytes, length);
        // Only the sectors that change need to be kept.
        std::size_t first = 0;
        std::size_t end = before.size();
        const auto is_same = [&](std::size_t at) {
            return std::memcmp(before.data() + at, after.data() + at, sector_bytes) == 0;
        };
        while (first < end && is_same(first)) first += sector_bytes;
        while (end > first && is_same(end - sector_bytes)) end -= sector_bytes;
        const Record record{.kind = Kind::write,
                            .inode = inode_,
                            .offset = offset,
                            .length = length,
                            .size_before = size,
                            .data_offset = from + first,
                            .data_bytes = end - first};
        return append(record, before.data() + first, {}, {});
    }

    void will_truncate(int descriptor, std::uint64_t to) {
        const std::uint64_t size = size_of(descriptor);
        const std::uint64_t from = down(std::min(to, size));
        const std::vector<char> before = read(from, up(size), size);
        append({.kind = Kind::truncate,
                .inode = inode_,
                .offset = to,
                .length = size > to ? size - to : 0,
                .size_before = size,
                .data_offset = from,
                .data_bytes = before.size()},
               before.data(), {}, {});
    }

    void wrote_synced(std::uint64_t position, int descriptor) {
        static_cast<void>(size_of(descriptor));
        append({.kind = Kind::synced_write, .inode = inode_, .position = position}, nullptr, {},
               {});
    }

    void synced(int descriptor, std::uint64_t position) {
        const Watched* file = watched(descriptor);
        if (file == nullptr) return;
        static_cast<void>(size_of(descriptor));
        const Kind kind = file->is_directory ? Kind::sync_directory : Kind::sync;
        append({.kind = kind, .inode = inode_, .position = position}, nullptr, file->path, {});
    }

    void named(Kind kind, const std::string& path, std::string_view second = {},
               std::uint64_t replaced = 0) {
        append({.kind = kind, .inode = inode_of(path), .replaced_inode = replaced}, nullptr, path,
               second);
    }

    /// Keeps the file that loses its name.
    void keep(const std::string& path) {
        const std::string kept = lost_ + "/" + std::to_string(inode_of(path));
        syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0);
    }

    [[nodiscard]] std::uint64_t position() const { return position_; }

    [[nodiscard]] static std::uint64_t inode_of(const std::string& path) {
        struct stat status{};
        return lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }

private:
    void read_fault(const std::string& text) {
        if (text.empty()) return;
        const std::size_t first = text.find(':');
        const std::size_t second = text.find(':', first + 1);
        if (second == std::string::npos) give_up("FAULTY_DISK_FAULT is OPERATION:N:ACTION");
        operation_ = text.substr(0, first);
        at_ = std::strtoull(text.c_str() + first + 1, nullptr, 10);
        const std::string action = text.substr(second + 1);
        static const std::map<std::string, Action> actions{{"kill-before", Action::kill_before},
                                                           {"kill-middle", Action::kill_middle},
                                                           {"kill-after", Action::kill_after},
                                                           {"EIO", Action::fail},
                                                           {"ENOSPC", Action::fail}};
        const auto found = actions.find(action);
        if (found == actions.end()) give_up("FAULTY_DISK_FAULT names no action that there is");
        action_ = found->second;
        error_ = action == "ENOSPC" ? ENOSPC : EIO;
        is_spent_ = false;
    }

    /// Also notes the inode.
    std::uint64_t size_of(int descriptor) {
        struct stat status{};
        if (fstat(descriptor, &status) != 0) give_up("fstat");
        inode_ = status.st_ino;
        return static_cast<std::uint64_t>(status.st_size);
    }

    /// [from, to) of the file whose inode was noted last; zeros past its end. A descriptor of its
    /// own, since the program's may be for writing only, or want aligned memory.
    std::vector<char> read(std::uint64_t from, std::uint64_t to, std::uint64_t size) {
        std::vector<char> bytes(to - from);
        const std::uint64_t end = std::min(to, size);
        if (from >= end) return bytes;
        const int descriptor = static_cast<int>(
            syscall(SYS_openat, AT_FDCWD, read_path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (descriptor < 0) give_up("can not read what was there before");
        for (std::uint64_t at = from; at < end;) {
            const long got =
                syscall(SYS_pread64, descriptor, bytes.data() + (at - from), end - at, at);
            if (got <= 0) break;
            at += static_cast<std::uint64_t>(got);
        }
        syscall(SYS_close, descriptor);
        return bytes;
    }

    std::uint64_t append(Record record, const char* data, std::string_view path,
                         std::string_view second) {
        record.path_bytes = static_cast<std::uint32_t>(path.size());
        record.second_path_bytes = static_cast<std::uint32_t>(second.size());
        std::vector<char> bytes(sizeof record);
        std::memcpy(bytes.data(), &record, sizeof record);
        if (data != nullptr) bytes.insert(bytes.end(), data, data + record.data_bytes);
        bytes.insert(bytes.end(), path.begin(), path.end());
        bytes.insert(bytes.end(), second.begin(), second.end());
        if (syscall(SYS_write, log_, bytes.data(), bytes.size()) !=
            static_cast<long>(bytes.size())) {
            give_up("can not write its log");
        }
        const std::uint64_t at = position_;
        position_ += bytes.size();
        return at;
    }

    std::vector<std::string> roots_;
    std::string lost_;
    int log_ = -1;
    std::uint64_t position_ = 0;
    std::uint64_t inode_ = 0;
    bool has_no_direct_ = false;
    std::map<int, Watched> open_;

    std::string operation_;
    std::string fault_path_;
    std::string armed_;
    std::uint64_t at_ = 0;
    std::uint64_t count_ = 0;
    Action action_ = Action::none;
    int error_ = EIO;
    bool is_spent_ = true;
    bool has_failed_ = false;

public:
    std::string read_path_;  ///< Of the file that `read` is about; set by the caller.
};

/// Never destroyed: threads may still write while the process ends.
Disk& disk() {
    static Disk* const instance = new Disk;
    return *instance;
}

int open_file(int folder, const char* name, int flags, mode_t mode) {
    const auto really = [&] {
        return static_cast<int>(syscall(SYS_openat, folder, name, flags, mode));
    };
    if (name == nullptr || name[0] != '/') return really();
    const std::string path = tidy(name);
    if (!disk().is_watched(path)) return really();
    const std::lock_guard lock(disk().mutex);
    const Action action = disk().strike("open", path);
    if (action == Action::fail) return -1;
    if (disk().has_no_direct() && (flags & O_DIRECT) == O_DIRECT) {
        errno = EINVAL;
        return -1;
    }
    const bool is_new = (flags & O_CREAT) != 0 && Disk::inode_of(path) == 0;
    const bool cuts = (flags & O_TRUNC) != 0 && !is_new;
    const int descriptor =
        static_cast<int>(syscall(SYS_openat, folder, name, flags & ~O_TRUNC, mode));
    if (descriptor < 0) return descriptor;
    disk().opened(descriptor, path);
    if (cuts) {
        disk().read_path_ = path;
        disk().will_truncate(descriptor, 0);
        syscall(SYS_ftruncate, descriptor, 0);
    }
    if (is_new) disk().named(Kind::create, path);
    if (action != Action::none) die();
    return descriptor;
}

mode_t mode_of(int flags, va_list arguments) {
    const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return makes ? va_arg(arguments, mode_t) : 0;
}

template <typename Really>
ssize_t write_file(int descriptor, const void* bytes, std::size_t length, std::uint64_t offset,
                   const Really& really) {
    const std::unique_lock lock(disk().mutex);
    const Watched* file = disk().watched(descriptor);
    if (file == nullptr || length == 0) return really(length);
    const Action action = disk().strike("write", file->path);
    if (action == Action::fail) return -1;
    disk().read_path_ = file->path;
    const std::uint64_t position = disk().will_write(descriptor, bytes, length, offset);
    if (action == Action::kill_middle) {
        static_cast<void>(really(down(length / 2)));
        die();
    }
    const ssize_t written = really(length);
    if (action == Action::kill_after) die();
    const int flags = static_cast<int>(syscall(SYS_fcntl, descriptor, F_GETFL));
    if (written > 0 && (flags & O_DSYNC) == O_DSYNC) disk().wrote_synced(position, descriptor);
    return written;
}

int sync_file(int descriptor, long number) {
    std::uint64_t position = 0;
    Action action = Action::none;
    {
        const std::lock_guard lock(disk().mutex);
        if (const Watched* file = disk().watched(descriptor)) {
            action = disk().strike("sync", file->path);
            if (action == Action::fail) return -1;
            position = disk().position();
        }
    }
    // Writes of other threads may happen meanwhile; they are not synced by this.
    const int result = static_cast<int>(syscall(number, descriptor));
    const std::lock_guard lock(disk().mutex);
    if (action != Action::none) die();
    if (result == 0) disk().synced(descriptor, position);
    return result;
}

int remove_name(const char* name, int flags) {
    const auto really = [&] {
        return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, name, flags));
    };
    const std::string path = tidy(name);
    if (!disk().is_watched(path) || flags != 0 || Disk::inode_of(path) == 0) return really();
    const std::lock_guard lock(disk().mutex);
    const Action action = disk().strike("remove", path);
    if (action == Action::fail) return -1;
    disk().keep(path);
    disk().named(Kind::remove, path);
    const int result = really();
    if (action != Action::none) die();
    return result;
}

int rename_name(const char* from, const char* to) {
    const auto really = [&] {
        return static_cast<int>(syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
    };
    const std::string path = tidy(from);
    const std::string second = tidy(to);
    if (!disk().is_watched(path)) return really();
    const std::lock_guard lock(disk().mutex);
    const Action action = disk().strike("rename", path);
    if (action == Action::fail) return -1;
    const std::uint64_t replaced = Disk::inode_of(second);
    if (replaced != 0) disk().keep(second);
    disk().named(Kind::rename, path, second, replaced);
    const int result = really();
    if (action != Action::none) die();
    return result;
}

int truncate_file(int descriptor, off_t length) {
    const auto really = [&] {
        return static_cast<int>(syscall(SYS_ftruncate, descriptor, length));
    };
    const std::lock_guard lock(disk().mutex);
    const Watched* file = disk().watched(descriptor);
    if (file == nullptr) return really();
    const Action action = disk().strike("truncate", file->path);
    if (action == Action::fail) return -1;
    disk().read_path_ = file->path;
    disk().will_truncate(descriptor, static_cast<std::uint64_t>(length));
    const int result = really();
    if (action != Action::none) die();
    return result;
}

int allocate(int descriptor, int mode, off_t offset, off_t length) {
    const auto really = [&] {
        return static_cast<int>(syscall(SYS_fallocate, descriptor, mode, offset, length));
    };
    const std::lock_guard lock(disk().mutex);
    const Watched* file = disk().watched(descriptor);
    if (file == nullptr) return really();
    const Action action = disk().strike("allocate", file->path);
    if (action == Action::fail) return -1;
    disk().read_path_ = file->path;
    if (mode == 0) {
        disk().will_truncate(descriptor, static_cast<std::uint64_t>(offset + length));
    }
    const int result = really();
    if (action != Action::none) die();
    return result;
}

std::uint64_t place_of(int descriptor) {
    const int flags = static_cast<int>(syscall(SYS_fcntl, descriptor, F_GETFL));
    const int whence = (flags & O_APPEND) != 0 ? SEEK_END : SEEK_CUR;
    const long at = syscall(SYS_lseek, descriptor, 0, whence);
    return at < 0 ? 0 : static_cast<std::uint64_t>(at);
}

std::vector<char> gathered(const iovec* parts, int count) {
    std::vector<char> bytes;
    for (int i = 0; i < count; ++i) {
        const char* base = static_cast<const char*>(parts[i].iov_base);
        bytes.insert(bytes.end(), base, base + parts[i].iov_len);
    }
    return bytes;
}

bool is_watched(int descriptor) {
    const std::lock_guard lock(disk().mutex);
    return disk().watched(descriptor) != nullptr;
}

}  // namespace

extern "C" {

int open(const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(AT_FDCWD, name, flags, mode);
}

int open64(const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(folder, name, flags, mode);
}

int openat64(int folder, const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(folder, name, flags, mode);
}

int __open_2(const char* name, int flags) { return open_file(AT_FDCWD, name, flags, 0); }
int __open64_2(const char* name, int flags) { return open_file(AT_FDCWD, name, flags, 0); }

int close(int descriptor) {
    {
        const std::lock_guard lock(disk().mutex);
        disk().closed(descriptor);
    }
    return static_cast<int>(syscall(SYS_close, descriptor));
}

ssize_t pwrite(int descriptor, const void* bytes, size_t length, off_t offset) {
    return write_file(
        descriptor, bytes, length, static_cast<std::uint64_t>(offset),
        [&](std::size_t size) { return syscall(SYS_pwrite64, descriptor, bytes, size, offset); });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t length, off_t offset) {
    return pwrite(descriptor, bytes, length, offset);
}

ssize_t write(int descriptor, const void* bytes, size_t length) {
    if (!is_watched(descriptor)) return syscall(SYS_write, descriptor, bytes, length);
    return write_file(descriptor, bytes, length, place_of(descriptor), [&](std::size_t size) {
        return syscall(SYS_write, descriptor, bytes, size);
    });
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
    if (!is_watched(descriptor)) return syscall(SYS_writev, descriptor, parts, count);
    const std::vector<char> bytes = gathered(parts, count);
    return write(descriptor, bytes.data(), bytes.size());
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
    // The kernel takes the offset in two halves.
    if (!is_watched(descriptor)) return syscall(SYS_pwritev, descriptor, parts, count, offset, 0);
    const std::vector<char> bytes = gathered(parts, count);
    return pwrite(descriptor, bytes.data(), bytes.size(), offset);
}

ssize_t pwritev64(int descriptor, const iovec* parts, int count, off_t offset) {
    return pwritev(descriptor, parts, count, offset);
}

int fsync(int descriptor) { return sync_file(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_file(descriptor, SYS_fdatasync); }

int ftruncate(int descriptor, off_t length) noexcept { return truncate_file(descriptor, length); }
int ftruncate64(int descriptor, off_t length) noexcept { return truncate_file(descriptor, length); }

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    return allocate(descriptor, mode, offset, length);
}
int fallocate64(int descriptor, int mode, off_t offset, off_t length) {
    return allocate(descriptor, mode, offset, length);
}

int rename(const char* from, const char* to) noexcept { return rename_name(from, to); }

int unlink(const char* name) noexcept { return remove_name(name, 0); }

int remove(const char* name) noexcept {
    if (remove_name(name, 0) == 0) return 0;
    return errno == EISDIR ? remove_name(name, AT_REMOVEDIR) : -1;
}

int mkdir(const char* name, mode_t mode) noexcept {
    const std::string path = tidy(name);
    const std::lock_guard lock(disk().mutex);
    const bool is_ours = disk().is_watched(path);
    const Action action = is_ours ? disk().strike("mkdir", path) : Action::none;
    if (action == Action::fail) return -1;
    const int result = static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, name, mode));
    if (is_ours && result == 0) disk().named(Kind::make_directory, path);
    if (action != Action::none) die();
    return result;
}

}  // extern "C"
