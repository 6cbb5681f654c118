#include "projectord/source.h"

#include <fmt/format.h>

#include "journal/file_tail.h"
#include "journal_postgres/row_tail.h"
#include "snapshot/restore.h"
#include "snapshot/shelf.h"
#include "telemetry/log.h"

namespace ayni::projectord {
namespace {

using base::Result;
using projection::Cursor;
using Replica = projection::Projector::Replica;
using Visit = std::function<bool(const journal::Batch&)>;

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

void make_room_for(const snapshot::Shelf& shelf, ledger::Options& room) {
    const auto items = shelf.list();
    if (!items) return;
    for (const auto& item : *items) {
        if (const auto header = shelf.header(item)) ledger::make_room(room, header->limits);
    }
}

snapshot::Condition not_past(base::BatchNumber books) {
    return [books](const ledger::SnapshotHeader& header) -> Result<void> {
        if (header.stand.batch <= books.value()) return {};
        return base::failure("books", "have not come to where the snapshot stands");
    };
}

Replica replica_of(snapshot::Restored restored) {
    log_snapshot(restored);
    Replica replica{.ledger = std::move(restored.ledger)};
    if (restored.snapshot) {
        replica.stand = {.batch = restored.stands_after(),
                         .hash = restored.snapshot->stand.batch_hash};
    }
    return replica;
}

class FileSource final : public Source {
public:
    explicit FileSource(std::filesystem::path directory) : directory_(std::move(directory)) {}

    [[nodiscard]] Result<Replica> open(const std::optional<Cursor>& books,
                                       ledger::Options& room) override {
        std::optional<journal::FileJournal::Start> start;
        Replica replica;
        if (books) {
            const snapshot::Shelf shelf(snapshot::directory_of(directory_));
            make_room_for(shelf, room);
            auto restored = snapshot::restore(shelf, room, directory_, not_past(books->batch));
            start = restored.start();
            replica = replica_of(std::move(restored));
        } else {
            replica.ledger = std::make_unique<ledger::Ledger>(room);
        }
        if (const auto opened = open_tail(start); !opened) return tl::unexpected(opened.error());
        return replica;
    }
    [[nodiscard]] bool is_away() const override { return false; }

    [[nodiscard]] const journal::Hash& journal() const override { return tail_->genesis(); }
    [[nodiscard]] Result<void> read(const Visit& visit) override { return tail_->read(visit); }
    [[nodiscard]] Result<journal::BatchHeader> newest() override {
        if (!tail_) {
            if (const auto opened = open_tail({}); !opened) return tl::unexpected(opened.error());
        }
        return tail_->newest();
    }

private:
    Result<void> open_tail(const std::optional<journal::FileJournal::Start>& start) {
        auto tail = journal::FileTail::open(directory_, start);
        if (!tail) return tl::unexpected(tail.error());
        tail_ = std::move(*tail);
        return {};
    }

    const std::filesystem::path directory_;
    std::optional<journal::FileTail> tail_;
};

class PostgresSource final : public Source {
public:
    explicit PostgresSource(const config::ProjectorConfig::Journal& config)
        : config_(config), tail_(options_of(config)) {}

    [[nodiscard]] Result<Replica> open(const std::optional<Cursor>& books,
                                       ledger::Options& room) override {
        tail_ = journal_postgres::RowTail(options_of(config_));
        const auto genesis = tail_.genesis();
        if (!genesis) return tl::unexpected(genesis.error());
        genesis_ = *genesis;
        // A journal that is another one is refused by whoever compares their names.
        if (!books || books->journal != genesis_) {
            return Replica{.ledger = std::make_unique<ledger::Ledger>(room)};
        }
        if (const auto good = check_books(*books); !good) return tl::unexpected(good.error());
        return go_to_snapshot(books->batch, room);
    }
    [[nodiscard]] bool is_away() const override { return tail_.is_away(); }

    [[nodiscard]] const journal::Hash& journal() const override { return genesis_; }
    [[nodiscard]] Result<void> read(const Visit& visit) override { return tail_.read(visit); }
    [[nodiscard]] Result<journal::BatchHeader> newest() override { return tail_.newest(); }

private:
    using Place = journal_postgres::RowTail::Place;

    static journal_postgres::RowTail::Options options_of(
        const config::ProjectorConfig::Journal& config) {
        return {.database = config.database, .name = "ayni-projection"};
    }

    /// Before a replay of perhaps everything, not behind it.
    Result<void> check_books(const Cursor& books) {
        const auto place = tail_.look_at(books.batch, books.batch_hash);
        if (!place) return tl::unexpected(place.error());
        if (*place == Place::missing) {
            return base::failure("books",
                                 fmt::format("are at batch {}, which is not in the journal: "
                                             "the database went back in time",
                                             books.batch.value()));
        }
        if (*place == Place::another) return projection::refuse_another_batch(books.batch);
        return {};
    }

    Result<Replica> go_to_snapshot(base::BatchNumber books, ledger::Options& room) {
        const snapshot::Shelf shelf(snapshot::directory_of(config_.directory));
        make_room_for(shelf, room);
        const snapshot::Condition is_of_journal =
            [this](const ledger::SnapshotHeader& header) -> Result<void> {
            const auto& stand = header.stand;
            const auto place = tail_.look_at(base::BatchNumber(stand.batch), stand.batch_hash);
            if (!place) return tl::unexpected(place.error());
            if (stand.journal == genesis_ && *place == Place::same) return {};
            return base::failure("journal",
                                 "does not hold the batch that the snapshot stands behind");
        };
        Replica replica =
            replica_of(snapshot::restore(shelf, room, is_of_journal, not_past(books)));
        if (!replica.stand) return replica;
        const auto gone = tail_.go_behind(replica.stand->batch, replica.stand->hash);
        if (!gone) return tl::unexpected(gone.error());
        return replica;
    }

    const config::ProjectorConfig::Journal config_;
    journal_postgres::RowTail tail_;
    journal::Hash genesis_{};
};

}  // namespace

std::unique_ptr<Source> make_source(const config::ProjectorConfig& config) {
    if (config.journal.database.empty()) {
        return std::make_unique<FileSource>(config.journal.directory);
    }
    return std::make_unique<PostgresSource>(config.journal);
}

}  // namespace ayni::projectord
