#include "rpc/mapping_ledger.h"

#include <array>

#include "rpc/mapping_status.h"

namespace ayni::rpc {
namespace {

using ledger::CommandPosting;

constexpr std::uint32_t least_timeout_ms = 10;
constexpr std::uint32_t most_timeout_ms = 86'400'000;
constexpr int max_linked = static_cast<int>(ledger::max_postings) - 1;

/// Names fields of one item; builds text only when asked to.
class Item {
public:
    Item(const char* list, int index) : list_(list), index_(index) {}
    [[nodiscard]] std::string field(const char* name) const {
        return std::string(list_) + "[" + std::to_string(index_) + "]." + name;
    }
    [[nodiscard]] std::string field(const char* list, int index, const char* name) const {
        return Item(field(list).c_str(), index).field(name);
    }

private:
    const char* list_;
    int index_;
};

bool check_count(const char* field, int count, Violations& wrong) {
    if (count > 0 && count <= max_ledger_items) return true;
    wrong.add(field, "must have 1 to 8192 elements");
    return false;
}

std::optional<base::Currency> known_currency(std::uint32_t numeric) {
    if (numeric > 0xFFFF) return std::nullopt;
    return base::currency_of(static_cast<std::uint16_t>(numeric));
}

void find_faults(const v1::LedgerTransfer& transfer, const Item& item, Violations& wrong) {
    if (transfer.id_high() == 0 && transfer.id_low() == 0) {
        wrong.add(item.field("id_high"), "must not be zero together with id_low");
    }
    if (transfer.debit_account_id() == 0) {
        wrong.add(item.field("debit_account_id"), "must not be zero");
    }
    if (transfer.credit_account_id() == 0) {
        wrong.add(item.field("credit_account_id"), "must not be zero");
    }
    if (transfer.amount() <= 0) wrong.add(item.field("amount"), "must be positive");
    if (!known_currency(transfer.currency())) {
        wrong.add(item.field("currency"), "must be 604 (PEN) or 840 (USD)");
    }
    const std::uint32_t timeout = transfer.timeout_ms();
    if (timeout != 0 && (timeout < least_timeout_ms || timeout > most_timeout_ms)) {
        wrong.add(item.field("timeout_ms"), "must be 0 or 10 to 86400000");
    }
    if (transfer.linked_size() > max_linked) {
        wrong.add(item.field("linked"), "must have at most 7 elements");
        return;
    }
    for (int i = 0; i < transfer.linked_size(); ++i) {
        const v1::Posting& posting = transfer.linked(i);
        if (posting.debit_account_id() == 0) {
            wrong.add(item.field("linked", i, "debit_account_id"), "must not be zero");
        }
        if (posting.credit_account_id() == 0) {
            wrong.add(item.field("linked", i, "credit_account_id"), "must not be zero");
        }
        if (posting.amount() <= 0) wrong.add(item.field("linked", i, "amount"), "must be positive");
    }
}

std::size_t postings_of(const v1::LedgerTransfer& transfer,
                        std::array<CommandPosting, ledger::max_postings>& postings) {
    postings[0] = {base::AccountId(transfer.debit_account_id()),
                   base::AccountId(transfer.credit_account_id()), transfer.amount()};
    std::size_t count = 1;
    for (const v1::Posting& posting : transfer.linked()) {
        postings[count++] = {base::AccountId(posting.debit_account_id()),
                             base::AccountId(posting.credit_account_id()), posting.amount()};
    }
    return count;
}

void append(const v1::LedgerTransfer& transfer, base::ParticipantId caller,
            ledger::CommandBuffer& commands) {
    ledger::CreateTransfer body;
    body.id = {transfer.id_high(), transfer.id_low()};
    body.initiator = caller;
    body.timeout_ms = transfer.timeout_ms();
    body.currency = static_cast<base::Currency>(transfer.currency());
    body.type = ledger::TransferType::ledger;
    std::array<CommandPosting, ledger::max_postings> postings;
    const std::size_t count = postings_of(transfer, postings);
    commands.add(body, std::span(postings.data(), count));
}

/// What institutions may make; nothing for other kinds.
std::optional<ledger::AccountKind> kind_to_make(v1::AccountKind kind) {
    using ledger::AccountKind;
    switch (kind) {
        case v1::ACCOUNT_KIND_CUSTOMER: return AccountKind::customer;
        case v1::ACCOUNT_KIND_PROGRAMME_FUND: return AccountKind::programme_fund;
        case v1::ACCOUNT_KIND_COLLECTION_LIABILITY: return AccountKind::collection_liability;
        case v1::ACCOUNT_KIND_FEE: return AccountKind::fee;
        case v1::ACCOUNT_KIND_SUSPENSE: return AccountKind::suspense;
        default: return std::nullopt;  // what a newer client may know, too
    }
}

std::optional<ledger::CreateAccount> account_of(const v1::NewAccount& account, const Item& item,
                                                base::ParticipantId caller, Violations& wrong) {
    const bool is_id =
        account.account_id() != 0 && (account.account_id() & ledger::system_account_bit) == 0;
    const auto kind = kind_to_make(account.kind());
    const auto currency = known_currency(account.currency());
    if (!is_id) wrong.add(item.field("account_id"), "must be from 1 to 2^63 - 1");
    if (!kind) {
        wrong.add(item.field("kind"),
                  "must be customer, programme fund, collection liability, fee or suspense");
    }
    if (!currency) wrong.add(item.field("currency"), "must be 604 (PEN) or 840 (USD)");
    if (!is_id || !kind || !currency) return std::nullopt;
    ledger::CreateAccount command;
    command.account = base::AccountId(account.account_id());
    command.owner = caller;
    command.currency = *currency;
    command.account_kind = *kind;
    return command;
}

template <typename Request, typename Command>
void encode_references(const Request& request, Command command, ledger::CommandBuffer& commands,
                       Violations& wrong) {
    if (!check_count("transfers", request.transfers_size(), wrong)) return;
    for (int i = 0; i < request.transfers_size(); ++i) {
        const v1::TransferReference& transfer = request.transfers(i);
        command.id = {transfer.id_high(), transfer.id_low()};
        if (command.id.is_zero()) {
            wrong.add(Item("transfers", i).field("id_high"),
                      "must not be zero together with id_low");
            return;
        }
        commands.add(command);
    }
}

}  // namespace

void encode(const google::protobuf::RepeatedPtrField<v1::LedgerTransfer>& transfers,
            base::ParticipantId caller, ledger::CommandBuffer& commands, Violations& wrong) {
    if (!check_count("transfers", transfers.size(), wrong)) return;
    for (int i = 0; i < transfers.size(); ++i) {
        find_faults(transfers[i], Item("transfers", i), wrong);
        if (!wrong.empty()) return;
        append(transfers[i], caller, commands);
    }
}

void encode(const v1::CreateAccountsRequest& request, base::ParticipantId caller,
            ledger::CommandBuffer& commands, Violations& wrong) {
    if (!check_count("accounts", request.accounts_size(), wrong)) return;
    for (int i = 0; i < request.accounts_size(); ++i) {
        const auto command = account_of(request.accounts(i), Item("accounts", i), caller, wrong);
        if (!command) return;
        commands.add(*command);
    }
}

void encode(const v1::CommitTransfersRequest& request, base::ParticipantId caller,
            ledger::CommandBuffer& commands, Violations& wrong) {
    ledger::CommitTransfer command;
    command.by = caller;
    encode_references(request, command, commands, wrong);
}

void encode(const v1::AbortTransfersRequest& request, base::ParticipantId caller,
            ledger::CommandBuffer& commands, Violations& wrong) {
    ledger::AbortTransfer command;
    command.by = caller;
    command.reason = ledger::ReasonCode("MS03");
    command.payee_was_asked = 0;
    encode_references(request, command, commands, wrong);
}

v1::AccountKind proto_kind_of(ledger::AccountKind kind) {
    using ledger::AccountKind;
    switch (kind) {
        case AccountKind::settlement: return v1::ACCOUNT_KIND_SETTLEMENT;
        case AccountKind::position: return v1::ACCOUNT_KIND_POSITION;
        case AccountKind::customer: return v1::ACCOUNT_KIND_CUSTOMER;
        case AccountKind::hosted_clearing: return v1::ACCOUNT_KIND_HOSTED_CLEARING;
        case AccountKind::programme_fund: return v1::ACCOUNT_KIND_PROGRAMME_FUND;
        case AccountKind::collection_liability: return v1::ACCOUNT_KIND_COLLECTION_LIABILITY;
        case AccountKind::fee: return v1::ACCOUNT_KIND_FEE;
        case AccountKind::suspense: return v1::ACCOUNT_KIND_SUSPENSE;
        case AccountKind::settlement_bank: return v1::ACCOUNT_KIND_SETTLEMENT_BANK;
    }
    UNREACHABLE("account kind");
}

void to_message(const ledger::Account& account, v1::Account& message) {
    message.set_account_id(account.id.value());
    message.set_kind(proto_kind_of(account.kind));
    message.set_currency(static_cast<std::uint32_t>(account.currency));
    message.set_debits_pending(account.debits_pending);
    message.set_debits_posted(account.debits_posted);
    message.set_credits_pending(account.credits_pending);
    message.set_credits_posted(account.credits_posted);
}

void add_statuses(std::span<const ledger::Outcome> outcomes,
                  google::protobuf::RepeatedField<int>& statuses) {
    statuses.Reserve(static_cast<int>(outcomes.size()));
    for (const ledger::Outcome& outcome : outcomes) {
        // The numbers are the same, which mapping_status.cc proves for each.
        statuses.AddAlreadyReserved(static_cast<int>(outcome.status));
    }
}

}  // namespace ayni::rpc
