#pragma once

#include <array>
#include <memory>
#include <optional>

#include "projection/batch_source.h"
#include "projection/chunk.h"
#include "projection/recorder.h"

namespace ayni::projection {

/// The error of books that were written from another batch of that number.
[[nodiscard]] tl::unexpected<base::Error> refuse_another_batch(base::BatchNumber batch);

/// Turns batches into chunks: a function of the journal, with a ledger of its own that decides
/// every outcome again. Whatever way it was brought to a batch, what it makes from there on is the
/// same (I9). Knows no database. One thread.
///
///     take(batch) … until is_full() or no more   →   seal()   →   write   →   written()
///
/// While a sealed chunk is written, by whatever thread, the next one is gathered.
class Projector {
public:
    struct Options {
        /// Rows from which on a chunk is full. A batch is never divided.
        std::size_t rows_per_transaction = 100'000;
    };

    /// A ledger and the batch behind which it stands; nothing: it is new.
    struct Replica {
        std::unique_ptr<ledger::Ledger> ledger;
        struct Stand {
            base::BatchNumber batch;
            journal::Hash hash{};
        };
        std::optional<Stand> stand = {};
    };

    /// `books`: where they are; nothing when they are empty. The replica must not be past them
    /// (asserted); what lies between is replayed and not written.
    Projector(Replica replica, const journal::Hash& journal, std::optional<Cursor> books,
              const Options& options);

    /// Says why the books are not those of the journal, as far as that can be told before a batch
    /// is taken.
    [[nodiscard]] base::Result<void> check() const;

    /// Takes the next batch of the journal. An error means that it can not go on: the books belong
    /// to another journal, or the journal does not say what its own ledger does, or the ledger
    /// needs more room than it has (`needs`).
    [[nodiscard]] base::Result<void> take(const journal::Batch& batch);

    /// Whether the replica has come to where the books are. When the journal ends before, it is
    /// not theirs, or has lost its end.
    [[nodiscard]] bool has_reached_books() const { return has_reached_books_; }
    /// The last batch that was taken, or behind which the replica stood; nothing at first.
    [[nodiscard]] std::optional<base::BatchNumber> last_taken() const;

    /// Limits for which the ledger has no room; set when `take` failed for that.
    [[nodiscard]] const std::optional<ledger::Limits>& needs() const { return needs_; }

    /// Of the chunk that is being gathered.
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] bool is_empty() const { return is_empty_; }

    /// Ends the chunk that is being gathered, and begins the next one. It must not be empty, and
    /// the one before must be `written` (asserted).
    void seal();
    /// The chunk to be written, which nothing changes any more; null when there is none.
    [[nodiscard]] const Chunk* sealed() const { return sealed_.get(); }
    /// What was sealed is in the books.
    void written();

    /// Whether it can go on with books that were found at `books`, after a failure: where it left
    /// them, or behind the sealed chunk, whose commit succeeded though its answer was lost.
    /// Otherwise somebody else moved them, and another projector has to begin there.
    [[nodiscard]] bool resume_at(const std::optional<Cursor>& books);

    /// Where the books are by what was written.
    [[nodiscard]] const std::optional<Cursor>& books() const { return books_; }
    [[nodiscard]] const ledger::Ledger& ledger() const { return *ledger_; }

private:
    [[nodiscard]] base::Result<void> check_order(const journal::BatchHeader& header) const;
    [[nodiscard]] base::Result<void> check_digest(const journal::BatchHeader& header) const;
    [[nodiscard]] base::Result<void> check_room(const journal::Batch& batch);
    [[nodiscard]] base::Result<void> reach_books(const journal::BatchHeader& header);
    void remember_digest(base::BatchNumber batch);

    std::unique_ptr<ledger::Ledger> ledger_;
    Recorder recorder_;
    const journal::Hash journal_;
    std::optional<Cursor> books_;
    const Options options_;
    std::optional<Replica::Stand> last_;
    std::optional<ledger::Limits> needs_;
    bool has_reached_books_ = false;
    bool is_empty_ = true;
    std::unique_ptr<Chunk> chunk_;   ///< Being gathered.
    std::unique_ptr<Chunk> sealed_;  ///< Before it; null: it is written.

    /// A header speaks of the digest of a batch shortly before it.
    struct Known {
        base::BatchNumber batch{~std::uint64_t{0}};
        ledger::Digest digest;
    };
    std::array<Known, 16> digests_{};
};

}  // namespace ayni::projection
