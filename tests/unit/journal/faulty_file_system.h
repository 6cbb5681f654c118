#pragma once

#include <algorithm>
#include <atomic>

#include "journal/file.h"

namespace ayni::journal {

/// The machine's file system, with less room than it has, or with a disk that fails when told.
class FaultyFileSystem final : public FileSystem {
public:
    std::atomic<std::uint64_t> room{std::uint64_t{1} << 40U};
    std::atomic<bool> fail_appends{false};
    std::atomic<bool> fail_syncs{false};
    std::atomic<bool> fill_runs_out_of_room{false};
    std::atomic<bool> fail_reads{false};
    /// So many reads find zeros: as if they came before what was written there.
    std::atomic<int> early_reads{0};

    IoResult<std::unique_ptr<File>> open(const std::filesystem::path& path,
                                         Access access) override {
        auto file = real_.open(path, access);
        if (!file) return file;
        return std::make_unique<FaultyFile>(*this, std::move(*file), access);
    }
    std::error_code rename(const std::filesystem::path& from,
                           const std::filesystem::path& to) override {
        return real_.rename(from, to);
    }
    std::error_code remove(const std::filesystem::path& path) override {
        return real_.remove(path);
    }
    std::error_code make_directory(const std::filesystem::path& path) override {
        return real_.make_directory(path);
    }
    std::error_code sync_directory(const std::filesystem::path& directory) override {
        return real_.sync_directory(directory);
    }
    IoResult<std::vector<std::string>> list(const std::filesystem::path& directory) override {
        return real_.list(directory);
    }
    IoResult<std::uint64_t> free_bytes(const std::filesystem::path&) override {
        return room.load();
    }
    IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) override {
        return real_.lock_directory(directory);
    }

private:
    class FaultyFile final : public File {
    public:
        FaultyFile(FaultyFileSystem& owner, std::unique_ptr<File> file, Access access)
            : owner_(owner), file_(std::move(file)), access_(access) {}

        std::error_code read(std::span<std::byte> into, std::uint64_t offset) const override {
            if (owner_.fail_reads) return std::make_error_code(std::errc::io_error);
            if (owner_.early_reads > 0) {
                --owner_.early_reads;
                std::fill(into.begin(), into.end(), std::byte{0});
                return {};
            }
            return file_->read(into, offset);
        }
        std::error_code write(std::span<const std::byte> bytes, std::uint64_t offset) override {
            if (access_ == Access::fill && owner_.fill_runs_out_of_room) {
                return std::make_error_code(std::errc::no_space_on_device);
            }
            if (access_ == Access::append && owner_.fail_appends) {
                return std::make_error_code(std::errc::io_error);
            }
            return file_->write(bytes, offset);
        }
        std::error_code allocate(std::uint64_t bytes) override { return file_->allocate(bytes); }
        std::error_code sync() override {
            if (owner_.fail_syncs) return std::make_error_code(std::errc::io_error);
            return file_->sync();
        }
        IoResult<std::uint64_t> size() const override { return file_->size(); }

    private:
        FaultyFileSystem& owner_;
        std::unique_ptr<File> file_;
        Access access_;
    };

    FileSystem& real_ = system_file_system();
};

}  // namespace ayni::journal
