#include "snapshot/restore.h"

#include <utility>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::snapshot {
namespace {

using ledger::SnapshotHeader;

journal::FileJournal::Start start_of(const SnapshotHeader& header) {
    return {.number = base::BatchNumber(header.stand.batch),
            .hash = header.stand.batch_hash,
            .segment = static_cast<std::uint32_t>(header.stand.segment),
            .offset = header.stand.offset};
}

base::Result<void> check_journal(const SnapshotHeader& header,
                                 const std::filesystem::path& journal_directory) {
    const auto genesis = journal::FileJournal::genesis_in(journal_directory);
    if (!genesis) return tl::unexpected(genesis.error());
    if (!*genesis || (*genesis)->hash != header.stand.journal) {
        return base::failure("journal", "is another one than the snapshot's");
    }
    return journal::FileJournal::check_start(journal_directory, start_of(header));
}

class Attempt {
public:
    Attempt(const Shelf& shelf, const ledger::Options& options, const Condition& is_of_journal,
            const Condition& is_usable)
        : shelf_(shelf), options_(options), is_of_journal_(is_of_journal), is_usable_(is_usable) {}

    /// Nothing when `item` is now in `restored`.
    [[nodiscard]] std::optional<Rejection> operator()(const Shelf::Item& item,
                                                      Restored& restored) const {
        const auto reject = [&](Reason reason, const base::Error& error) {
            return Rejection{.name = item.name, .reason = reason, .why = error.to_string()};
        };
        const auto reason_of = [](const base::Error& error) {
            return error.field == ledger::other_build_field ? Reason::unfit : Reason::damaged;
        };
        const auto header = shelf_.header(item);
        if (!header) return reject(reason_of(header.error()), header.error());
        if (const auto done = is_of_journal_(*header); !done) {
            return reject(Reason::foreign, done.error());
        }
        if (const auto done = ledger::check_room(header->limits, options_); !done) {
            return reject(Reason::unfit, done.error());
        }
        if (is_usable_) {
            if (const auto done = is_usable_(*header); !done) {
                return reject(Reason::unfit, done.error());
            }
        }
        auto ledger = std::make_unique<ledger::Ledger>(options_);
        const auto loaded = shelf_.load(item, *ledger);
        if (!loaded) return reject(reason_of(loaded.error()), loaded.error());
        restored.ledger = std::move(ledger);
        restored.snapshot = *loaded;
        restored.name = item.name;
        return std::nullopt;
    }

private:
    const Shelf& shelf_;
    const ledger::Options& options_;
    const Condition& is_of_journal_;
    const Condition& is_usable_;
};

}  // namespace

std::string_view to_string(Reason reason) {
    switch (reason) {
        case Reason::damaged: return "damaged";
        case Reason::foreign: return "foreign";
        case Reason::unfit: return "unfit";
    }
    UNREACHABLE("reason");
}

std::optional<journal::FileJournal::Start> Restored::start() const {
    if (!snapshot) return std::nullopt;
    return start_of(*snapshot);
}

Restored restore(const Shelf& shelf, const ledger::Options& options, const Condition& is_of_journal,
                 const Condition& is_usable) {
    Restored restored;
    const Attempt attempt(shelf, options, is_of_journal, is_usable);
    const auto items = shelf.list();
    if (!items) {
        restored.rejections.push_back({.name = shelf.directory().string(),
                                       .reason = Reason::damaged,
                                       .why = items.error().to_string()});
    } else {
        for (const Shelf::Item& item : *items) {
            auto rejection = attempt(item, restored);
            if (!rejection) return restored;
            MARK("snapshot.fell_back_to_an_older_one");
            restored.rejections.push_back(std::move(*rejection));
        }
    }
    restored.ledger = std::make_unique<ledger::Ledger>(options);
    return restored;
}

Restored restore(const Shelf& shelf, const ledger::Options& options,
                 const std::filesystem::path& journal_directory, const Condition& is_usable) {
    const Condition is_of_journal = [&](const SnapshotHeader& header) {
        return check_journal(header, journal_directory);
    };
    return restore(shelf, options, is_of_journal, is_usable);
}

ledger::SnapshotStand stand_at_tail(const journal::FileJournal& journal) {
    const auto tail = journal.tail_start();
    return {.journal = journal.genesis().hash,
            .batch_hash = tail.hash,
            .batch = tail.number.value(),
            .segment = tail.segment,
            .offset = tail.offset};
}

}  // namespace ayni::snapshot
