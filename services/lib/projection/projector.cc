#include "projection/projector.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::projection {
namespace {

using base::Result;

std::string name_of(const journal::BatchHeader& header) {
    return fmt::format("batch {}", header.number.value());
}

}  // namespace

tl::unexpected<base::Error> refuse_another_batch(base::BatchNumber batch) {
    MARK("projection.books_of_another_journal");
    return base::failure(
        "books", fmt::format("belong to another journal: they were written from another batch {}; "
                             "build them again with `projectord --rebuild`",
                             batch.value()));
}

Projector::Projector(Replica replica, const journal::Hash& journal, std::optional<Cursor> books,
                     const Options& options)
    : ledger_(std::move(replica.ledger)),
      recorder_(*ledger_),
      journal_(journal),
      books_(std::move(books)),
      options_(options),
      last_(replica.stand),
      chunk_(std::make_unique<Chunk>()) {
    has_reached_books_ = !books_;
    chunk_->from = books_;
    if (!last_) return;
    ASSERT(books_.has_value());
    ASSERT(last_->batch <= books_->batch);
    remember_digest(last_->batch);
    if (last_->batch != books_->batch) return;
    has_reached_books_ = last_->hash == books_->batch_hash;
}

Result<void> Projector::check() const {
    if (!books_) return {};
    if (books_->journal != journal_) {
        return base::failure("books", "belong to another journal: their genesis is not this one's");
    }
    if (last_ && last_->batch == books_->batch && last_->hash != books_->batch_hash) {
        return refuse_another_batch(last_->batch);
    }
    return {};
}

std::optional<base::BatchNumber> Projector::last_taken() const {
    if (!last_) return std::nullopt;
    return last_->batch;
}

Result<void> Projector::take(const journal::Batch& batch) {
    if (auto good = check(); !good) return good;
    const journal::BatchHeader& header = batch.header;
    if (auto good = check_order(header); !good) return good;
    if (auto good = check_digest(header); !good) return good;
    if (auto good = check_room(batch); !good) return good;
    const bool is_new = !books_ || header.number > books_->batch;
    if (auto good = recorder_.record(batch, is_new ? chunk_.get() : nullptr); !good) return good;
    last_ = Replica::Stand{.batch = header.number, .hash = header.hash};
    remember_digest(header.number);
    if (!is_new) return reach_books(header);
    is_empty_ = false;
    chunk_->to = {.journal = journal_,
                  .batch = header.number,
                  .batch_hash = header.hash,
                  .last_sequence = ledger_->last_sequence(),
                  .time = header.timestamp};
    return {};
}

Result<void> Projector::check_order(const journal::BatchHeader& header) const {
    const base::BatchNumber expected = last_ ? last_->batch.next() : base::BatchNumber(0);
    if (header.number == expected) return {};
    return base::failure(name_of(header),
                         fmt::format("comes where batch {} must be", expected.value()));
}

Result<void> Projector::check_digest(const journal::BatchHeader& header) const {
    if (header.command_count == 0) return {};
    const Known& known = digests_[header.digest_batch.value() % digests_.size()];
    if (known.batch != header.digest_batch || known.digest == header.digest) return {};
    return base::failure(
        name_of(header),
        fmt::format("says that the digest after batch {} is {:016x}{:016x}, and replay gives "
                    "{:016x}{:016x} (I7): this build does not understand the journal",
                    header.digest_batch.value(), header.digest.high, header.digest.low,
                    known.digest.high, known.digest.low));
}

Result<void> Projector::check_room(const journal::Batch& batch) {
    // What is no command is found, and said, when it is applied.
    static_cast<void>(ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
        if (command.kind() != ledger::CommandKind::started) return;
        const ledger::Limits* limits = command.limits();
        if (limits == nullptr || ledger::check_room(*limits, ledger_->options())) return;
        needs_ = *limits;
    }));
    if (!needs_) return {};
    MARK("projection.ledger_needs_more_room");
    return base::failure(name_of(batch.header), "brings limits for which there is no room yet");
}

Result<void> Projector::reach_books(const journal::BatchHeader& header) {
    if (header.number != books_->batch) return {};
    if (header.hash != books_->batch_hash) {
        return refuse_another_batch(header.number);
    }
    has_reached_books_ = true;
    return {};
}

void Projector::remember_digest(base::BatchNumber batch) {
    digests_[batch.value() % digests_.size()] = {.batch = batch, .digest = ledger_->digest()};
}

bool Projector::is_full() const { return chunk_->rows() >= options_.rows_per_transaction; }

void Projector::seal() {
    ASSERT(!is_empty_);
    ASSERT(sealed_ == nullptr);
    chunk_->seal(*ledger_);
    sealed_ = std::move(chunk_);
    chunk_ = std::make_unique<Chunk>();
    chunk_->from = sealed_->to;
    is_empty_ = true;
}

bool Projector::resume_at(const std::optional<Cursor>& books) {
    const auto is_there = [&](const std::optional<Cursor>& place) {
        return place.has_value() == books.has_value() && (!place || place->is_at(*books));
    };
    if (is_there(books_)) return true;
    if (sealed_ == nullptr || !is_there(sealed_->to)) return false;
    MARK("projection.answer_of_a_commit_was_lost");
    written();
    return true;
}

void Projector::written() {
    ASSERT(sealed_ != nullptr);
    books_ = sealed_->to;
    sealed_.reset();
}

}  // namespace ayni::projection
