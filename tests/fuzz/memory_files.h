#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "journal/file.h"

namespace ayni::fuzz {

/// One directory of files in memory, which a test may change behind the journal's back. Whatever is
/// written is durable at once.
class MemoryFiles final : public journal::FileSystem {
public:
    using Bytes = std::vector<std::byte>;
    using Contents = std::map<std::string, Bytes>;

    [[nodiscard]] Contents contents() const {
        const std::lock_guard lock(mutex_);
        Contents copy;
        for (const auto& [name, bytes] : files_) copy[name] = *bytes;
        return copy;
    }
    void replace(const Contents& contents) {
        const std::lock_guard lock(mutex_);
        files_.clear();
        for (const auto& [name, bytes] : contents) files_[name] = std::make_shared<Bytes>(bytes);
    }

    journal::IoResult<std::unique_ptr<journal::File>> open(const std::filesystem::path& path,
                                                           journal::Access access) override {
        const std::lock_guard lock(mutex_);
        auto& file = files_[path.filename().string()];
        if (access == journal::Access::fill) file = std::make_shared<Bytes>();
        if (!file) {
            files_.erase(path.filename().string());
            return no_such_file();
        }
        return std::make_unique<MemoryFile>(file, mutex_);
    }
    std::error_code rename(const std::filesystem::path& from,
                           const std::filesystem::path& to) override {
        const std::lock_guard lock(mutex_);
        const auto file = files_.find(from.filename().string());
        if (file == files_.end()) return no_such_file().value();
        files_[to.filename().string()] = file->second;
        files_.erase(file);
        return {};
    }
    std::error_code remove(const std::filesystem::path& path) override {
        const std::lock_guard lock(mutex_);
        return files_.erase(path.filename().string()) == 1 ? std::error_code()
                                                           : no_such_file().value();
    }
    std::error_code make_directory(const std::filesystem::path& /*path*/) override { return {}; }
    std::error_code sync_directory(const std::filesystem::path& /*directory*/) override {
        return {};
    }
    journal::IoResult<std::vector<std::string>> list(
        const std::filesystem::path& /*directory*/) override {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> names;
        for (const auto& [name, _] : files_) names.push_back(name);
        return names;
    }
    journal::IoResult<std::uint64_t> free_bytes(
        const std::filesystem::path& /*directory*/) override {
        return std::uint64_t{1} << 40U;
    }
    journal::IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& /*directory*/) override {
        return std::make_shared<int>(0);
    }

private:
    static tl::unexpected<std::error_code> no_such_file() {
        return tl::unexpected(std::make_error_code(std::errc::no_such_file_or_directory));
    }

    class MemoryFile final : public journal::File {
    public:
        MemoryFile(std::shared_ptr<Bytes> bytes, std::mutex& mutex)
            : bytes_(std::move(bytes)), mutex_(mutex) {}

        std::error_code read(std::span<std::byte> into, std::uint64_t offset) const override {
            const std::lock_guard lock(mutex_);
            std::fill(into.begin(), into.end(), std::byte{0});
            if (offset >= bytes_->size()) return {};
            const std::size_t length = std::min(into.size(), bytes_->size() - offset);
            std::copy_n(bytes_->begin() + static_cast<std::ptrdiff_t>(offset), length,
                        into.begin());
            return {};
        }
        std::error_code write(std::span<const std::byte> bytes, std::uint64_t offset) override {
            const std::lock_guard lock(mutex_);
            if (bytes_->size() < offset + bytes.size()) bytes_->resize(offset + bytes.size());
            std::copy(bytes.begin(), bytes.end(),
                      bytes_->begin() + static_cast<std::ptrdiff_t>(offset));
            return {};
        }
        std::error_code allocate(std::uint64_t /*bytes*/) override { return {}; }
        std::error_code sync() override { return {}; }
        journal::IoResult<std::uint64_t> size() const override {
            const std::lock_guard lock(mutex_);
            return bytes_->size();
        }

    private:
        std::shared_ptr<Bytes> bytes_;
        std::mutex& mutex_;
    };

    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Bytes>> files_;
};

}  // namespace ayni::fuzz
