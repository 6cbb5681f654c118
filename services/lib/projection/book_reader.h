#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "history/history.h"
#include "projection/session.h"

namespace ayni::projection {

/// Asks the books, with as many sessions as it may have. That PostgreSQL goes away, stands still
/// and comes back is nothing special: a question gets its answer or a Failure within a bounded
/// time, and at once while nobody could be reached a moment ago. A thread of its own looks every
/// second how far the books are. Thread-safe.
class BookReader {
public:
    struct Options {
        std::string connection;  ///< "host=… dbname=…" or a URI.
        /// Names the journal whose books they must be (the hash of its genesis). Zeros: not
        /// checked.
        std::array<std::uint8_t, 32> journal{};
        std::size_t sessions = 5;  ///< At most, the look's own included; whoever finds none waits.
        std::chrono::milliseconds answer_within{10'000};
        /// How long nobody tries again when PostgreSQL could not be reached.
        std::chrono::milliseconds pause{500};
        /// Hears "history_lost", and why, "history_found", and at most once a second why a question
        /// had no answer ("history_failed"). Any thread. May be null.
        std::function<void(std::string_view event, std::string_view why)> note = {};
    };

    /// Where the books stand. In the first columns of every row of an answer; see `cursor_columns`.
    struct Standing {
        base::Sequence sequence;
        base::JournalTime time;  ///< Cut to the microsecond.
    };

    struct Answer {
        Standing books;  ///< Zeros when the books are empty.
        std::vector<Session::Row> rows;
    };

    /// What every statement selects first, from "projection_cursor AS books". Being part of the
    /// statement it is of the same snapshot as all else; and where it is named first, nobody reads
    /// books that are being emptied.
    static constexpr std::string_view cursor_columns =
        "encode(books.journal, 'hex'), books.last_sequence, "
        "(extract(epoch FROM books.journal_time) * 1000000)::bigint";
    static constexpr std::size_t cursor_column_count = 3;

    /// An error when the connection string can not be understood. PostgreSQL need not be there.
    [[nodiscard]] static base::Result<std::unique_ptr<BookReader>> open(const Options& options,
                                                                        const base::Clock& clock);
    ~BookReader();
    BookReader(const BookReader&) = delete;
    BookReader& operator=(const BookReader&) = delete;

    /// May block. A failure, too, when the books are those of another journal, or not of this
    /// build.
    [[nodiscard]] history::Answer<Answer> ask(const std::string& statement,
                                              const std::vector<std::string>& parameters) const;

    // Never blocks: as of the last answer.

    [[nodiscard]] Standing standing() const;
    [[nodiscard]] bool is_connected() const;

private:
    struct State;
    explicit BookReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Columns of an answer. Each throws BadRow for what this build did not write.

struct BadRow {
    std::string what;
};
[[nodiscard]] std::int64_t number_in(const Session::Row& row, std::size_t column);
[[nodiscard]] const std::string& text_in(const Session::Row& row, std::size_t column);
[[nodiscard]] bool boolean_in(const Session::Row& row, std::size_t column);

/// Runs `read` over an answer; a BadRow becomes a failure.
template <typename Read>
[[nodiscard]] auto understood(Read&& read) -> history::Answer<decltype(read())> {
    try {
        return read();
    } catch (const BadRow& bad) {
        return tl::unexpected(history::Failure{.kind = history::Failure::Kind::unreadable,
                                               .error = {"history.database", bad.what}});
    }
}

}  // namespace ayni::projection
