#include "ayctl/decode.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace ayni::ayctl {
namespace {

using ledger::CommandKind;
using ledger::CommandView;

/// A text in a zero padded array. Bytes that a terminal would obey are written as '?'.
template <std::size_t size>
std::string text_of(const std::array<char, size>& array) {
    std::string text(array.data(), array.size());
    text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

template <std::size_t size>
std::string hexadecimal(const std::array<std::uint8_t, size>& bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
}

std::string currency_name(base::Currency currency) {
    switch (currency) {
        case base::Currency::pen:
        case base::Currency::usd: return std::string(base::to_string(currency));
    }
    return std::to_string(static_cast<int>(currency));
}

std::string state_name(ledger::ParticipantState state) {
    switch (state) {
        case ledger::ParticipantState::active: return "active";
        case ledger::ParticipantState::suspended: return "suspended";
        case ledger::ParticipantState::send_only: return "send_only";
        case ledger::ParticipantState::receive_only: return "receive_only";
    }
    return std::to_string(static_cast<int>(state));
}

std::string type_name(ledger::TransferType type) {
    switch (type) {
        case ledger::TransferType::payment: return "payment";
        case ledger::TransferType::ledger: return "ledger";
        case ledger::TransferType::funds_in: return "funds_in";
    }
    return std::to_string(static_cast<int>(type));
}

class Fields {
public:
    explicit Fields(DecodedCommand& command) : command_(command) {}

    Fields& add(const char* name, std::string value) {
        command_.fields.emplace_back(name, std::move(value));
        return *this;
    }
    Fields& add(const char* name, std::uint64_t value) { return add(name, std::to_string(value)); }
    Fields& add(const char* name, base::ParticipantId id) { return add(name, id.value()); }
    Fields& add(const char* name, const base::TransferId& id) {
        return add(name, base::to_string(id));
    }
    Fields& add_amount(const char* name, std::int64_t minor_units) {
        return add(name, base::format_decimal(base::Amount(minor_units)));
    }

private:
    DecodedCommand& command_;
};

void add_transfer(CommandView command, Fields fields) {
    const auto& body = command.as<ledger::CreateTransfer>();
    fields.add("id", body.id).add("type", type_name(body.type)).add("initiator", body.initiator);
    if (!body.payee.is_zero()) fields.add("payee", body.payee);
    fields.add("currency", currency_name(body.currency));
    if (body.timeout_ms > 0) fields.add("timeout_ms", body.timeout_ms);
    for (const auto& posting : command.postings()) {
        fields.add("debit", account_name(posting.debit))
            .add("credit", account_name(posting.credit))
            .add_amount("amount", posting.amount);
    }
    const ledger::PaymentDetails* details = command.details();
    if (details == nullptr) return;
    fields.add("end_to_end_id", text_of(details->end_to_end_id))
        .add("purpose", text_of(details->purpose))
        .add("payer_token", hexadecimal(details->payer_token))
        .add("payee_token", hexadecimal(details->payee_token));
}

void add_started(CommandView command, Fields fields) {
    fields.add("epoch", command.as<ledger::Started>().epoch);
    const ledger::Limits* limits = command.limits();
    if (limits == nullptr) return;
    fields.add("participants", limits->participants)
        .add("accounts", limits->accounts)
        .add("live_transfers", limits->live_transfers)
        .add("remembered_transfers", limits->remembered_transfers)
        .add("claims", limits->claims)
        .add("unacknowledged_per_participant", limits->unacknowledged_per_participant);
}

void add_claim(CommandView command, Fields fields) {
    const auto& body = command.as<ledger::ClaimBatch>();
    fields.add("initiator", body.initiator)
        .add("message_id", text_of(body.message_id))
        .add("content_hash", hexadecimal(body.content_hash))
        .add("actor", text_of(body.actor));
}

/// What institutions and accounts are and may do.
void add_administration(CommandView command, Fields fields) {
    if (command.kind() == CommandKind::create_participant) {
        const auto& body = command.as<ledger::CreateParticipant>();
        fields.add("participant", body.participant)
            .add("code", text_of(body.code))
            .add("entity_code", body.entity_code)
            .add("actor", text_of(body.actor));
    } else if (command.kind() == CommandKind::set_participant_state) {
        const auto& body = command.as<ledger::SetParticipantState>();
        fields.add("participant", body.participant)
            .add("state", state_name(body.state))
            .add("actor", text_of(body.actor));
    } else if (command.kind() == CommandKind::set_net_debit_cap) {
        const auto& body = command.as<ledger::SetNetDebitCap>();
        fields.add("participant", body.participant)
            .add("currency", currency_name(body.currency))
            .add_amount("cap", body.cap)
            .add("actor", text_of(body.actor));
    } else if (command.kind() == CommandKind::create_account) {
        const auto& body = command.as<ledger::CreateAccount>();
        fields.add("account", body.account.value())
            .add("owner", body.owner)
            .add("currency", currency_name(body.currency))
            .add("kind", kind_name(body.account_kind));
    } else {
        const auto& body = command.as<ledger::RecordFundsIn>();
        fields.add("id", body.id)
            .add("participant", body.participant)
            .add("currency", currency_name(body.currency))
            .add_amount("amount", body.amount)
            .add("bank_reference", text_of(body.bank_reference))
            .add("actor", text_of(body.actor));
    }
}

/// What becomes of a transfer.
void add_decision(CommandView command, Fields fields) {
    if (command.kind() == CommandKind::commit_transfer) {
        const auto& body = command.as<ledger::CommitTransfer>();
        fields.add("id", body.id).add("by", body.by);
    } else if (command.kind() == CommandKind::abort_transfer) {
        const auto& body = command.as<ledger::AbortTransfer>();
        fields.add("id", body.id).add("by", body.by).add("reason", text_of(body.reason.text));
    } else if (command.kind() == CommandKind::acknowledge_outcome) {
        const auto& body = command.as<ledger::AcknowledgeOutcome>();
        fields.add("id", body.id).add("by", body.by);
    } else {
        const auto& body = command.as<ledger::RefuseCommitted>();
        fields.add("id", body.id).add("by", body.by).add("reason", text_of(body.reason.text));
    }
}

std::string name_of(CommandKind kind) {
    switch (kind) {
        case CommandKind::tick: return "tick";
        case CommandKind::started: return "started";
        case CommandKind::advance_protocol_version: return "advance_protocol_version";
        case CommandKind::create_participant: return "create_participant";
        case CommandKind::set_participant_state: return "set_participant_state";
        case CommandKind::set_net_debit_cap: return "set_net_debit_cap";
        case CommandKind::create_account: return "create_account";
        case CommandKind::record_funds_in: return "record_funds_in";
        case CommandKind::create_transfer: return "create_transfer";
        case CommandKind::commit_transfer: return "commit_transfer";
        case CommandKind::abort_transfer: return "abort_transfer";
        case CommandKind::acknowledge_outcome: return "acknowledge_outcome";
        case CommandKind::refuse_committed: return "refuse_committed";
        case CommandKind::claim_batch: return "claim_batch";
    }
    UNREACHABLE("CommandView::read knows every kind");
}

}  // namespace

std::string DecodedCommand::to_string() const {
    std::string text = kind;
    for (const auto& [name, value] : fields) text += " " + name + "=" + value;
    return text;
}

DecodedCommand decode(CommandView command) {
    DecodedCommand decoded{.kind = name_of(command.kind()), .fields = {}};
    Fields fields(decoded);
    switch (command.kind()) {
        case CommandKind::tick: break;
        case CommandKind::started: add_started(command, fields); break;
        case CommandKind::advance_protocol_version:
            fields.add("version", command.as<ledger::AdvanceProtocolVersion>().version)
                .add("actor", text_of(command.as<ledger::AdvanceProtocolVersion>().actor));
            break;
        case CommandKind::create_participant:
        case CommandKind::set_participant_state:
        case CommandKind::set_net_debit_cap:
        case CommandKind::create_account:
        case CommandKind::record_funds_in: add_administration(command, fields); break;
        case CommandKind::create_transfer: add_transfer(command, fields); break;
        case CommandKind::commit_transfer:
        case CommandKind::abort_transfer:
        case CommandKind::acknowledge_outcome:
        case CommandKind::refuse_committed: add_decision(command, fields); break;
        case CommandKind::claim_batch: add_claim(command, fields); break;
    }
    return decoded;
}

std::string kind_name(ledger::AccountKind kind) {
    switch (kind) {
        case ledger::AccountKind::settlement: return "settlement";
        case ledger::AccountKind::position: return "position";
        case ledger::AccountKind::customer: return "customer";
        case ledger::AccountKind::hosted_clearing: return "hosted_clearing";
        case ledger::AccountKind::programme_fund: return "programme_fund";
        case ledger::AccountKind::collection_liability: return "collection_liability";
        case ledger::AccountKind::fee: return "fee";
        case ledger::AccountKind::suspense: return "suspense";
        case ledger::AccountKind::settlement_bank: return "settlement_bank";
    }
    return std::to_string(static_cast<int>(kind));
}

std::string account_name(base::AccountId account) {
    const std::uint64_t number = account.value();
    if ((number & ledger::system_account_bit) == 0) return std::to_string(number);
    const auto kind = static_cast<ledger::AccountKind>(number & 0xFFU);
    const auto currency = base::currency_of(static_cast<std::uint16_t>((number >> 8U) & 0xFFFFU));
    return fmt::format("{}.{}.{}", (number & ~ledger::system_account_bit) >> 24U, kind_name(kind),
                       currency ? base::to_string(*currency) : "?");
}

}  // namespace ayni::ayctl
