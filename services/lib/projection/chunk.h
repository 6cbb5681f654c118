#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "journal/batch.h"
#include "ledger/ledger.h"
#include "projection/copy_rows.h"

namespace ayni::projection {

/// How far books are: the row of projection_cursor.
struct Cursor {
    journal::Hash journal{};  ///< Hash of the journal's genesis.
    base::BatchNumber batch;
    journal::Hash batch_hash{};
    base::Sequence last_sequence;
    base::JournalTime time;  ///< Read back from the books it is cut to the microsecond.

    /// Whether both stand behind the same batch of the same journal.
    [[nodiscard]] bool is_at(const Cursor& other) const {
        return journal == other.journal && batch == other.batch && batch_hash == other.batch_hash;
    }
};

/// Between which times a transfer can have been created, by its id alone: the ledger takes no id
/// that is further in the past or in the future. So that one month of the books is looked at.
struct CreationTimes {
    base::JournalTime earliest;
    base::JournalTime latest;
};
[[nodiscard]] CreationTimes creation_times(const base::TransferId& id);

/// What of a transfer changes after its creation. Zero sequences and participants: none.
struct TransferProgress {
    ledger::TransferState state = ledger::TransferState::reserved;
    ledger::ReasonCode reason;
    base::Sequence decided_sequence;
    base::JournalTime decided_at;
    base::ParticipantId decided_by;
    base::Sequence committed_sequence;
    base::JournalTime committed_at;
    std::uint64_t settlement_window = 0;
    base::Sequence payee_acknowledged_sequence;
    base::JournalTime payee_acknowledged_at;
    base::Sequence payer_acknowledged_sequence;
    base::JournalTime payer_acknowledged_at;
    bool awaits_payee = false;
    bool awaits_payer = false;
};

/// A transfer that is not in the books yet. Null amount, deadline and details: none.
struct NewTransfer {
    base::TransferId id;
    base::JournalTime created_at;
    base::Sequence created_sequence;
    ledger::TransferType type = ledger::TransferType::ledger;
    base::ParticipantId initiator;
    base::ParticipantId payee;
    base::Currency currency = base::Currency::pen;
    std::optional<std::int64_t> amount = {};
    std::optional<base::JournalTime> deadline = {};
    ledger::Status status = ledger::Status::ok;
    std::optional<ledger::PaymentDetails> details = {};
    TransferProgress progress = {};
};

/// One side of a posting that took effect, and the counters of its account behind it.
struct AccountEntry {
    base::AccountId account;
    base::JournalTime posted_at;
    base::Sequence sequence;
    std::int16_t leg = 0;
    bool is_debit = false;
    bool is_return = false;
    std::int64_t amount = 0;
    std::int64_t debits_posted = 0;
    std::int64_t credits_posted = 0;
    base::AccountId counterpart;
    base::TransferId transfer;
};

/// What one transaction writes: the rows of some batches, on top of what is in the books up to the
/// batch before. Transfers that were created and decided within it are written once, as they are at
/// its end; those from before it that changed are changed once. So rows depend on the journal
/// alone, never on how batches were gathered (I9). Their order does not matter.
class Chunk {
public:
    /// Rows of one table, or of a staging table. `target`: "participant (code, …)".
    struct Part {
        Part(std::string_view table, std::string_view columns);
        std::string target;
        CopyRows rows;
    };

    Chunk();

    /// Adds a row of what never changes again. The names are those of the tables.
    void add_account(const ledger::Account& account, base::Sequence created,
                     base::JournalTime created_at);
    void add_window(std::uint64_t number, base::JournalTime opened_at);
    void add_posting(const base::TransferId& transfer, base::JournalTime created_at,
                     std::int16_t leg, const ledger::CommandPosting& posting,
                     base::Currency currency);
    void add_entry(const AccountEntry& entry);
    // Columns are added in the order of the table.
    [[nodiscard]] CopyRows& claims() { return claims_.rows; }
    [[nodiscard]] CopyRows& acts() { return acts_.rows; }
    [[nodiscard]] CopyRows& leaderships() { return leaderships_.rows; }
    [[nodiscard]] CopyRows& refusals() { return refusals_.rows; }

    /// A participant was made here; its state is taken when the chunk is sealed.
    void add_participant(base::ParticipantId id, base::Sequence created,
                         base::JournalTime created_at);
    /// The state of a participant may have changed.
    void touch_participant(base::ParticipantId id);
    /// Something about the account in this slot of the ledger may have changed.
    void touch_account(std::size_t slot);

    void add_transfer(NewTransfer transfer, bool may_change);
    /// Where changes of a transfer go: into its new row, or among the changes of older rows.
    [[nodiscard]] TransferProgress& progress_of(const base::TransferId& id);

    /// Rows so far, of whatever table: what bounds a transaction.
    [[nodiscard]] std::size_t rows() const;
    [[nodiscard]] std::size_t postings() const { return postings_.size(); }
    [[nodiscard]] std::size_t transfers() const { return transfers_.size(); }
    [[nodiscard]] std::size_t changes() const { return changes_.size(); }

    /// Turns what is taken at the end into rows: `ledger` stands behind the chunk's last batch.
    void seal(const ledger::Ledger& ledger);

    // Sealed only.

    /// The months of transfers, postings and entries here, as "2026_11".
    [[nodiscard]] std::vector<std::string> months() const;
    /// Rows for COPY; only those that there are any of.
    [[nodiscard]] std::vector<const Part*> parts() const;

    std::optional<Cursor> from;  ///< Nothing: the books are empty.
    Cursor to;

private:
    struct Month {
        explicit Month(const std::string& suffix);
        Part transfers;
        Part postings;
        Part entries;
    };
    [[nodiscard]] Month& month_of(base::JournalTime time);
    void seal_participants(const ledger::Ledger& ledger);
    void seal_balances(const ledger::Ledger& ledger);
    void seal_transfers();
    void seal_postings();

    struct HashOfId {
        std::size_t operator()(const base::TransferId& id) const { return base::hash64(id, 0); }
    };
    using Places = std::unordered_map<base::TransferId, std::size_t, HashOfId>;
    struct NewParticipant {
        base::Sequence created;
        base::JournalTime created_at;
    };
    struct NewPosting {
        base::TransferId transfer;
        base::JournalTime created_at;
        ledger::CommandPosting posting;
        base::Currency currency = base::Currency::pen;
        std::int16_t leg = 0;
    };
    struct Change {
        base::TransferId id;
        TransferProgress progress;
    };

    std::map<std::uint32_t, NewParticipant> new_participants_;
    std::set<std::uint32_t> touched_participants_;
    std::vector<std::size_t> touched_accounts_;
    std::vector<bool> is_touched_;
    std::vector<NewTransfer> transfers_;
    Places new_places_;
    std::vector<Change> changes_;
    Places changed_places_;
    std::vector<NewPosting> postings_;
    std::size_t entries_ = 0;
    bool is_sealed_ = false;

    Part accounts_;
    Part customers_;
    Part windows_;
    Part participants_;
    Part claims_;
    Part acts_;
    Part leaderships_;
    Part refusals_;
    Part changed_participants_;
    Part changed_balances_;
    Part changed_transfers_;
    std::map<std::string, Month> months_;  // by "2026_11"
};

}  // namespace ayni::projection
