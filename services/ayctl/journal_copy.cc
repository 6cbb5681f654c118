#include "ayctl/journal_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/clock.h"
#include "base/random.h"
#include "database/attempt.h"
#include "database/migrations.h"
#include "journal/file.h"
#include "journal/scanner.h"
#include "journal_postgres/put_back.h"
#include "journal_postgres/session.h"

namespace ayni::ayctl {
namespace {

using base::BatchNumber;
using base::Result;
using journal::FileJournal;
using journal_postgres::EncodedBatch;
using journal_postgres::Extent;
using journal_postgres::Session;
using std::filesystem::path;

/// A directory that is being filled: opened only once it is known to be what may be added to.
class Target {
public:
    Target(const path& directory, const CopyOptions& options)
        : directory_(directory), options_(options) {}

    /// Before anything is written: a journal, or nothing at all, and where that ends.
    Result<std::optional<journal::BatchHeader>> look() const {
        const auto genesis = FileJournal::genesis_in(directory_);
        if (!genesis) return tl::unexpected(genesis.error());
        if (*genesis) {
            const auto journal = FileJournal::open_to_read(directory_);
            if (!journal) return tl::unexpected(journal.error());
            return (*journal)->tail();
        }
        std::error_code error;
        const bool is_there = std::filesystem::exists(directory_, error);
        if (!error && (!is_there || std::filesystem::is_empty(directory_, error)) && !error) {
            return std::nullopt;
        }
        return refuse(error ? error.message() : "is not empty, and holds no journal");
    }

    Result<void> check_genesis(const journal::BatchHeader& expected) const {
        const auto genesis = FileJournal::genesis_in(directory_);
        if (!genesis) return tl::unexpected(genesis.error());
        if (!*genesis || (*genesis)->hash == expected.hash) return {};
        return refuse("holds another journal: its batch 0 differs");
    }

    /// As it was looked at: only who has the lock knows that nobody writes.
    Result<void> open(const journal::Batch& genesis,
                      const std::optional<journal::BatchHeader>& seen) {
        base::SystemClock clock;
        base::SystemRandom random;
        auto journal = FileJournal::open({.directory = directory_,
                                          .segment_bytes = options_.segment_bytes,
                                          .sync = false,  // once, at the end
                                          .in_background = false,
                                          .genesis = genesis},
                                         clock, random);
        if (!journal) return tl::unexpected(journal.error());
        journal_ = std::move(*journal);
        const bool is_as_seen =
            seen ? journal_->tail().hash == seen->hash : journal_->tail().number.is_zero();
        if (!is_as_seen) return refuse("was written to meanwhile");
        return {};
    }

    Result<void> add(const journal::Batch& batch) {
        if (journal_->append(batch) == journal::AppendOutcome::appended) return {};
        return refuse(fmt::format("has no room for batch {}", batch.header.number.value()));
    }

    Result<void> make_durable() {
        journal::FileSystem& files = journal::system_file_system();
        const auto segments = journal::list_segments(files, directory_);
        if (!segments) return tl::unexpected(segments.error());
        for (const std::uint32_t segment : *segments) {
            const auto file =
                files.open(directory_ / journal::segment_name(segment), journal::Access::read);
            const std::error_code error = file ? (*file)->sync() : file.error();
            if (error) {
                return refuse(fmt::format("{} can not be synced: {}",
                                          journal::segment_name(segment), error.message()));
            }
        }
        if (const auto error = files.sync_directory(directory_)) return refuse(error.message());
        return {};
    }

    [[nodiscard]] tl::unexpected<base::Error> refuse(std::string why) const {
        return base::failure(directory_.string(), std::move(why));
    }

private:
    const path directory_;
    const CopyOptions& options_;
    std::unique_ptr<FileJournal> journal_;
};

bool is_wanted(const journal::BatchHeader& header, const CopyOptions& options) {
    if (options.last_batch && header.number > *options.last_batch) return false;
    return !options.last_sequence || header.command_count == 0 ||
           header.first_sequence <= *options.last_sequence;
}

/// Goes through those that are there already; gives the first that is not, or null.
Result<const EncodedBatch*> pass_over(const NextBatch& source, const EncodedBatch* batch,
                                      const journal::BatchHeader& tail, const Target& target) {
    while (batch != nullptr && batch->header.number < tail.number) {
        const auto next = source();
        if (!next) return next;
        batch = *next;
    }
    if (batch == nullptr) {
        return target.refuse(fmt::format("goes on to batch {}, and the journal to copy ends before",
                                         tail.number.value()));
    }
    if (batch->header.hash != tail.hash) {
        return target.refuse(
            fmt::format("ends with another batch {} than the journal to copy has; "
                        "`ayctl journal compare` names the first that differs",
                        tail.number.value()));
    }
    return source();
}

base::Error moved_meanwhile() {
    return {"journal.database", "was written to meanwhile, and nothing was changed: run it again"};
}

Result<void> check_database(Session& session, const ReadJournal& source) {
    pqxx::connection& connection = session.connection();
    if (auto checked = database::check_schema(connection); !checked) return checked;
    const auto own = journal_postgres::head_of_row(connection, BatchNumber(0));
    if (own && own->hash != source.genesis().hash) {
        return base::failure("journal.database", "holds another journal: its batch 0 differs");
    }
    return {};
}

/// Nobody begins to lead from here on, for as long as the session lives.
Result<void> keep_others_from_leading(Session& session) {
    if (session.try_to_lock()) return {};
    return base::failure(
        "journal.database",
        fmt::format("a switch leads: {}. It puts back what it has itself; stop it to put back what "
                    "another copy has",
                    session.lock_holder().value_or("it ended just now")));
}

/// The last row is what is appended to: that it is what its columns say.
Result<void> check_last_row(Session& session, BatchNumber last) {
    const auto read = journal_postgres::read_rows(session.connection(), last, 1,
                                                  [](const journal::Batch&) { return true; });
    if (!read) return tl::unexpected(read.error());
    return {};
}

Result<Copied> copy_through(Session& session, const ReadJournal& source, bool is_dry_run) {
    if (const auto good = check_database(session, source); !good) {
        return tl::unexpected(good.error());
    }
    if (const auto alone = keep_others_from_leading(session); !alone) {
        return tl::unexpected(alone.error());
    }
    const journal::Journal& journal = source.journal();
    const BatchNumber last = journal.tail().number;
    const auto held = journal_postgres::held_of(session.connection(), journal, last);
    if (!held) return tl::unexpected(held.error());
    Copied copied{.found = held->last, .last = std::max(held->last, last)};
    switch (held->extent) {
        case Extent::whole: return copied;
        case Extent::other:
            return base::failure(
                "journal.database",
                fmt::format("holds another batch {} than the copy: two histories, and nothing was "
                            "changed; `ayctl journal compare` names the first that differs",
                            std::min(held->last, last).value()));
        case Extent::nothing:
            copied.found.reset();
            copied.added = last.value() + 1;
            break;
        case Extent::beginning: copied.added = last.value() - held->last.value(); break;
    }
    if (copied.found) {
        if (const auto good = check_last_row(session, held->last); !good) {
            return tl::unexpected(good.error());
        }
    }
    if (is_dry_run) return copied;
    const auto added = journal_postgres::put_back(session.connection(), journal, *held, last);
    if (!added) return tl::unexpected(added.error());
    if (!*added) return tl::unexpected(moved_meanwhile());
    if (**added != copied.added) {
        return base::failure(
            "journal.database",
            fmt::format("{} batches were put back, and {} were missing", **added, copied.added));
    }
    if (!session.commit_barrier()) {
        return base::failure("journal.database",
                             "has the batches, and no standby confirmed them: run it again");
    }
    return copied;
}

}  // namespace

Result<Copied> copy_to_directory(const NextBatch& source, const path& directory,
                                 const CopyOptions& options) {
    Target target(directory, options);
    const auto tail = target.look();
    if (!tail) return tl::unexpected(tail.error());
    const auto genesis = source();
    if (!genesis) return tl::unexpected(genesis.error());
    ASSERT(*genesis != nullptr);
    const EncodedBatch first = **genesis;
    if (const auto same = target.check_genesis(first.header); !same) {
        return tl::unexpected(same.error());
    }
    auto batch = *tail ? pass_over(source, &first, **tail, target) : source();
    if (!batch) return tl::unexpected(batch.error());
    if (!options.is_dry_run) {
        if (const auto opened = target.open(first.batch(), *tail); !opened) {
            return tl::unexpected(opened.error());
        }
    }
    Copied copied{.added = *tail ? 0U : 1U};
    if (*tail) copied.found = copied.last = (*tail)->number;
    while (*batch != nullptr && is_wanted((*batch)->header, options)) {
        if (!options.is_dry_run) {
            if (const auto added = target.add((*batch)->batch()); !added) {
                return tl::unexpected(added.error());
            }
        }
        copied.last = (*batch)->header.number;
        ++copied.added;
        batch = source();
        if (!batch) return tl::unexpected(batch.error());
    }
    if (options.is_dry_run) return copied;
    if (const auto durable = target.make_durable(); !durable) {
        return tl::unexpected(durable.error());
    }
    return copied;
}

Result<Copied> copy_to_database(const ReadJournal& source, const std::string& database,
                                bool is_dry_run) {
    auto session = Session::open(database, "ayctl-restore");
    if (!session) return tl::unexpected(session.error());
    return database::attempt("journal.database",
                             [&] { return copy_through(**session, source, is_dry_run); });
}

}  // namespace ayni::ayctl
