#include "walletsim/books.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::walletsim {
namespace {

constexpr std::string_view unknown_account = "AC01";
constexpr std::string_view currency_not_allowed = "AM03";
constexpr std::string_view insufficient_funds = "AM04";
constexpr std::string_view duplicate = "AM05";
constexpr std::string_view amount_invalid = "AM12";
constexpr std::string_view aborted_already = "AB05";
constexpr std::string_view not_promised = "MS03";

std::string_view reason_of(const Books::Transfer& transfer) {
    return {transfer.reason, strnlen(transfer.reason, sizeof transfer.reason)};
}

Answer yes() { return {.yes = true, .reason = {}}; }
Answer no(std::string_view reason) { return {.yes = false, .reason = std::string(reason)}; }

bool is_payable(std::int64_t amount) { return amount > 0 && amount <= Books::largest_amount; }

}  // namespace

std::string_view to_string(TransferState state) {
    switch (state) {
        case TransferState::promised: return "PROMISED";
        case TransferState::refused: return "REFUSED";
        case TransferState::credited: return "CREDITED";
        case TransferState::released: return "RELEASED";
        case TransferState::refused_after_commit: return "REFUSED_AFTER_COMMIT";
        case TransferState::held: return "PENDING";
        case TransferState::sent: return "COMMITTED";
        case TransferState::freed: return "ABORTED";
        case TransferState::returned: return "RETURNED";
    }
    UNREACHABLE("transfer state");
}

bool Books::open(std::string_view account, std::int64_t initial_balance) {
    ASSERT(initial_balance >= 0 && initial_balance <= largest_amount);
    const auto number = static_cast<std::uint32_t>(customers_.size());
    if (!numbers_.emplace(account, number).second) return false;
    customers_.push_back({.number = number,
                          .account = std::string(account),
                          .initial = initial_balance,
                          .balance = initial_balance});
    ++totals_.customers;
    totals_.initial += initial_balance;
    totals_.balances += initial_balance;
    customer(number);
    return true;
}

/// For changing it.
Books::Customer& Books::customer(std::uint32_t number) {
    Customer& found = customers_.at(number);
    if (!found.is_changed) {
        found.is_changed = true;
        changed_customers_.push_back(&found);
    }
    return found;
}

Books::Transfer& Books::add(const base::TransferId& id, std::int64_t amount,
                            std::uint32_t customer_number, TransferState state,
                            std::string_view reason) {
    const auto [entry, is_new] = transfers_.try_emplace(id);
    ASSERT(is_new);
    Transfer& transfer = entry->second;
    transfer.amount = amount;
    transfer.customer = customer_number;
    transfer.state = state;
    transfer.change = Change::added;
    reason.copy(transfer.reason, sizeof transfer.reason);
    count(transfer, 1);
    changed_transfers_.push_back(&*entry);
    return transfer;
}

void Books::move(TransferEntry& entry, TransferState state, std::string_view reason) {
    Transfer& transfer = entry.second;
    count(transfer, -1);
    transfer.state = state;
    std::memset(transfer.reason, 0, sizeof transfer.reason);
    reason.copy(transfer.reason, sizeof transfer.reason);
    count(transfer, 1);
    if (transfer.change != Change::none) return;
    transfer.change = Change::updated;
    changed_transfers_.push_back(&entry);
}

/// The one place that knows which sums a state belongs to.
void Books::count(const Transfer& transfer, int sign) {
    const std::int64_t amount = sign * transfer.amount;
    const auto one = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
    switch (transfer.state) {
        case TransferState::promised:
            totals_.promised += amount;
            totals_.promises += one;
            return;
        case TransferState::credited:
            totals_.received += amount;
            totals_.payments_received += one;
            return;
        case TransferState::held:
            totals_.held += amount;
            totals_.holds += one;
            return;
        case TransferState::sent:
            totals_.sent += amount;
            totals_.payments_sent += one;
            return;
        case TransferState::refused:
        case TransferState::released:
        case TransferState::refused_after_commit:
        case TransferState::freed:
        case TransferState::returned: return;
    }
}

Answer Books::accept(const IncomingTransfer& transfer, std::string_view refuse_with) {
    if (const Transfer* known = find(transfer.id)) {
        switch (known->state) {
            case TransferState::promised:
            case TransferState::credited:
            case TransferState::refused_after_commit: return yes();
            case TransferState::refused: return no(reason_of(*known));
            case TransferState::released: return no(aborted_already);
            case TransferState::held:
            case TransferState::sent:
            case TransferState::freed:
            case TransferState::returned: return no(duplicate);
        }
    }
    const auto refuse = [&](std::string_view reason) {
        add(transfer.id, std::max<std::int64_t>(transfer.amount, 0), nobody, TransferState::refused,
            reason);
        return no(reason);
    };
    if (!refuse_with.empty()) return refuse(refuse_with);
    if (transfer.currency_code != base::to_string(options_.currency)) {
        return refuse(currency_not_allowed);
    }
    if (!is_payable(transfer.amount)) return refuse(amount_invalid);
    const Customer* payee = find(transfer.payee_account);
    if (payee == nullptr && options_.open_on_credit && !transfer.payee_account.empty()) {
        open(transfer.payee_account, 0);
        payee = &customers_.back();
    }
    if (payee == nullptr) return refuse(unknown_account);
    add(transfer.id, transfer.amount, payee->number, TransferState::promised, {});
    return yes();
}

Answer Books::commit_promise(TransferEntry& entry, std::string_view refuse_with) {
    if (!refuse_with.empty()) {
        move(entry, TransferState::refused_after_commit, refuse_with);
        return no(refuse_with);
    }
    Customer& payee = customer(entry.second.customer);
    const auto balance =
        base::checked_add(base::Amount(payee.balance), base::Amount(entry.second.amount));
    ASSERT(balance.has_value());
    payee.balance = balance->minor_units();
    totals_.balances += entry.second.amount;
    move(entry, TransferState::credited, {});
    return yes();
}

Answer Books::outcome_as_payee(TransferEntry& entry, Ending ending, std::string_view reason,
                               std::string_view refuse_with) {
    switch (entry.second.state) {
        case TransferState::promised:
            if (ending == Ending::committed) return commit_promise(entry, refuse_with);
            move(entry, TransferState::released, reason);
            return yes();
        case TransferState::refused_after_commit:
            return ending == Ending::committed ? no(reason_of(entry.second)) : yes();
        case TransferState::credited:
            // The switch never takes back a commit that was not refused. Nothing moves: a person
            // has to look.
            if (ending != Ending::committed) ++contradictions_;
            return yes();
        case TransferState::refused:
        case TransferState::released:
            if (ending != Ending::committed) return yes();
            // It was not promised, or not any more: it can not be credited.
            ++contradictions_;
            return no(not_promised);
        case TransferState::held:
        case TransferState::sent:
        case TransferState::freed:
        case TransferState::returned: break;
    }
    UNREACHABLE("an outgoing transfer as payee");
}

Answer Books::outcome(const base::TransferId& id, Ending ending, std::string_view reason,
                      std::string_view refuse_with) {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) {
        if (ending == Ending::committed) return no(not_promised);
        // The accept may still be on its way: it will find this.
        MARK("walletsim.outcome_before_accept");
        add(id, 0, nobody, TransferState::released, reason);
        return yes();
    }
    if (!is_outgoing(found->second.state)) {
        return outcome_as_payee(*found, ending, reason, refuse_with);
    }
    settle(id, ending, reason);
    return yes();
}

Answer Books::hold(const Payment& payment) {
    if (!is_payable(payment.amount)) return no(amount_invalid);
    const Customer* payer = find(payment.payer_account);
    if (payer == nullptr) return no(unknown_account);
    if (payer->balance < payment.amount) return no(insufficient_funds);
    if (transfers_.contains(payment.id)) return no(duplicate);
    // After this point it must succeed.
    Customer& changed = customer(payer->number);
    changed.balance -= payment.amount;
    changed.held += payment.amount;
    totals_.balances -= payment.amount;
    add(payment.id, payment.amount, payer->number, TransferState::held, {});
    pending_.emplace(payment.id, payment);
    return yes();
}

void Books::settle(const base::TransferId& id, Ending ending, std::string_view reason) {
    const auto found = transfers_.find(id);
    ASSERT(found != transfers_.end() && is_outgoing(found->second.state));
    TransferEntry& entry = *found;
    const bool is_held = entry.second.state == TransferState::held;
    if (!is_held && !(entry.second.state == TransferState::sent && ending == Ending::returned)) {
        const bool was_committed = entry.second.state != TransferState::freed;
        if (was_committed != (ending != Ending::aborted)) ++contradictions_;
        return;
    }
    Customer& payer = customer(entry.second.customer);
    if (is_held) payer.held -= entry.second.amount;
    if (ending != Ending::committed) {
        payer.balance += entry.second.amount;
        totals_.balances += entry.second.amount;
    }
    switch (ending) {
        case Ending::committed: move(entry, TransferState::sent, {}); break;
        case Ending::aborted: move(entry, TransferState::freed, reason); break;
        case Ending::returned: move(entry, TransferState::returned, reason); break;
    }
    pending_.erase(id);
}

const Books::Customer* Books::find(std::string_view account) const {
    const auto found = numbers_.find(std::string(account));
    return found == numbers_.end() ? nullptr : &customers_[found->second];
}

const Books::Transfer* Books::find(const base::TransferId& id) const {
    const auto found = transfers_.find(id);
    return found == transfers_.end() ? nullptr : &found->second;
}

std::vector<base::TransferId> Books::promises() const {
    std::vector<base::TransferId> ids;
    if (totals_.promises == 0) return ids;
    for (const auto& [id, transfer] : transfers_) {
        if (transfer.state == TransferState::promised) ids.push_back(id);
    }
    return ids;
}

void Books::clear_changes() {
    for (const Customer* changed : changed_customers_) {
        customers_[changed->number].is_changed = false;
    }
    for (const TransferEntry* changed : changed_transfers_) {
        transfers_.find(changed->first)->second.change = Change::none;
    }
    changed_customers_.clear();
    changed_transfers_.clear();
}

std::string_view Books::account_of(std::uint32_t number) const {
    return number == nobody ? std::string_view() : customers_.at(number).account;
}

void Books::restore(Customer customer) {
    ASSERT(customer.number == customers_.size());
    numbers_.emplace(customer.account, customer.number);
    ++totals_.customers;
    totals_.initial += customer.initial;
    totals_.balances += customer.balance;
    customers_.push_back(std::move(customer));
}

void Books::restore(const base::TransferId& id, const Transfer& transfer) {
    const bool is_new = transfers_.emplace(id, transfer).second;
    ASSERT(is_new);
    count(transfer, 1);
}

void Books::restore(Payment payment) {
    const base::TransferId id = payment.id;
    pending_.emplace(id, std::move(payment));
}

}  // namespace ayni::walletsim
