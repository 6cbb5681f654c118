#include "projectord/source.h"

#include <fmt/format.h>

#include "journal/file_tail.h"
#include "snapshot/restore.h"
#include "snapshot/shelf.h"
#include "telemetry/log.h"

namespace ayni::projectord {
namespace {

using base::Result;

class FileSource final : public projection::BatchSource {
public:
    explicit FileSource(journal::FileTail tail) : tail_(std::move(tail)) {}

    [[nodiscard]] const journal::Hash& journal() const override { return tail_.genesis(); }
    [[nodiscard]] Result<void> read(
        const std::function<bool(const journal::Batch&)>& visit) override {
        return tail_.read(visit);
    }
    [[nodiscard]] Result<journal::BatchHeader> newest() override { return tail_.newest(); }

private:
    journal::FileTail tail_;
};

void log_snapshot(const snapshot::Restored& restored) {
    for (const auto& rejection : restored.rejections) {
        if (rejection.reason == snapshot::Reason::unfit) continue;  // past the books, most likely
        telemetry::log(telemetry::Severity::warning, "snapshot_rejected",
                       {{"name", rejection.name},
                        {"reason", std::string(to_string(rejection.reason))},
                        {"why", rejection.why}});
    }
    if (!restored.snapshot) return;
    telemetry::log(
        telemetry::Severity::info, "snapshot_loaded",
        {{"name", restored.name}, {"batch", fmt::format("{}", restored.snapshot->stand.batch)}});
}

/// A new ledger where no snapshot will do.
snapshot::Restored restore(const config::ProjectorConfig& config, base::BatchNumber books,
                           ledger::Options& room) {
    const snapshot::Shelf shelf(snapshot::directory_of(config.journal.directory));
    if (const auto items = shelf.list()) {
        for (const auto& item : *items) {
            if (const auto header = shelf.header(item)) ledger::make_room(room, header->limits);
        }
    }
    auto restored = snapshot::restore(
        shelf, room, config.journal.directory,
        [&](const ledger::SnapshotHeader& header) -> Result<void> {
            if (header.stand.batch <= books.value()) return {};
            return base::failure("books", "have not come to where the snapshot stands");
        });
    log_snapshot(restored);
    return restored;
}

}  // namespace

Result<Opened> open_source(const config::ProjectorConfig& config,
                           const std::optional<projection::Cursor>& books, ledger::Options& room) {
    Opened opened;
    std::optional<journal::FileJournal::Start> start;
    if (books) {
        auto restored = restore(config, books->batch, room);
        start = restored.start();
        opened.replica.ledger = std::move(restored.ledger);
        if (start) opened.replica.stand = {.batch = start->number, .hash = start->hash};
    } else {
        opened.replica.ledger = std::make_unique<ledger::Ledger>(room);
    }
    auto tail = journal::FileTail::open(config.journal.directory, start);
    if (!tail) return tl::unexpected(tail.error());
    opened.source = std::make_unique<FileSource>(std::move(*tail));
    return opened;
}

Result<std::unique_ptr<projection::BatchSource>> open_watch(const config::ProjectorConfig& config) {
    auto tail = journal::FileTail::open(config.journal.directory);
    if (!tail) return tl::unexpected(tail.error());
    return std::make_unique<FileSource>(std::move(*tail));
}

}  // namespace ayni::projectord
