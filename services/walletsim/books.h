#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/amount.h"
#include "base/hash.h"
#include "base/id128.h"

namespace ayni::walletsim {

struct TransferIdHash {
    std::size_t operator()(const base::TransferId& id) const noexcept {
        return base::hash64(id, 0);
    }
};

/// What an institution knows of one transfer. The numbers are in its database.
enum class TransferState : std::uint8_t {
    // As payee.
    promised = 1,              ///< Accepted; the outcome is not known yet.
    refused = 2,               ///< Refused at accept.
    credited = 3,              ///< Committed, and the customer has it.
    released = 4,              ///< Aborted, whether or not it was ever promised.
    refused_after_commit = 5,  ///< Promised, then refused when it was committed.
    // As payer.
    held = 11,      ///< Deducted from the customer; the switch has not said how it ended.
    sent = 12,      ///< Committed.
    freed = 13,     ///< Aborted or rejected: the customer has it again.
    returned = 14,  ///< Committed, refused by the payee afterwards, and back at the customer.
};

[[nodiscard]] std::string_view to_string(TransferState state);
[[nodiscard]] constexpr bool is_outgoing(TransferState state) {
    return state >= TransferState::held;
}

/// How the switch says that a transfer ended.
enum class Ending : std::uint8_t { committed, aborted, returned };

/// A customer's payment to another institution: what is sent, and sent again, until it is final.
struct Payment {
    base::TransferId id;
    std::string payer_account;
    std::string payee_participant;
    std::string payee_account;
    std::string remittance_text;
    std::int64_t amount = 0;
    std::uint32_t timeout_ms = 0;

    friend bool operator==(const Payment&, const Payment&) = default;
};

/// A credit that the switch asks to promise.
struct IncomingTransfer {
    base::TransferId id;
    std::string_view payee_account;
    std::string_view currency_code;
    std::int64_t amount = 0;
};

/// Yes, or no with an ISO 20022 reason.
struct Answer {
    bool yes = false;
    std::string reason;

    friend bool operator==(const Answer&, const Answer&) = default;
};

/// Sums over the books, in minor units. At every moment
/// balances + held + sent = initial + received.
struct Totals {
    std::uint64_t customers = 0;
    std::int64_t initial = 0;
    std::int64_t balances = 0;
    std::int64_t held = 0;
    std::int64_t sent = 0;
    std::int64_t received = 0;
    std::int64_t promised = 0;
    std::uint64_t payments_sent = 0;
    std::uint64_t payments_received = 0;
    std::uint64_t promises = 0;
    std::uint64_t holds = 0;

    [[nodiscard]] bool agree() const { return balances + held + sent == initial + received; }
    friend bool operator==(const Totals&, const Totals&) = default;
};

/// One institution's customers and what it knows of transfers, in one currency. Pure: no clock, IO
/// or thread. Every method may be repeated and then answers as the first time. What changed since
/// `clear_changes` is listed for the store. One thread.
class Books {
public:
    static constexpr std::uint32_t nobody = 0xFFFF'FFFF;
    /// No single payment is above this, so that sums of 9,000 of them fit.
    static constexpr std::int64_t largest_amount = 1'000'000'000'000'000;

    struct Customer {
        std::uint32_t number = 0;
        std::string account;
        std::int64_t initial = 0;
        std::int64_t balance = 0;
        std::int64_t held = 0;
        bool is_changed = false;
    };

    enum class Change : std::uint8_t { none, added, updated };

    struct Transfer {
        std::int64_t amount = 0;
        std::uint32_t customer = nobody;
        TransferState state = TransferState::refused;
        Change change = Change::none;
        char reason[4] = {};
    };
    using TransferEntry = std::pair<const base::TransferId, Transfer>;

    struct Options {
        base::Currency currency = base::Currency::pen;
        /// Credits to unknown accounts open them instead of being refused with AC01.
        bool open_on_credit = false;
    };

    explicit Books(const Options& options) : options_(options) {}

    /// False when the account was there already; its balance is then untouched.
    bool open(std::string_view account, std::int64_t initial_balance);

    /// Promises, or refuses: with `refuse_with` when it is given and nothing was promised before.
    Answer accept(const IncomingTransfer& transfer, std::string_view refuse_with = {});

    /// The switch's word on a transfer, of which this institution may be payee, payer, or ignorant.
    /// A promise that is committed is credited, or refused when `refuse_with` is given.
    Answer outcome(const base::TransferId& id, Ending ending, std::string_view reason,
                   std::string_view refuse_with = {});

    /// Holds the amount at the payer for a new payment. Refused with AC01, AM04 or AM12: nothing
    /// happened.
    Answer hold(const Payment& payment);

    /// How a payment of ours ended. Ignored when that is known already, but for a return.
    void settle(const base::TransferId& id, Ending ending, std::string_view reason);

    [[nodiscard]] const Customer* find(std::string_view account) const;
    [[nodiscard]] const Transfer* find(const base::TransferId& id) const;
    [[nodiscard]] const Totals& totals() const { return totals_; }
    [[nodiscard]] const Options& options() const { return options_; }
    /// Payments whose end is not known.
    [[nodiscard]] const std::unordered_map<base::TransferId, Payment, TransferIdHash>& pending()
        const {
        return pending_;
    }
    [[nodiscard]] std::vector<base::TransferId> promises() const;
    /// Messages of the switch that deny an earlier one; always a fault of somebody.
    [[nodiscard]] std::uint64_t contradictions() const { return contradictions_; }

    [[nodiscard]] const std::vector<const Customer*>& changed_customers() const {
        return changed_customers_;
    }
    [[nodiscard]] const std::vector<const TransferEntry*>& changed_transfers() const {
        return changed_transfers_;
    }
    [[nodiscard]] bool has_changes() const {
        return !changed_customers_.empty() || !changed_transfers_.empty();
    }
    void clear_changes();
    [[nodiscard]] std::string_view account_of(std::uint32_t customer) const;

    // Building from the store, customers first, in the order of their numbers.
    void restore(Customer customer);
    void restore(const base::TransferId& id, const Transfer& transfer);
    void restore(Payment payment);

private:
    Customer& customer(std::uint32_t number);
    Transfer& add(const base::TransferId& id, std::int64_t amount, std::uint32_t customer,
                  TransferState state, std::string_view reason);
    void move(TransferEntry& entry, TransferState state, std::string_view reason);
    void count(const Transfer& transfer, int sign);
    Answer outcome_as_payee(TransferEntry& entry, Ending ending, std::string_view reason,
                            std::string_view refuse_with);
    Answer commit_promise(TransferEntry& entry, std::string_view refuse_with);

    const Options options_;
    std::deque<Customer> customers_;  ///< By number; addresses stay.
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::unordered_map<base::TransferId, Transfer, TransferIdHash> transfers_;
    std::unordered_map<base::TransferId, Payment, TransferIdHash> pending_;
    std::vector<const Customer*> changed_customers_;
    std::vector<const TransferEntry*> changed_transfers_;
    Totals totals_;
    std::uint64_t contradictions_ = 0;
};

}  // namespace ayni::walletsim
