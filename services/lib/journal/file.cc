#include "journal/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ayni::journal {
namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

class SystemFile final : public File {
public:
    SystemFile(Descriptor descriptor, bool sync_each_write)
        : descriptor_(std::move(descriptor)), sync_each_write_(sync_each_write) {}

    std::error_code read(std::span<std::byte> into, std::uint64_t offset) const override {
        while (!into.empty()) {
            const ssize_t got =
                pread(descriptor_.number(), into.data(), into.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return last_error();
            if (got == 0) break;
            into = into.subspan(static_cast<std::size_t>(got));
            offset += static_cast<std::uint64_t>(got);
        }
        if (!into.empty()) std::memset(into.data(), 0, into.size());
        return {};
    }

    std::error_code write(std::span<const std::byte> bytes, std::uint64_t offset) override {
        while (!bytes.empty()) {
            const ssize_t put = pwrite(descriptor_.number(), bytes.data(), bytes.size(),
                                       static_cast<off_t>(offset));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return last_error();
            bytes = bytes.subspan(static_cast<std::size_t>(put));
            offset += static_cast<std::uint64_t>(put);
        }
        return sync_each_write_ ? sync() : std::error_code{};
    }

    std::error_code allocate(std::uint64_t bytes) override {
        if (fallocate(descriptor_.number(), 0, 0, static_cast<off_t>(bytes)) == 0) return {};
        // Not every file system can; writing the zeros then finds out about room.
        if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
        return last_error();
    }

    std::error_code sync() override {
        return fdatasync(descriptor_.number()) == 0 ? std::error_code{} : last_error();
    }

    IoResult<std::uint64_t> size() const override {
        struct stat status{};
        if (fstat(descriptor_.number(), &status) != 0) return tl::unexpected(last_error());
        return static_cast<std::uint64_t>(status.st_size);
    }

private:
    Descriptor descriptor_;
    bool sync_each_write_;
};

int flags_of(Access access) {
    switch (access) {
        case Access::read: return O_RDONLY;
        case Access::fill: return O_RDWR | O_CREAT | O_TRUNC | O_DIRECT;
        case Access::append: return O_RDWR | O_DIRECT | O_DSYNC;
        case Access::append_unsynced: return O_RDWR;
    }
    return O_RDONLY;
}

class SystemFileSystem final : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::filesystem::path& path,
                                         Access access) override {
        constexpr mode_t owner_and_group = 0640;
        const int flags = flags_of(access) | O_CLOEXEC;
        Descriptor direct(::open(path.c_str(), flags, owner_and_group));
        if (direct.is_open()) return std::make_unique<SystemFile>(std::move(direct), false);
        if (errno != EINVAL || (flags & O_DIRECT) == 0) return tl::unexpected(last_error());
        Descriptor cached(::open(path.c_str(), flags & ~(O_DIRECT | O_DSYNC), owner_and_group));
        if (!cached.is_open()) return tl::unexpected(last_error());
        return std::make_unique<SystemFile>(std::move(cached), access == Access::append);
    }

    std::error_code rename(const std::filesystem::path& from,
                           const std::filesystem::path& to) override {
        return ::rename(from.c_str(), to.c_str()) == 0 ? std::error_code{} : last_error();
    }

    std::error_code remove(const std::filesystem::path& path) override {
        return ::unlink(path.c_str()) == 0 ? std::error_code{} : last_error();
    }

    std::error_code make_directory(const std::filesystem::path& path) override {
        std::error_code error;
        std::filesystem::path folder = std::filesystem::absolute(path, error);
        if (error) return error;
        // Also where it exists: who made it may have died before its name was durable.
        std::vector<std::filesystem::path> parents{folder.parent_path()};
        while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) {
            folder = folder.parent_path();
            parents.push_back(folder.parent_path());
        }
        std::filesystem::create_directories(path, error);
        if (error) return error;
        for (const auto& parent : parents) {
            error = sync_directory(parent);
            // A parent that we may not read was made by somebody else, who answers for it.
            if (error && error != std::errc::permission_denied) return error;
        }
        return {};
    }

    std::error_code sync_directory(const std::filesystem::path& directory) override {
        const Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!descriptor.is_open()) return last_error();
        return fsync(descriptor.number()) == 0 ? std::error_code{} : last_error();
    }

    IoResult<std::vector<std::string>> list(const std::filesystem::path& directory) override {
        std::vector<std::string> names;
        std::error_code error;
        std::filesystem::directory_iterator entries(directory, error);
        while (!error && entries != std::filesystem::directory_iterator()) {
            names.push_back(entries->path().filename().string());
            entries.increment(error);
        }
        if (error) return tl::unexpected(error);
        return names;
    }

    IoResult<std::uint64_t> free_bytes(const std::filesystem::path& directory) override {
        struct statvfs status{};
        if (statvfs(directory.c_str(), &status) != 0) return tl::unexpected(last_error());
        return std::uint64_t{status.f_bavail} * status.f_frsize;
    }

    IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) override {
        auto descriptor = std::make_shared<Descriptor>(
            ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!descriptor->is_open()) return tl::unexpected(last_error());
        if (flock(descriptor->number(), LOCK_EX | LOCK_NB) != 0) {
            return tl::unexpected(last_error());
        }
        return std::shared_ptr<void>(std::move(descriptor));
    }
};

}  // namespace

FileSystem& system_file_system() {
    static SystemFileSystem instance;
    return instance;
}

void FileSystem::stop_on_io_error(const std::filesystem::path& path, const char* operation,
                                  std::error_code error) {
    std::fprintf(
        stderr,
        "journal: %s of %s failed: %s. The process stops here, for what was not written "
        "must not be answered, and a failed write can not be trusted when it is retried.\n",
        operation, path.c_str(), error.message().c_str());
    std::abort();
}

}  // namespace ayni::journal
