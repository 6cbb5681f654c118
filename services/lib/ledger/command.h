#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "ledger/model.h"

/// Commands as they stand in the journal: little-endian plain structures, each behind a header and
/// a multiple of eight bytes long. They are encoded once, by whoever makes them, and from there on
/// copied and read in place.
namespace ayni::ledger {

enum class CommandKind : std::uint16_t {
    tick = 1,  ///< Lets time pass: due reservations expire. No body.
    started,
    advance_protocol_version,
    create_participant,
    set_participant_state,
    set_net_debit_cap,
    create_account,
    record_funds_in,
    create_transfer,
    commit_transfer,
    abort_transfer,
    acknowledge_outcome,
    refuse_committed,
    claim_batch,
};

struct CommandHeader {
    std::uint32_t size = 0;  ///< Of header and body together, in bytes; a multiple of 8.
    CommandKind kind = CommandKind::tick;
    std::uint16_t reserved = 0;
};
static_assert(sizeof(CommandHeader) == 8);

inline constexpr std::size_t actor_bytes = 48;
/// Who did an administrative act: the last part of the certificate's URI, cut to 48 bytes.
using Actor = std::array<char, actor_bytes>;
[[nodiscard]] Actor actor_of(std::string_view name);

/// How much the ledger may hold. What is full refuses, or forgets, so these decide outcomes: they
/// are the journal's, and equal for whoever replays it.
struct Limits {
    std::uint64_t participants = 0;
    std::uint64_t accounts = 0;
    std::uint64_t live_transfers = 0;
    std::uint64_t remembered_transfers = 0;
    std::uint64_t claims = 0;
    std::uint64_t unacknowledged_per_participant = 0;

    friend bool operator==(const Limits&, const Limits&) = default;
};

/// The first entry of each leadership. Followed by the Limits that hold from here on; without any,
/// those before stay.
struct Started {
    static constexpr CommandKind kind = CommandKind::started;
    std::uint64_t epoch = 0;
    std::int64_t wall_nanoseconds = 0;  ///< The leader's wall clock, for the record.
};

/// From the next command on the ledger behaves as `version` does.
struct AdvanceProtocolVersion {
    static constexpr CommandKind kind = CommandKind::advance_protocol_version;
    std::uint64_t version = 0;
    Actor actor{};
};

/// Makes an institution with a settlement, a position and a hosted clearing account per currency.
/// Repeating it with the same body does nothing.
struct CreateParticipant {
    static constexpr CommandKind kind = CommandKind::create_participant;
    ParticipantId participant;
    std::uint16_t entity_code = 0;
    std::uint16_t reserved = 0;
    std::array<char, participant_code_bytes> code{};
    Actor actor{};
};

struct SetParticipantState {
    static constexpr CommandKind kind = CommandKind::set_participant_state;
    ParticipantId participant;
    ParticipantState state = ParticipantState::active;
    std::array<std::uint8_t, 3> reserved{};
    Actor actor{};
};

struct SetNetDebitCap {
    static constexpr CommandKind kind = CommandKind::set_net_debit_cap;
    ParticipantId participant;
    Currency currency = Currency::pen;
    std::uint16_t reserved = 0;
    std::int64_t cap = 0;  ///< Minor units, not negative.
    Actor actor{};
};

/// Makes an account of a kind that institutions may make. Repeating it with the same body does
/// nothing.
struct CreateAccount {
    static constexpr CommandKind kind = CommandKind::create_account;
    AccountId account;
    ParticipantId owner;
    Currency currency = Currency::pen;
    AccountKind account_kind = AccountKind::customer;
    std::uint8_t reserved = 0;
    std::uint64_t holder_high = 0;
    std::uint64_t holder_low = 0;
};

/// Money arrived at the settlement bank: debit settlement bank, credit the participant's
/// settlement.
struct RecordFundsIn {
    static constexpr CommandKind kind = CommandKind::record_funds_in;
    TransferId id;
    ParticipantId participant;
    Currency currency = Currency::pen;
    std::uint16_t reserved = 0;
    std::int64_t amount = 0;
    std::array<char, 40> bank_reference{};  ///< Zero padded.
    Actor actor{};
};

struct CommandPosting {
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;
};

/// What a payment carries for people and for reports. No personal data in the clear: `payer`,
/// `payee` and `remittance` are keyed tokens (HMAC-SHA-256, first 16 bytes).
struct PaymentDetails {
    std::array<std::uint8_t, 16> payer_token{};
    std::array<std::uint8_t, 16> payee_token{};
    std::array<std::uint8_t, 16> remittance_token{};  ///< Zero when there is no text.
    std::array<char, 36> end_to_end_id{};             ///< Zero padded, at most 35 characters.
    std::array<char, 4> purpose{};                    ///< ISO 20022 external purpose code or zero.
    std::uint32_t token_key_version = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(PaymentDetails) == 96);

/// Followed by `posting_count` CommandPosting and, when `has_details`, one PaymentDetails.
struct CreateTransfer {
    static constexpr CommandKind kind = CommandKind::create_transfer;
    TransferId id;
    ParticipantId initiator;
    ParticipantId payee;           ///< Zero for all but payments.
    std::uint32_t timeout_ms = 0;  ///< 0: one step. Otherwise reserve, and abort after this long.
                                   ///< Not part of what a repeat must equal.
    Currency currency = Currency::pen;
    TransferType type = TransferType::ledger;
    std::uint8_t posting_count = 0;
    std::uint8_t has_details = 0;
    std::array<std::uint8_t, 7> reserved{};  ///< Zero.
};
static_assert(sizeof(CreateTransfer) == 40);

/// The payee of a payment accepted it, or the initiator of a raw reservation commits it.
struct CommitTransfer {
    static constexpr CommandKind kind = CommandKind::commit_transfer;
    TransferId id;
    ParticipantId by;
    std::uint32_t reserved = 0;
};

/// The payee refused before the commit, or it could not be asked, or the initiator voids.
struct AbortTransfer {
    static constexpr CommandKind kind = CommandKind::abort_transfer;
    TransferId id;
    ParticipantId by;  ///< The payee or the initiator; the hub when the payee could not be asked.
    ReasonCode reason;
    std::uint32_t payee_was_asked = 1;  ///< 0: nothing was sent, so the payee need not be told.
    std::uint32_t reserved = 0;
};

/// `by` knows the outcome and will not be told again.
struct AcknowledgeOutcome {
    static constexpr CommandKind kind = CommandKind::acknowledge_outcome;
    TransferId id;
    ParticipantId by;
    std::uint32_t reserved = 0;
};

/// The payee can not credit what was committed: the money goes back at once, in this command.
struct RefuseCommitted {
    static constexpr CommandKind kind = CommandKind::refuse_committed;
    TransferId id;
    ParticipantId by;
    ReasonCode reason;
};

/// Releases a file once. The same claim again gets the same release time.
struct ClaimBatch {
    static constexpr CommandKind kind = CommandKind::claim_batch;
    ParticipantId initiator;
    std::uint32_t message_id_size = 0;
    std::array<char, 40> message_id{};  ///< 1 to 35 characters, zero padded.
    std::array<std::uint8_t, 32> content_hash{};
    Actor actor{};
};

/// One command inside a buffer that somebody else owns.
class CommandView {
public:
    CommandView() = default;

    [[nodiscard]] CommandKind kind() const { return header_->kind; }
    [[nodiscard]] std::size_t size() const { return header_->size; }
    [[nodiscard]] std::span<const std::byte> bytes() const {
        return {reinterpret_cast<const std::byte*>(header_), header_->size};
    }

    /// The body; its kind must be `Body::kind`.
    template <typename Body>
    [[nodiscard]] const Body& as() const {
        ASSERT(header_->kind == Body::kind);
        return *reinterpret_cast<const Body*>(header_ + 1);
    }

    /// Of a started; null when it carries none.
    [[nodiscard]] const Limits* limits() const;
    /// Of a create_transfer.
    [[nodiscard]] std::span<const CommandPosting> postings() const;
    /// Of a create_transfer; null when it carries none.
    [[nodiscard]] const PaymentDetails* details() const;

    /// The first command in `bytes` (8-byte aligned), or nothing when they do not start with a
    /// complete command of a known kind, a body of the right size, and counts that fit into it.
    [[nodiscard]] static std::optional<CommandView> read(std::span<const std::byte> bytes);

private:
    const CommandHeader* header_ = nullptr;
};

/// Commands one behind the other, and how many. Grows as needed; `clear` keeps the memory.
class CommandBuffer {
public:
    template <typename Body>
    void add(const Body& body) {
        append(Body::kind, std::as_bytes(std::span(&body, 1)), {}, nullptr);
    }
    void add(const Started& body, const Limits& limits);
    void add_tick() { append(CommandKind::tick, {}, {}, nullptr); }
    /// Sets `posting_count` and `has_details` itself.
    void add(CreateTransfer body, std::span<const CommandPosting> postings,
             const PaymentDetails* details = nullptr);
    void add(CommandView command);
    /// All of `other`.
    void add(const CommandBuffer& other);
    /// Raw commands that are known to be well formed.
    void add_raw(std::span<const std::byte> bytes, std::size_t count);

    void clear();
    void reserve(std::size_t bytes) { words_.reserve((bytes + 7) / 8); }

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    /// Memory held, whether used or not.
    [[nodiscard]] std::size_t capacity_bytes() const { return words_.capacity() * 8; }
    [[nodiscard]] std::span<const std::byte> bytes() const {
        return std::as_bytes(std::span(words_));
    }

private:
    void append(CommandKind kind, std::span<const std::byte> body,
                std::span<const CommandPosting> postings, const PaymentDetails* details);

    std::vector<std::uint64_t> words_;  // 64-bit words keep every command aligned
    std::size_t count_ = 0;
};

/// Calls `visit(CommandView)` for each command. False when the bytes do not divide into commands;
/// those before the fault were visited.
template <typename Visit>
[[nodiscard]] bool for_each_command(std::span<const std::byte> bytes, Visit&& visit) {
    while (!bytes.empty()) {
        const auto command = CommandView::read(bytes);
        if (!command) return false;
        visit(*command);
        bytes = bytes.subspan(command->size());
    }
    return true;
}

}  // namespace ayni::ledger
