#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "ledger/ledger.h"

/// The ledger once more, written to be obviously right instead of fast: maps, lists, and sums that
/// are computed from scratch whenever somebody asks. It was made from DESIGN and from the contracts
/// in the ledger's headers, so that a difference between the two is a finding about one of them.
namespace ayni::property {

using base::AccountId;
using base::Currency;
using base::JournalTime;
using base::ParticipantId;
using base::Sequence;
using base::TransferId;
using ledger::AccountKind;
using ledger::Outcome;
using ledger::Status;
using ledger::TransferState;
using ledger::TransferType;

struct Tick {};
struct Start {
    ledger::Started body;
    std::optional<ledger::Limits> limits;
};
struct TransferRequest {
    ledger::CreateTransfer body;
    std::vector<ledger::CommandPosting> postings;
    std::optional<ledger::PaymentDetails> details;
};
using Command =
    std::variant<Tick, Start, ledger::AdvanceProtocolVersion, ledger::CreateParticipant,
                 ledger::SetParticipantState, ledger::SetNetDebitCap, ledger::CreateAccount,
                 ledger::RecordFundsIn, TransferRequest, ledger::CommitTransfer,
                 ledger::AbortTransfer, ledger::AcknowledgeOutcome, ledger::RefuseCommitted,
                 ledger::ClaimBatch>;

class Model {
public:
    /// Wide enough that no sum of the model's can overflow.
    using Sum = __int128;

    explicit Model(const ledger::Limits& limits);

    void begin_batch(Sequence first, JournalTime now);
    Outcome apply(const Command& command);

    struct Participant {
        std::array<char, ledger::participant_code_bytes> code{};
        std::uint16_t entity_code = 0;
        ledger::ParticipantState state = ledger::ParticipantState::active;
    };
    struct Account {
        ParticipantId owner;
        AccountKind kind = AccountKind::customer;
        Currency currency = Currency::pen;
        std::pair<std::uint64_t, std::uint64_t> holder;
        Sum debits_posted = 0;
        Sum credits_posted = 0;
    };
    struct Transfer {
        Command request;
        TransferType type = TransferType::ledger;
        ParticipantId initiator;
        ParticipantId payee;
        std::vector<ledger::CommandPosting> legs;
        Currency currency = Currency::pen;
        Status status = Status::ok;
        TransferState state = TransferState::rejected;
        ledger::ReasonCode reason;
        Sequence created_sequence;
        Sequence decided_sequence;
        JournalTime decided_at;
        JournalTime deadline;
        bool payee_untold = false;
        bool payer_untold = false;

        [[nodiscard]] bool is_live() const {
            return state == TransferState::reserved || payee_untold || payer_untold;
        }
    };
    struct Claim {
        std::array<std::uint8_t, 32> content{};
        JournalTime released_at;
    };
    using ClaimKey = std::pair<ParticipantId, std::array<char, 40>>;

    [[nodiscard]] Sum pending_debits(AccountId id) const;
    [[nodiscard]] Sum pending_credits(AccountId id) const;
    /// What was credited to `id` and might have to go back, since its payee has not acknowledged.
    [[nodiscard]] Sum unacknowledged(AccountId id) const;
    [[nodiscard]] std::uint32_t owed_acknowledgements(ParticipantId id) const;
    [[nodiscard]] Sum spendable(AccountId id) const;
    [[nodiscard]] Sum cover(ParticipantId id, Currency currency) const;
    /// What the net debit cap leaves; nothing when there is no cap.
    [[nodiscard]] std::optional<Sum> headroom(ParticipantId id, Currency currency) const;
    [[nodiscard]] Sum total_pending(Currency currency) const;
    [[nodiscard]] Sum total_posted(Currency currency) const;
    [[nodiscard]] std::size_t live_count() const;
    [[nodiscard]] std::optional<JournalTime> next_deadline() const;

    ledger::Limits limits;
    std::map<ParticipantId, Participant> participants;
    std::map<AccountId, Account> accounts;
    std::map<std::pair<ParticipantId, Currency>, std::int64_t> caps;
    std::map<TransferId, Transfer> transfers;
    std::deque<TransferId> remembered;  ///< The oldest in front.
    std::map<ClaimKey, Claim> claims;
    std::deque<ClaimKey> claim_order;
    Sequence last;
    JournalTime now;
    std::uint64_t floor_ms = 0;
    std::uint64_t version = 1;
    /// Every new state of a transfer, in order: what a listener must hear.
    std::vector<std::pair<TransferId, TransferState>> changes;

private:
    Outcome on(const Tick& command);
    Outcome on(const Start& command);
    Outcome on(const ledger::AdvanceProtocolVersion& command);
    Outcome on(const ledger::CreateParticipant& command);
    Outcome on(const ledger::SetParticipantState& command);
    Outcome on(const ledger::SetNetDebitCap& command);
    Outcome on(const ledger::CreateAccount& command);
    Outcome on(const ledger::RecordFundsIn& command);
    Outcome on(const TransferRequest& command);
    Outcome on(const ledger::CommitTransfer& command);
    Outcome on(const ledger::AbortTransfer& command);
    Outcome on(const ledger::AcknowledgeOutcome& command);
    Outcome on(const ledger::RefuseCommitted& command);
    Outcome on(const ledger::ClaimBatch& command);

    [[nodiscard]] Status check(const ledger::CreateParticipant& command) const;
    [[nodiscard]] Status check(const ledger::CreateAccount& command) const;
    [[nodiscard]] Status check(const ledger::RecordFundsIn& command) const;
    [[nodiscard]] Status check(const TransferRequest& command) const;
    [[nodiscard]] Status check_id(const TransferId& id) const;
    [[nodiscard]] Status check_posting(const ledger::CreateTransfer& body,
                                       const ledger::CommandPosting& posting,
                                       bool is_principal) const;
    [[nodiscard]] Status check_money(const TransferRequest& command) const;
    [[nodiscard]] Status check_total(const std::vector<ledger::CommandPosting>& legs,
                                     Currency currency) const;

    [[nodiscard]] Outcome done(Status status) const;
    [[nodiscard]] std::optional<Outcome> repeated(const TransferId& id,
                                                  const Command& command) const;
    Outcome conclude(const TransferId& id, Transfer transfer, Status status);
    void change(const TransferId& id, TransferState state, ledger::ReasonCode reason,
                Sequence sequence);
    void post(const ledger::CommandPosting& leg);
    void make_room_to_remember();
    void open(AccountId id, ParticipantId owner, AccountKind kind, Currency currency);
    [[nodiscard]] AccountId position_of(ParticipantId id, Currency currency) const;
};

/// Whether the two ask for the same: all that a repeat must have in common with the first.
[[nodiscard]] bool is_same_request(const Command& a, const Command& b);

}  // namespace ayni::property
