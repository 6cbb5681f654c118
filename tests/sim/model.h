#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/ledger.h"

namespace ayni::sim {

/// The rules of the ledger written down a second time, in maps and without any of the ledger's own
/// code, so that one can be held against the other: what a command must do, and what must be
/// remembered of it. Slow and simple; it shares the vocabulary (commands, statuses, reasons) only.
class Model {
public:
    explicit Model(const ledger::Options& options);

    void begin_batch(base::Sequence first, base::JournalTime time);
    ledger::Outcome apply(ledger::CommandView command);

    /// What a repeat of `command` is answered from memory; nothing when its id is not known.
    [[nodiscard]] std::optional<ledger::Outcome> remembered(ledger::CommandView command) const;
    /// How the transfer that the command makes ended in the last batch, even if a later command of
    /// that batch made the ring forget it.
    [[nodiscard]] std::optional<ledger::Outcome> decided_in_batch(
        ledger::CommandView command) const;

    /// A state that a transfer reached.
    struct Step {
        ledger::TransferState state = ledger::TransferState::reserved;
        base::Sequence sequence;
        base::JournalTime time;
        ledger::ReasonCode reason;
    };
    struct Transfer {
        std::vector<std::uint64_t> request;  ///< The command, all that a repeat may vary zeroed.
        base::ParticipantId initiator;
        base::ParticipantId payee;
        base::Currency currency = base::Currency::pen;
        ledger::TransferType type = ledger::TransferType::ledger;
        ledger::Status status = ledger::Status::ok;
        std::vector<Step> steps;
        std::vector<ledger::CommandPosting> postings;
        base::JournalTime deadline;
        bool payee_untold = false;
        bool payer_untold = false;
        bool is_forgotten = false;

        [[nodiscard]] const Step& now() const { return steps.back(); }
        [[nodiscard]] bool is_live() const {
            return steps.back().state == ledger::TransferState::reserved || payee_untold ||
                   payer_untold;
        }
    };
    /// Of any id that ever had an outcome, remembered or not; null for others.
    [[nodiscard]] const Transfer* find(const base::TransferId& id) const;

    template <typename Visit>
    void for_each_transfer(Visit&& visit) const {
        for (const auto& [id, transfer] : transfers_) visit(id, transfer);
    }

    struct Account {
        base::ParticipantId owner;
        base::Currency currency = base::Currency::pen;
        ledger::AccountKind kind = ledger::AccountKind::customer;
        std::uint64_t holder_high = 0;
        std::uint64_t holder_low = 0;
        std::int64_t debits_pending = 0;
        std::int64_t debits_posted = 0;
        std::int64_t credits_pending = 0;
        std::int64_t credits_posted = 0;
        std::int64_t unacknowledged = 0;
        std::optional<std::int64_t> cap;

        [[nodiscard]] std::int64_t spendable() const {
            return credits_posted - debits_posted - debits_pending;
        }
    };
    [[nodiscard]] const std::map<base::AccountId, Account>& accounts() const { return accounts_; }

    struct Participant {
        ledger::ParticipantState state = ledger::ParticipantState::active;
        std::uint16_t entity_code = 0;
        std::array<char, ledger::participant_code_bytes> code{};
        std::uint32_t untold = 0;
    };
    [[nodiscard]] const std::map<base::ParticipantId, Participant>& participants() const {
        return participants_;
    }
    [[nodiscard]] std::int64_t available(base::ParticipantId who, base::Currency currency) const;

    /// Between any two commands: what was brought in is what there is, nobody is below what is
    /// his, and nothing is held that nobody reserved. The violation in words, or nothing.
    [[nodiscard]] std::string check_money() const;

    [[nodiscard]] std::uint64_t floor_ms() const { return floor_ms_; }
    [[nodiscard]] std::size_t remembered_count() const { return ring_.size(); }
    [[nodiscard]] std::size_t live_count() const { return live_; }
    [[nodiscard]] std::size_t claim_count() const { return claims_.size(); }
    [[nodiscard]] base::Sequence sequence() const { return sequence_; }

private:
    struct IdHash {
        std::size_t operator()(const base::TransferId& id) const {
            return static_cast<std::size_t>(id.low ^ (id.high * 0x9E37'79B9'7F4A'7C15));
        }
    };
    struct Claim {
        std::array<std::uint8_t, 32> content{};
        base::JournalTime released_at;
    };
    using ClaimKey = std::pair<base::ParticipantId, std::string>;

    // Administrative commands (model.cc).
    ledger::Status create_participant(const ledger::CreateParticipant& command);
    ledger::Status set_state(const ledger::SetParticipantState& command);
    ledger::Status set_cap(const ledger::SetNetDebitCap& command);
    ledger::Status create_account(const ledger::CreateAccount& command);
    ledger::Outcome claim(const ledger::ClaimBatch& command);
    void add_account(base::AccountId id, base::ParticipantId owner, ledger::AccountKind kind,
                     base::Currency currency);

    // Transfers (model_transfers.cc).
    ledger::Outcome record_funds_in(ledger::CommandView command);
    ledger::Outcome create_transfer(ledger::CommandView command);
    ledger::Outcome commit(const ledger::CommitTransfer& command);
    ledger::Outcome abort(const ledger::AbortTransfer& command);
    ledger::Outcome acknowledge(const ledger::AcknowledgeOutcome& command);
    ledger::Outcome refuse_committed(const ledger::RefuseCommitted& command);
    [[nodiscard]] std::optional<ledger::Outcome> repeat(
        const base::TransferId& id, const std::vector<std::uint64_t>& request) const;
    [[nodiscard]] ledger::Status check_id(const base::TransferId& id) const;
    [[nodiscard]] ledger::Status check_create(ledger::CommandView command) const;
    [[nodiscard]] ledger::Status check_parties(const ledger::CreateTransfer& body) const;
    [[nodiscard]] ledger::Status check_posting(const ledger::CreateTransfer& body,
                                               const ledger::CommandPosting& posting,
                                               bool is_principal) const;
    [[nodiscard]] ledger::Status check_balances(const std::vector<ledger::CommandPosting>& postings,
                                                bool one_step) const;
    ledger::Outcome conclude(const base::TransferId& id, Transfer transfer, ledger::Status status,
                             ledger::TransferState state);
    ledger::Outcome decide(const base::TransferId& id, Transfer& transfer,
                           ledger::TransferState state, ledger::ReasonCode reason,
                           base::Sequence sequence);
    void end_reservation(const base::TransferId& id, Transfer& transfer);
    void expire(base::Sequence sequence);
    void remember(const base::TransferId& id);
    void note_told(ledger::ParticipantId who, bool& untold, Transfer& transfer);
    void hold(const Transfer& transfer, std::int64_t sign);
    void post(const ledger::CommandPosting& posting);
    /// A transfer that is remembered; null otherwise.
    [[nodiscard]] Transfer* known(const base::TransferId& id);
    [[nodiscard]] Account& account(base::AccountId id) { return accounts_.at(id); }
    [[nodiscard]] static ledger::Outcome outcome_of(const Transfer& transfer, bool is_replayed);

    ledger::Limits limits_;
    std::map<base::ParticipantId, Participant> participants_;
    std::map<base::AccountId, Account> accounts_;
    std::unordered_map<base::TransferId, Transfer, IdHash> transfers_;
    std::deque<base::TransferId> ring_;  ///< Remembered ids, oldest first.
    std::set<std::tuple<std::int64_t, std::uint64_t, base::TransferId>> deadlines_;
    std::map<ClaimKey, Claim> claims_;
    std::deque<ClaimKey> claim_order_;
    std::size_t live_ = 0;
    std::int64_t brought_in_[ledger::currency_count] = {};
    std::uint64_t floor_ms_ = 0;
    std::uint64_t version_ = 1;
    base::JournalTime time_;
    base::Sequence sequence_;
    base::Sequence batch_first_;
};

}  // namespace ayni::sim
