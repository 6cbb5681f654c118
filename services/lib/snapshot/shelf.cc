#include "snapshot/shelf.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/assert.h"
#include "base/mark.h"
#include "snapshot/snapshot_file.h"

namespace ayni::snapshot {
namespace {

constexpr std::string_view suffix = ".snapshot";
constexpr std::string_view unfinished_suffix = ".snapshot.filling";
constexpr std::size_t digits = 20;

std::string name_of(base::BatchNumber batch) {
    return fmt::format("{:020}{}", batch.value(), suffix);
}

std::string unfinished_name_of(base::BatchNumber batch) {
    return fmt::format("{:020}{}", batch.value(), unfinished_suffix);
}

std::optional<base::BatchNumber> batch_in(std::string_view name) {
    if (name.size() != digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    std::uint64_t number = 0;
    for (const char digit : name.substr(0, digits)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return base::BatchNumber(number);
}

tl::unexpected<base::Error> refuse(const std::filesystem::path& path, std::string_view what,
                                   std::error_code error) {
    return base::failure(path.string(), fmt::format("{}: {}", what, error.message()));
}

}  // namespace

std::filesystem::path directory_of(const std::filesystem::path& journal_directory) {
    return journal_directory / "snapshots";
}

Shelf::Shelf(std::filesystem::path directory, journal::FileSystem* files)
    : directory_(std::move(directory)),
      files_(files != nullptr ? *files : journal::system_file_system()) {}

base::Result<std::vector<Shelf::Item>> Shelf::list() const {
    std::vector<Item> items;
    const auto names = files_.list(directory_);
    if (!names && names.error() == std::errc::no_such_file_or_directory) return items;
    if (!names) return refuse(directory_, "can not be listed", names.error());
    for (const std::string& name : *names) {
        if (const auto batch = batch_in(name)) items.push_back({name, *batch});
    }
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return a.batch > b.batch; });
    return items;
}

base::Result<ledger::SnapshotHeader> Shelf::header(const Item& item) const {
    auto source = FileSource::open(files_, directory_ / item.name);
    if (!source) return tl::unexpected(source.error());
    auto header = ledger::read_snapshot_header(*source);
    if (!header) return header;
    if (auto done = source->check_length(*header); !done) return tl::unexpected(done.error());
    if (header->stand.batch != item.batch.value()) {
        return base::failure(
            item.name, fmt::format("stands after batch {}; it was renamed", header->stand.batch));
    }
    return header;
}

base::Result<ledger::SnapshotHeader> Shelf::check(const Item& item) const {
    if (auto opened = header(item); !opened) return opened;
    auto source = FileSource::open(files_, directory_ / item.name);
    if (!source) return tl::unexpected(source.error());
    auto checked = ledger::check_snapshot(*source);
    if (!checked) return checked;
    if (auto done = source->check_rest(); !done) return tl::unexpected(done.error());
    return checked;
}

std::optional<ledger::SnapshotHeader> Shelf::newest_header() const {
    const auto items = list();
    if (!items) return std::nullopt;
    for (const Item& item : *items) {
        if (const auto found = header(item)) return *found;
    }
    return std::nullopt;
}

base::Result<ledger::SnapshotHeader> Shelf::load(const Item& item, ledger::Ledger& into) const {
    auto source = FileSource::open(files_, directory_ / item.name);
    if (!source) return tl::unexpected(source.error());
    auto header = ledger::read_snapshot(*source, into);
    if (!header) return header;
    if (auto done = source->check_rest(); !done) return tl::unexpected(done.error());
    return header;
}

base::Result<void> Shelf::prepare() const {
    const auto names = files_.list(directory_);
    if (!names) return refuse(directory_, "can not be listed", names.error());
    for (const std::string& name : *names) {
        if (!name.ends_with(unfinished_suffix)) continue;
        MARK("snapshot.unfinished_one_removed");
        if (const auto error = files_.remove(directory_ / name)) {
            return refuse(directory_ / name, "can not be removed", error);
        }
    }
    return {};
}

base::Result<std::uint64_t> Shelf::write(const std::string& name, const ledger::Ledger& ledger,
                                         const ledger::SnapshotStand& stand,
                                         const Taking& taking) const {
    auto file = files_.open(directory_ / name, journal::Access::fill);
    if (!file) return refuse(directory_ / name, "can not be made", file.error());
    FileSink sink(**file, name, taking.pace);
    auto done = ledger::write_snapshot(ledger, stand, sink);
    if (done) done = sink.finish();
    if (!done) return tl::unexpected(done.error());
    return sink.bytes();
}

base::Result<void> Shelf::read_back(const std::string& name, const ledger::SnapshotStand& stand,
                                    const Taking& taking) const {
    auto source = FileSource::open(files_, directory_ / name, &taking.pace);
    if (!source) return tl::unexpected(source.error());
    const auto header = ledger::check_snapshot(*source);
    if (!header) return tl::unexpected(header.error());
    if (!(header->stand == stand)) return base::failure(name, "is not what was written");
    return source->check_rest();
}

base::Result<std::vector<std::string>> Shelf::prune(std::size_t keep) const {
    const auto items = list();
    if (!items) return tl::unexpected(items.error());
    std::vector<std::string> removed;
    for (std::size_t i = keep; i < items->size(); ++i) {
        const std::string& name = (*items)[i].name;
        if (const auto error = files_.remove(directory_ / name)) {
            return refuse(directory_ / name, "can not be removed", error);
        }
        removed.push_back(name);
    }
    return removed;
}

base::Result<Shelf::Taken> Shelf::take(const ledger::Ledger& ledger,
                                       const ledger::SnapshotStand& stand,
                                       const Taking& taking) const {
    ASSERT(taking.keep >= 1);
    const base::BatchNumber batch(stand.batch);
    if (const auto error = files_.make_directory(directory_)) {
        return refuse(directory_, "can not be made", error);
    }
    const auto lock = files_.lock_directory(directory_);
    if (!lock) return refuse(directory_, "another process takes a snapshot here", lock.error());
    if (auto done = prepare(); !done) return tl::unexpected(done.error());

    const std::uint64_t needed = ledger::snapshot_bytes(ledger::header_of(ledger, stand));
    const auto free = files_.free_bytes(directory_);
    if (!free) return refuse(directory_, "has no known room", free.error());
    if (*free < needed + taking.leave_free_bytes) {
        return base::failure(directory_.string(),
                             fmt::format("has room for {} bytes; a snapshot needs {}, and {} are "
                                         "to be left for the journal",
                                         *free, needed, taking.leave_free_bytes));
    }
    const std::string unfinished = unfinished_name_of(batch);
    const auto give_up = [&](const base::Error& error) -> base::Result<Taken> {
        static_cast<void>(files_.remove(directory_ / unfinished));
        return tl::unexpected(error);
    };
    const auto written = write(unfinished, ledger, stand, taking);
    if (!written) return give_up(written.error());
    if (auto done = read_back(unfinished, stand, taking); !done) return give_up(done.error());
    const Item item{name_of(batch), batch};
    if (const auto error = files_.rename(directory_ / unfinished, directory_ / item.name)) {
        return give_up({item.name, "can not be named: " + error.message()});
    }
    if (const auto error = files_.sync_directory(directory_)) {
        return refuse(directory_, "can not be synced", error);
    }
    auto removed = prune(taking.keep);
    if (!removed) return tl::unexpected(removed.error());
    return Taken{.item = item, .bytes = *written, .removed = std::move(*removed)};
}

}  // namespace ayni::snapshot
