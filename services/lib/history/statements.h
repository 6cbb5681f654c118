#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id128.h"
#include "base/strong_id.h"
#include "history/history.h"

/// What was posted to one account in a period, in base's terms. Implemented by projection, over
/// SQL: the index of a switch knows transfers, not postings.
namespace ayni::history {

/// Where an entry stands among those of its account. Times are cut to the microsecond.
struct EntryPlace {
    base::JournalTime posted_at;
    base::Sequence sequence;
    std::uint16_t leg = 0;
};

/// One side of a posting, as the account saw it. Amounts are in minor units.
struct StatementEntry {
    EntryPlace place;
    bool is_debit = false;
    bool is_return = false;  ///< Gives back what an earlier entry of the transfer moved.
    std::int64_t amount = 0;
    std::int64_t balance = 0;  ///< Behind the entry: credits less debits.
    base::TransferId transfer;
    std::uint8_t type = 0;  ///< ledger::TransferType as a number.
    base::AccountId counterpart;
    std::string counterparty;   ///< Code of the counterpart's owner; empty for the hub.
    std::string end_to_end_id;  ///< The payer's reference; may be empty.
};

struct StatementSummary {
    std::int64_t opening_balance = 0;
    std::int64_t closing_balance = 0;
    std::int64_t debits = 0;
    std::int64_t credits = 0;
    std::uint64_t debit_count = 0;
    std::uint64_t credit_count = 0;
};

struct StatementQuery {
    base::AccountId account;
    base::JournalTime start;  ///< Entries posted from here on,
    base::JournalTime end;    ///< and before this.
    /// Of the first page of the same statement, whose entries end there; zero: this is the first,
    /// and all that is in the books counts.
    base::Sequence as_of;
    EntryPlace after;  ///< Last entry of the page before; nothing is before the first.
    std::size_t limit = 0;

    [[nodiscard]] bool is_first_page() const { return as_of.is_zero(); }
};

struct StatementPage {
    base::Sequence books;                     ///< How far the books were when they were read,
    base::JournalTime books_time;             ///< and the journal's time there.
    std::optional<StatementSummary> summary;  ///< With the first page.
    std::vector<StatementEntry> entries;      ///< The oldest first.
    bool has_more = false;
};

/// Thread-safe. May block on a database: never call it on a thread of gRPC's or the sequencer's.
class Statements {
public:
    virtual ~Statements() = default;

    /// Reads one page, all of it of one moment. What is posted afterwards is not in later pages of
    /// the statement; books that are behind `as_of` give what they have, and say so in `books`.
    [[nodiscard]] virtual Answer<StatementPage> read(const StatementQuery& query) const = 0;
};

}  // namespace ayni::history
