#include "sim/disk.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace ayni::sim {
namespace {

std::error_code no_such_file() {
    return std::make_error_code(std::errc::no_such_file_or_directory);
}
std::error_code io_error() { return std::make_error_code(std::errc::io_error); }
std::error_code no_room() { return std::make_error_code(std::errc::no_space_on_device); }

}  // namespace

class Disk::OpenFile final : public journal::File {
public:
    OpenFile(Disk& disk, std::shared_ptr<Inode> inode, journal::Access access)
        : disk_(disk), inode_(std::move(inode)), access_(access) {}

    std::error_code read(std::span<std::byte> into, std::uint64_t offset) const override {
        if (disk_.faults_.strikes(Fault::read_error)) return io_error();
        const std::vector<std::byte>& bytes = inode_->now;
        const std::size_t there =
            offset < bytes.size() ? std::min<std::size_t>(into.size(), bytes.size() - offset) : 0;
        if (there > 0) std::memcpy(into.data(), bytes.data() + offset, there);
        std::memset(into.data() + there, 0, into.size() - there);
        return {};
    }

    std::error_code write(std::span<const std::byte> bytes, std::uint64_t offset) override {
        const bool grows = offset + bytes.size() > inode_->now.size();
        if (disk_.is_full_ && grows) return no_room();
        // Room that was granted before can still turn out not to be there while it is filled.
        if (disk_.is_full_ && access_ == journal::Access::fill && disk_.random_.one_in(2)) {
            return no_room();
        }
        disk_.write(*inode_, bytes, offset);
        if (disk_.faults_.strikes(Fault::torn_write)) {
            disk_.reach_partly(*inode_);
            throw ProcessEnds{"disk.torn_write"};
        }
        if (disk_.faults_.strikes(Fault::write_error)) {
            disk_.reach_partly(*inode_);
            return io_error();
        }
        if (access_ == journal::Access::append) disk_.sync(*inode_);
        return {};
    }

    std::error_code allocate(std::uint64_t bytes) override {
        if (disk_.is_full_ && disk_.random_.one_in(2)) return no_room();
        // Not every file system can do it; growing while it is written is just as good.
        if (disk_.random_.one_in(4)) return {};
        if (inode_->now.size() < bytes) inode_->now.resize(bytes);
        return {};
    }

    std::error_code sync() override {
        if (disk_.faults_.strikes(Fault::sync_error)) {
            // The pages are called clean, and what reached the disk of them nobody knows.
            disk_.reach_partly(*inode_);
            return io_error();
        }
        disk_.sync(*inode_);
        return {};
    }

    journal::IoResult<std::uint64_t> size() const override { return inode_->now.size(); }

private:
    Disk& disk_;
    std::shared_ptr<Inode> inode_;
    journal::Access access_;
};

void Disk::write(Inode& inode, std::span<const std::byte> bytes, std::uint64_t offset) {
    ASSERT(offset % sector == 0);
    ASSERT(bytes.size() % sector == 0);
    if (inode.now.size() < offset + bytes.size()) inode.now.resize(offset + bytes.size());
    std::memcpy(inode.now.data() + offset, bytes.data(), bytes.size());
    for (std::size_t at = offset; at < offset + bytes.size(); at += sector) {
        inode.unsynced.push_back(at / sector);
    }
}

void Disk::reach_partly(Inode& inode) {
    // Most disks write in order, so half of the time a prefix survives; otherwise any sectors do.
    const bool in_order = random_.one_in(2);
    const std::size_t most = random_.below(inode.unsynced.size() + 1);
    inode.durable.resize(std::max(inode.durable.size(), inode.now.size()));
    for (std::size_t i = 0; i < inode.unsynced.size(); ++i) {
        const bool reaches = in_order ? i < most : random_.one_in(2);
        if (!reaches) continue;
        const std::size_t at = inode.unsynced[i] * sector;
        std::memcpy(inode.durable.data() + at, inode.now.data() + at, sector);
    }
    inode.unsynced.clear();
}

void Disk::sync(Inode& inode) {
    inode.durable.resize(std::max(inode.durable.size(), inode.now.size()));
    for (const std::size_t one : inode.unsynced) {
        std::memcpy(inode.durable.data() + one * sector, inode.now.data() + one * sector, sector);
    }
    inode.unsynced.clear();
}

void Disk::apply(Names& names, const Change& change) {
    if (change.from.empty()) {
        names[change.to] = change.made;
        return;
    }
    const auto found = names.find(change.from);
    if (found == names.end()) return;
    if (!change.to.empty()) names[change.to] = found->second;
    names.erase(change.from);
}

void Disk::change(Change change) {
    apply(now_, change);
    pending_.push_back(std::move(change));
}

journal::IoResult<std::unique_ptr<journal::File>> Disk::open(const std::filesystem::path& path,
                                                             journal::Access access) {
    const std::string name = path.filename().string();
    if (access == journal::Access::fill) {
        if (is_full_ && random_.one_in(4)) return tl::unexpected(no_room());
        change({.from = {}, .to = name, .made = std::make_shared<Inode>()});
    }
    const auto found = now_.find(name);
    if (found == now_.end()) return tl::unexpected(no_such_file());
    return std::make_unique<OpenFile>(*this, found->second, access);
}

std::error_code Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (faults_.strikes(Fault::write_error)) return io_error();
    change({.from = from.filename().string(), .to = to.filename().string(), .made = nullptr});
    return {};
}

std::error_code Disk::remove(const std::filesystem::path& path) {
    if (now_.count(path.filename().string()) == 0) return no_such_file();
    change({.from = path.filename().string(), .to = {}, .made = nullptr});
    return {};
}

std::error_code Disk::make_directory(const std::filesystem::path& /*path*/) { return {}; }

std::error_code Disk::sync_directory(const std::filesystem::path& /*directory*/) {
    if (faults_.strikes(Fault::sync_error)) return io_error();
    durable_ = now_;
    pending_.clear();
    return {};
}

journal::IoResult<std::vector<std::string>> Disk::list(const std::filesystem::path&) {
    std::vector<std::string> names;
    for (const auto& [name, inode] : now_) names.push_back(name);
    // In no order.
    if (names.size() > 1) std::swap(names.front(), names[random_.below(names.size())]);
    return names;
}

std::uint64_t Disk::used() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, inode] : now_) bytes += inode->now.size();
    return bytes;
}

journal::IoResult<std::uint64_t> Disk::free_bytes(const std::filesystem::path&) {
    // A disk that is being filled looks full to one question and not yet to the next.
    if (is_full_) return random_.one_in(2) ? 0 : capacity;
    const std::uint64_t bytes = used();
    return bytes < capacity ? capacity - bytes : 0;
}

journal::IoResult<std::shared_ptr<void>> Disk::lock_directory(const std::filesystem::path&) {
    if (!lock_.expired()) {
        return tl::unexpected(std::make_error_code(std::errc::resource_unavailable_try_again));
    }
    auto lock = std::make_shared<int>(0);
    lock_ = lock;
    return std::shared_ptr<void>(lock);
}

void Disk::stop_on_io_error(const std::filesystem::path& /*path*/, const char* /*operation*/,
                            std::error_code /*error*/) {
    throw ProcessEnds{"disk.stop_on_io_error"};
}

void Disk::crash() {
    const std::size_t kept = random_.below(pending_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(durable_, pending_[i]);
    pending_.clear();
    now_ = durable_;
    for (const auto& [name, inode] : now_) {
        reach_partly(*inode);
        inode->now = inode->durable;
    }
}

Disk::Image Disk::image() const {
    ASSERT(pending_.empty());
    Image image;
    for (const auto& [name, inode] : durable_) image.files[name] = inode->durable;
    return image;
}

void Disk::restore(const Image& image) {
    now_.clear();
    pending_.clear();
    for (const auto& [name, bytes] : image.files) {
        now_[name] = std::make_shared<Inode>(Inode{.now = bytes, .durable = bytes, .unsynced = {}});
    }
    durable_ = now_;
}

bool Disk::flip_bit() {
    if (now_.empty()) return false;
    auto at = now_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(now_.size())));
    Inode& inode = *at->second;
    constexpr int most_tries = 64;
    for (int i = 0; i < most_tries && !inode.now.empty(); ++i) {
        const std::size_t place = random_.below(inode.now.size());
        if (inode.now[place] == std::byte{0}) continue;
        inode.now[place] ^= std::byte{static_cast<unsigned char>(1U << random_.below(8))};
        inode.durable[place] = inode.now[place];
        return true;
    }
    return false;
}

}  // namespace ayni::sim
