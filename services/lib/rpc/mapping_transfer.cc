#include "rpc/mapping_transfer.h"

#include <map>

#include "rpc/mapping_fields.h"
#include "rpc/mapping_status.h"

namespace ayni::rpc {
namespace {

constexpr std::size_t max_account_characters = 64;
constexpr std::size_t max_end_to_end_id = 35;
constexpr std::size_t max_remittance_characters = 140;

void fill_details(const identity::Tokeniser& tokeniser, router::Payment& payment) {
    using identity::TokenKind;
    ledger::PaymentDetails& details = payment.details;
    details.payer_token = tokeniser.token(TokenKind::account, payment.payer_account);
    details.payee_token = tokeniser.token(TokenKind::account, payment.payee_account);
    details.remittance_token = tokeniser.token(TokenKind::remittance, payment.remittance_text);
    details.end_to_end_id = padded<36>(payment.end_to_end_id);
    details.purpose = padded<4>(payment.purpose);
    details.token_key_version = tokeniser.key_version();
}

void add_details(const ledger::CommandView& command, v1::Transfer& message) {
    const auto& body = command.as<ledger::CreateTransfer>();
    to_message(base::Amount(command.postings().front().amount), body.currency,
               *message.mutable_amount());
    if (const ledger::PaymentDetails* details = command.details()) {
        message.set_end_to_end_id(unpadded(details->end_to_end_id));
        message.set_purpose(unpadded(details->purpose));
    }
}

}  // namespace

std::unique_ptr<router::Payment> payment_of(const v1::NewTransfer& request,
                                            const identity::Tokeniser& tokeniser,
                                            std::string_view prefix, Violations& wrong) {
    const std::string p(prefix);
    const auto id = check_transfer_id(request.transfer_id(), p + "transfer_id", wrong);
    check_code(request.payee_participant(), p + "payee_participant", wrong);
    check_text(request.payee_account(), 1, max_account_characters, p + "payee_account", wrong);
    check_text(request.payer_account(), 1, max_account_characters, p + "payer_account", wrong);
    const auto money = check_money(request.amount(), request.has_amount(), 1, p + "amount", wrong);
    check_ascii(request.end_to_end_id(), 0, max_end_to_end_id, p + "end_to_end_id", wrong);
    check_purpose(request.purpose(), p + "purpose", wrong);
    check_text(request.remittance_text(), 0, max_remittance_characters, p + "remittance_text",
               wrong);
    const auto timeout =
        check_timeout(request.timeout(), request.has_timeout(), p + "timeout", wrong);
    if (!wrong.empty()) return nullptr;

    auto payment = std::make_unique<router::Payment>();
    payment->id = *id;
    payment->amount = money->amount;
    payment->currency = money->currency;
    payment->timeout = *timeout;
    payment->payer_account = request.payer_account();
    payment->payee_account = request.payee_account();
    payment->end_to_end_id = request.end_to_end_id();
    payment->purpose = request.purpose();
    payment->remittance_text = request.remittance_text();
    fill_details(tokeniser, *payment);
    return payment;
}

void check_batch(const google::protobuf::RepeatedPtrField<v1::NewTransfer>& transfers,
                 Violations& wrong) {
    if (transfers.empty() || transfers.size() > max_batch_payments) {
        wrong.add("transfers", "must have 1 to 1000 elements");
        return;
    }
    std::map<base::TransferId, int> seen;
    for (int i = 0; i < transfers.size(); ++i) {
        const auto id = base::parse_transfer_id(transfers[i].transfer_id());
        if (!id) continue;
        const auto [first, is_new] = seen.emplace(*id, i);
        if (is_new) continue;
        wrong.add("transfers[" + std::to_string(i) + "].transfer_id",
                  "must differ from that of transfers[" + std::to_string(first->second) + "]");
    }
}

v1::TransferState proto_state_of(ledger::TransferState state) {
    using ledger::TransferState;
    switch (state) {
        case TransferState::reserved: return v1::TRANSFER_STATE_RESERVED;
        case TransferState::committed: return v1::TRANSFER_STATE_COMMITTED;
        case TransferState::aborted: return v1::TRANSFER_STATE_ABORTED;
        case TransferState::rejected: return v1::TRANSFER_STATE_REJECTED;
        case TransferState::returned: return v1::TRANSFER_STATE_RETURNED;
    }
    UNREACHABLE("transfer state");
}

v1::TransferType proto_type_of(ledger::TransferType type) {
    using ledger::TransferType;
    switch (type) {
        case TransferType::payment: return v1::TRANSFER_TYPE_PAYMENT;
        case TransferType::ledger: return v1::TRANSFER_TYPE_LEDGER;
        case TransferType::funds_in: return v1::TRANSFER_TYPE_FUNDS_IN;
    }
    UNREACHABLE("transfer type");
}

v1::TransferStage proto_stage_of(router::Stage stage) {
    using router::Stage;
    switch (stage) {
        case Stage::none: return v1::TRANSFER_STAGE_UNSPECIFIED;
        case Stage::queued: return v1::TRANSFER_STAGE_QUEUED;
        case Stage::sent: return v1::TRANSFER_STAGE_SENT;
        case Stage::accepted: return v1::TRANSFER_STAGE_ACCEPTED;
        case Stage::unacknowledged: return v1::TRANSFER_STAGE_UNACKNOWLEDGED;
        case Stage::finished: return v1::TRANSFER_STAGE_FINISHED;
    }
    UNREACHABLE("stage");
}

void to_message(const base::TransferId& id, const ledger::Outcome& outcome,
                v1::TransferResult& message) {
    message.set_transfer_id(base::to_string(id));
    message.set_state(proto_state_of(outcome.state));
    message.set_reason(std::string(outcome.reason.view()));
    message.set_status(proto_status_of(outcome.status));
    message.set_replayed(outcome.replayed);
    to_message(outcome.decided_at, *message.mutable_decide_time());
    message.set_decided_sequence(outcome.decided_sequence.value());
}

void to_message(const ErrorDetail& error, v1::TransferError& message) {
    message.set_code(static_cast<int>(error.code));
    message.set_reason(std::string(error.reason));
    message.set_iso_reason(error.iso_reason);
    if (!error.violations.empty()) message.set_field(error.violations.front().field);
    message.set_message(error.message);
    if (error.retry_after) {
        message.set_retry_after_ms(static_cast<std::uint32_t>(error.retry_after->count()));
    }
}

void to_message(const ledger::RememberedTransfer& record, v1::Transfer& message) {
    message.set_transfer_id(base::to_string(record.id));
    message.set_type(proto_type_of(record.type));
    message.set_state(proto_state_of(record.state));
    message.set_reason(std::string(record.reason.view()));
    message.set_status(proto_status_of(record.status));
    to_message(record.decided_at, *message.mutable_decide_time());
    message.set_created_sequence(record.created_sequence.value());
    message.set_decided_sequence(record.decided_sequence.value());
}

bool add_journalled(const base::TransferId& id, const journal::CommandReader::Found& found,
                    v1::Transfer& message) {
    const auto command = ledger::CommandView::read(std::as_bytes(std::span(found.command)));
    if (!command) return false;
    if (command->kind() == ledger::CommandKind::create_transfer) {
        if (command->as<ledger::CreateTransfer>().id != id) return false;
        if (command->postings().empty()) return false;
        add_details(*command, message);
    } else if (command->kind() == ledger::CommandKind::record_funds_in) {
        const auto& body = command->as<ledger::RecordFundsIn>();
        if (body.id != id) return false;
        to_message(base::Amount(body.amount), body.currency, *message.mutable_amount());
    } else {
        return false;
    }
    to_message(found.header.timestamp, *message.mutable_create_time());
    message.set_business_date(base::business_date(found.header.timestamp));
    return true;
}

std::optional<ledger::RememberedTransfer> record_of(const history::Entry& entry) {
    const bool is_sane =
        entry.state >= 1 && entry.state <= static_cast<unsigned>(ledger::last_transfer_state) &&
        entry.type >= 1 && entry.type <= static_cast<unsigned>(ledger::last_transfer_type) &&
        v1::Status_IsValid(entry.status);
    if (!is_sane) return std::nullopt;
    ledger::RememberedTransfer record;
    record.id = entry.id;
    record.created_sequence = entry.created_sequence;
    record.decided_sequence = entry.decided_sequence;
    record.decided_at = entry.decided_at;
    record.initiator = entry.initiator;
    record.payee = entry.payee;
    std::copy(std::begin(entry.reason), std::end(entry.reason), record.reason.text.begin());
    record.status = static_cast<ledger::Status>(entry.status);
    record.state = static_cast<ledger::TransferState>(entry.state);
    record.type = static_cast<ledger::TransferType>(entry.type);
    return record;
}

}  // namespace ayni::rpc
