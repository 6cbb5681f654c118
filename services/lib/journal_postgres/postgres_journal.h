#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "journal_postgres/batch_rows.h"
#include "journal_postgres/remote.h"

/// The replicated journal: rows of one PostgreSQL table, appended by compare and append, and a copy
/// of them in a file journal on this machine (DESIGN §6).
namespace ayni::journal_postgres {

/// Batch 0 of the journal that `database` holds, with its payload; one is written when there is
/// none yet. The schema must be that of this build.
[[nodiscard]] base::Result<EncodedBatch> open_genesis(const std::string& database,
                                                      const base::Clock& clock,
                                                      base::Random& random);

/// An error when `database` and the copy on this machine, which is to be begun when `is_copy_new`,
/// can not be what a crash left. A new copy would take the database's word for what was
/// acknowledged: one that was restored from a backup looks just like one that lost nothing. So
/// either somebody leads, who saw to it that nothing is missing, or an operator decides. And a
/// database that holds nothing is no new journal when there is a copy of one.
[[nodiscard]] base::Result<void> check_copy(const std::string& database, bool is_copy_new);

/// The batches that are durable in the database, each of which stands in the copy before anybody
/// but those who follow hears of it: `tail` and what readers see are the copy's. Several processes
/// may follow; one appends.
///
/// A database that loses acknowledged batches (a standby that lacked them was promoted) is found
/// out by the next append, since batches chain, and gets them back from the copy before anything
/// else. When they can not be given back the append is lost_leadership.
class PostgresJournal final : public journal::Journal {
public:
    /// `copy` must have been begun with the genesis of `options.database`, and outlive the journal.
    PostgresJournal(const Remote::Options& options, const base::Clock& clock,
                    journal::FileJournal& copy);

    [[nodiscard]] journal::AppendOutcome append(const journal::Batch& batch) override;
    [[nodiscard]] const journal::BatchHeader& tail() const override { return copy_.tail(); }

    /// First what the copy holds, then what the database holds beyond it as far as it answers,
    /// which is added to the copy: a follower calls it again and again. An error when the database
    /// holds another batch than the copy. Batches that only the copy holds are no error: whoever
    /// leads next puts them back.
    [[nodiscard]] base::Result<void> replay(
        base::BatchNumber from,
        const std::function<void(const journal::Batch&)>& visit) const override;

    [[nodiscard]] std::uint64_t bytes_free() const override { return copy_.bytes_free(); }

    /// Who is told of each batch once it is durable, before it is in the copy and `append` says so;
    /// again when the copy had no room. The call may wait for them. Before the first append.
    using Tell = std::function<void(const journal::BatchHeader&)>;
    void tell_followers_by(Tell tell) { tell_ = std::move(tell); }

    /// See Remote.
    [[nodiscard]] Claim claim(const std::optional<Heard>& heard = {}) {
        return remote_.claim(heard);
    }
    void announce(base::Epoch epoch, const std::string& address) {
        remote_.announce(epoch, address);
    }

    /// Where the leader said that it is reached, as of the last replay; empty when it did not say.
    [[nodiscard]] const std::string& leader() const { return leader_; }

    [[nodiscard]] const Statistics& statistics() const { return statistics_; }

private:
    [[nodiscard]] base::Result<void> add_to_copy(
        const EncodedBatch& row, const std::function<void(const journal::Batch&)>& visit) const;

    journal::FileJournal& copy_;
    Tell tell_;
    Statistics statistics_;
    // A replay learns what others appended.
    mutable std::string leader_;
    mutable Remote remote_;
};

}  // namespace ayni::journal_postgres
