#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/command.h"
#include "ledger/status.h"

/// The ledger's enumerations as they stand in the books. What is no enumerator (a command that was
/// refused for it can hold any number) is written as its number.
namespace ayni::projection {

[[nodiscard]] std::string word_of(ledger::AccountKind kind);
[[nodiscard]] std::string word_of(ledger::ParticipantState state);
[[nodiscard]] std::string word_of(base::Currency currency);
[[nodiscard]] std::string_view word_of(ledger::TransferState state);
[[nodiscard]] std::string_view word_of(ledger::TransferType type);
[[nodiscard]] std::string_view word_of(ledger::CommandKind kind);

// The way back, for history; nothing for a word that is none.
[[nodiscard]] std::optional<ledger::TransferState> transfer_state_of(std::string_view word);
[[nodiscard]] std::optional<ledger::TransferType> transfer_type_of(std::string_view word);
[[nodiscard]] std::optional<ledger::Status> status_of(std::string_view word);

/// The text in a zero-padded field, fit for the database: each byte that is not part of valid
/// UTF-8, and each control character, becomes U+FFFD. Commands hold what callers sent.
[[nodiscard]] std::string text_of(std::span<const char> field);

}  // namespace ayni::projection
