#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/amount.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/strong_id.h"
#include "ledger/status.h"

/// The data model of the ledger: everything that is remembered between two commands. Start here.
///
/// All records are plain bytes in arrays that are reserved at start (base/mapped_array.h), so that
/// their sizes are known and applying a command allocates nothing.
namespace ayni::ledger {

using base::AccountId;
using base::Amount;
using base::Currency;
using base::JournalTime;
using base::ParticipantId;
using base::Sequence;
using base::TransferId;

/// The operator of the switch itself; owns the settlement bank accounts. Exists from genesis.
inline constexpr ParticipantId hub{1};

inline constexpr std::size_t currency_count = 2;
inline constexpr std::array<Currency, currency_count> currencies{Currency::pen, Currency::usd};
[[nodiscard]] constexpr std::size_t currency_index(Currency currency) {
    return currency == Currency::pen ? 0 : 1;
}

/// What an account is for decides which balance rule it obeys (rules/balances.h).
enum class AccountKind : std::uint8_t {
    settlement = 1,        ///< A participant's prefunded money. Never below zero.
    position,              ///< A participant's net in unsettled windows. Bounded by cover and cap.
    customer,              ///< Hosted for a person. Never below zero, pending included (I2).
    hosted_clearing,       ///< The mirror of a participant's hosted accounts. Unbounded.
    programme_fund,        ///< Money of a disbursement programme. Never below zero.
    collection_liability,  ///< Unredeemed cash codes. Never below zero.
    fee,                   ///< Fees earned. Never below zero.
    suspense,              ///< Open cases, and the unbounded side of a generic ledger.
    settlement_bank,       ///< The hub's mirror of money held at the settlement bank.
};
inline constexpr AccountKind last_account_kind = AccountKind::settlement_bank;

/// Accounts that the ledger makes itself carry the top bit; those that clients make must not.
inline constexpr std::uint64_t system_account_bit = std::uint64_t{1} << 63U;

/// The account that `participant` has of `kind` in `currency` by virtue of existing.
[[nodiscard]] constexpr AccountId system_account(ParticipantId participant, AccountKind kind,
                                                 Currency currency) {
    return AccountId(system_account_bit | (std::uint64_t{participant.value()} << 24U) |
                     (static_cast<std::uint64_t>(currency) << 8U) |
                     static_cast<std::uint64_t>(kind));
}

/// Balances are four counters that only grow (posted) or return to zero (pending), never one signed
/// number. All in minor units of `currency`.
struct Account {
    AccountId id;
    ParticipantId owner;
    Currency currency = Currency::pen;
    AccountKind kind = AccountKind::customer;
    std::uint8_t reserved_byte = 0;
    std::int64_t debits_pending = 0;
    std::int64_t debits_posted = 0;
    std::int64_t credits_pending = 0;
    std::int64_t credits_posted = 0;
    /// Credits of committed payments whose payee has not acknowledged them: they may have to go
    /// back, so they can not be spent and are no cover.
    std::int64_t unacknowledged_credits = 0;
    /// Position only: how far exposure may go (AM23). Unlimited at creation, so that cover rules.
    std::int64_t net_debit_cap = 0;
    JournalTime created_at;
    std::uint64_t holder_high = 0;  ///< Keyed token of the holder; zero where there is none.
    std::uint64_t holder_low = 0;
    std::uint64_t window = 0;  ///< Position only: the settlement window of the posted balance.
    std::uint32_t settlement_slot = 0;  ///< Position only: where the owner's settlement account is.
    std::uint32_t reserved_word = 0;
    std::uint64_t reserved_tail[3] = {};

    [[nodiscard]] constexpr std::int64_t posted_balance() const {
        return credits_posted - debits_posted;
    }
};
static_assert(sizeof(Account) == 128);

enum class ParticipantState : std::uint8_t {
    active = 1,
    suspended,     ///< Neither sends nor receives. Returns to it still pass.
    send_only,     ///< Sends, receives nothing new.
    receive_only,  ///< Receives, sends nothing new.
};
inline constexpr ParticipantState last_participant_state = ParticipantState::receive_only;

inline constexpr std::size_t participant_code_bytes = 16;

/// An institution. Its name in certificates and in the API is `code` ("yape"): lower-case letters,
/// digits and '-', zero padded.
struct Participant {
    ParticipantId id;
    ParticipantState state = ParticipantState::active;
    std::uint8_t reserved_byte = 0;
    /// Entity code of the clearing house (the first three digits of a CCI); 0 when it has none.
    std::uint16_t entity_code = 0;
    std::array<char, participant_code_bytes> code{};
    /// Outcomes it must still acknowledge; reservations count, since each will end in one.
    std::uint32_t unacknowledged_outcomes = 0;
    std::uint32_t reserved_word = 0;
    std::array<std::uint32_t, currency_count> settlement_slot{};
    std::array<std::uint32_t, currency_count> position_slot{};

    [[nodiscard]] std::string_view code_view() const;
};
static_assert(sizeof(Participant) == 48);

/// A reason as ISO 20022 external codes name it ("AM04"): four characters.
struct ReasonCode {
    std::array<char, 4> text{};

    constexpr ReasonCode() = default;
    constexpr explicit ReasonCode(const char (&literal)[5])
        : text{literal[0], literal[1], literal[2], literal[3]} {}
    [[nodiscard]] constexpr bool is_none() const { return text[0] == '\0'; }
    [[nodiscard]] std::string_view view() const {
        return is_none() ? std::string_view() : std::string_view(text.data(), text.size());
    }
    friend constexpr bool operator==(const ReasonCode&, const ReasonCode&) = default;
};

/// The code that a rejection carries towards institutions. Empty for `ok`.
[[nodiscard]] ReasonCode reason_of(Status status);

enum class TransferType : std::uint8_t {
    payment = 1,  ///< Between two participants: the payee is asked, and told the outcome.
    ledger,       ///< Raw linked postings of one participant (LedgerService).
    funds_in,     ///< Money that arrived at the settlement bank.
};
inline constexpr TransferType last_transfer_type = TransferType::funds_in;

/// A reservation ends exactly once (I10): committed or aborted. Only a committed one is returned.
enum class TransferState : std::uint8_t {
    reserved = 1,
    committed,
    aborted,
    rejected,  ///< Refused at creation; no money was ever held.
    returned,  ///< Committed, refused by the payee afterwards, and given back by the same command.
};
inline constexpr TransferState last_transfer_state = TransferState::returned;

inline constexpr std::size_t max_postings = 8;

/// One leg of a transfer: debits one account and credits another by the same amount.
struct Posting {
    std::uint32_t debit_slot = 0;
    std::uint32_t credit_slot = 0;
    std::int64_t amount = 0;
};
static_assert(sizeof(Posting) == 16);

/// What is kept of every transfer, of whatever outcome, while its id is above the floor: enough to
/// answer a repeat of it. The rest is in the journal, at `created_sequence`.
struct RememberedTransfer {
    TransferId id;
    std::uint64_t fingerprint = 0;  ///< Of everything in the request that must not differ.
    Sequence created_sequence;
    Sequence decided_sequence;  ///< Of its present state.
    JournalTime decided_at;
    ParticipantId initiator;
    ParticipantId payee;  ///< Zero for all but payments.
    ReasonCode reason;
    Status status = Status::ok;  ///< Of its creation: `ok`, or why it was rejected.
    TransferState state = TransferState::reserved;
    TransferType type = TransferType::ledger;
    bool is_live = false;  ///< There is a LiveTransfer of this id.
};
static_assert(sizeof(RememberedTransfer) == 64);

/// A transfer that is reserved, or whose outcome somebody has still to acknowledge.
struct LiveTransfer {
    TransferId id;
    Sequence created_sequence;
    Sequence decided_sequence;
    JournalTime deadline;
    JournalTime decided_at;
    ParticipantId initiator;
    ParticipantId payee;
    ReasonCode reason;
    std::uint32_t remembered_slot = 0;
    std::uint32_t heap_place = 0;  ///< Place + 1 in the heap of deadlines; 0 when not reserved.
    std::uint32_t next_free = 0;
    Currency currency = Currency::pen;
    std::uint8_t posting_count = 0;
    TransferState state = TransferState::reserved;
    TransferType type = TransferType::payment;
    bool payee_untold = false;  ///< The payee has not acknowledged the outcome.
    bool payer_untold = false;  ///< The payer has not acknowledged a return.
    std::uint8_t reserved_byte = 0;
    std::uint64_t reserved_tail[6] = {};
    std::array<Posting, max_postings> postings{};

    [[nodiscard]] Amount amount() const { return Amount(postings[0].amount); }
};
static_assert(sizeof(LiveTransfer) == 256);

/// The release of a file (DESIGN decision 9): who claimed which message, and when it was released.
struct Claim {
    ParticipantId initiator;
    std::uint32_t message_id_size = 0;
    std::array<char, 40> message_id{};
    std::array<std::uint8_t, 32> content_hash{};  ///< SHA-256 of the file.
    JournalTime released_at;
};
static_assert(sizeof(Claim) == 88);

/// How long a claim is kept, and for how long at most an id can be in the past or in the future.
inline constexpr std::chrono::hours claim_retention{24 * 400};
inline constexpr std::chrono::hours id_retention{24};
inline constexpr std::chrono::minutes id_future_tolerance{5};
/// Bounds of a reservation's time-out.
inline constexpr std::chrono::milliseconds min_timeout{10};
inline constexpr std::chrono::hours max_timeout{24};

static_assert(std::is_trivially_copyable_v<Account> && std::is_trivially_copyable_v<Participant> &&
              std::is_trivially_copyable_v<RememberedTransfer> &&
              std::is_trivially_copyable_v<LiveTransfer> && std::is_trivially_copyable_v<Claim>);

}  // namespace ayni::ledger
