#include "projection/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace ayni::projection {
namespace {

using ledger::AccountKind;
using ledger::CommandKind;
using ledger::ParticipantState;
using ledger::TransferState;
using ledger::TransferType;

/// Bytes of the UTF-8 sequence at the start of `text`; 0 when there is none that is valid and
/// printable.
std::size_t sequence_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
    std::size_t size = 0;
    if (first >= 0xC2 && first <= 0xDF) size = 2;
    if (first >= 0xE0 && first <= 0xEF) size = 3;
    if (first >= 0xF0 && first <= 0xF4) size = 4;
    if (size == 0 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    }
    const bool is_overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool is_surrogate = first == 0xED && byte(1) > 0x9F;
    const bool is_too_large = first == 0xF4 && byte(1) > 0x8F;
    return is_overlong || is_surrogate || is_too_large ? 0 : size;
}

}  // namespace

std::string word_of(AccountKind kind) {
    switch (kind) {
        case AccountKind::settlement: return "settlement";
        case AccountKind::position: return "position";
        case AccountKind::customer: return "customer";
        case AccountKind::hosted_clearing: return "hosted_clearing";
        case AccountKind::programme_fund: return "programme_fund";
        case AccountKind::collection_liability: return "collection_liability";
        case AccountKind::fee: return "fee";
        case AccountKind::suspense: return "suspense";
        case AccountKind::settlement_bank: return "settlement_bank";
    }
    return fmt::format("{}", static_cast<unsigned>(kind));
}

std::string word_of(ParticipantState state) {
    switch (state) {
        case ParticipantState::active: return "active";
        case ParticipantState::suspended: return "suspended";
        case ParticipantState::send_only: return "send_only";
        case ParticipantState::receive_only: return "receive_only";
    }
    return fmt::format("{}", static_cast<unsigned>(state));
}

std::string word_of(base::Currency currency) {
    const auto number = static_cast<std::uint16_t>(currency);
    if (base::currency_of(number)) return std::string(base::to_string(currency));
    return fmt::format("{:03}", number);
}

std::string_view word_of(TransferState state) {
    switch (state) {
        case TransferState::reserved: return "reserved";
        case TransferState::committed: return "committed";
        case TransferState::aborted: return "aborted";
        case TransferState::rejected: return "rejected";
        case TransferState::returned: return "returned";
    }
    UNREACHABLE("transfer state");
}

std::string_view word_of(TransferType type) {
    switch (type) {
        case TransferType::payment: return "payment";
        case TransferType::ledger: return "ledger";
        case TransferType::funds_in: return "funds_in";
    }
    UNREACHABLE("transfer type");
}

std::string_view word_of(CommandKind kind) {
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
    UNREACHABLE("command kind");
}

std::optional<TransferState> transfer_state_of(std::string_view word) {
    for (const auto state :
         {TransferState::reserved, TransferState::committed, TransferState::aborted,
          TransferState::rejected, TransferState::returned}) {
        if (word_of(state) == word) return state;
    }
    return std::nullopt;
}

std::optional<TransferType> transfer_type_of(std::string_view word) {
    for (const auto type : {TransferType::payment, TransferType::ledger, TransferType::funds_in}) {
        if (word_of(type) == word) return type;
    }
    return std::nullopt;
}

std::optional<ledger::Status> status_of(std::string_view word) {
    for (const auto status : ledger::all_statuses) {
        if (to_string(status) == word) return status;
    }
    return std::nullopt;
}

std::string text_of(std::span<const char> field) {
    std::size_t used = field.size();
    while (used > 0 && field[used - 1] == '\0') --used;
    std::string_view rest(field.data(), used);
    std::string text;
    while (!rest.empty()) {
        const std::size_t size = sequence_bytes(rest);
        text += size == 0 ? std::string_view("\xEF\xBF\xBD") : rest.substr(0, size);
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return text;
}

}  // namespace ayni::projection
