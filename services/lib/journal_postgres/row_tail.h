#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "journal/batch.h"

namespace ayni::journal_postgres {

/// Follows the journal in a database beside whoever appends to it: reads it forwards and goes on
/// where it ended, however often it is asked. Where nothing is new, a look finds two rows by their
/// key. Keeps no copy, locks and writes nothing. One thread.
///
/// What it gives is durable as the operator configured: it asks the primary only, which shows a row
/// when the standby has confirmed it. A server that was started again shows the others, too, so
/// each session begins with a commit that waits behind them.
class RowTail {
public:
    struct Options {
        std::string database;  ///< A libpq connection string.
        std::string name;      ///< In the database's list of sessions.
        /// A session whose first commit is not confirmed in this time is given up.
        std::chrono::milliseconds confirmed_within = std::chrono::seconds(5);
    };

    /// Connects when it is first asked something.
    explicit RowTail(Options options);
    ~RowTail();
    RowTail(RowTail&&) noexcept;
    RowTail& operator=(RowTail&&) noexcept;

    /// Hash of batch 0. An error when there is no journal.
    [[nodiscard]] base::Result<journal::Hash> genesis();

    /// What stands in the place of a batch that was seen before.
    enum class Place : std::uint8_t { same, missing, another };
    [[nodiscard]] base::Result<Place> look_at(base::BatchNumber number, const journal::Hash& hash);

    /// From now on `read` begins behind that batch. An error when it is not there.
    [[nodiscard]] base::Result<void> go_behind(base::BatchNumber number, const journal::Hash& hash);

    /// Visits each batch behind the last one visited, in order, verified (checksum, hash, chain,
    /// density). Returns when there is none, or after a visit that said false. The payload is valid
    /// during the visit only. An error names the row, also when the last one visited is not there
    /// any more, or is another: the database went back in time.
    [[nodiscard]] base::Result<void> read(const std::function<bool(const journal::Batch&)>& visit);

    /// Header of the newest batch, unverified. Apart from `read`.
    [[nodiscard]] base::Result<journal::BatchHeader> newest();

    /// Whether the last error was that the database did not answer as it should, and says nothing
    /// about the journal. The next call connects again, and goes on where it was.
    [[nodiscard]] bool is_away() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::journal_postgres
