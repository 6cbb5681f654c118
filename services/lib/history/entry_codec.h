#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "history/history.h"

/// Keys and values of the index on disk. Keys are big-endian, so that their order is that of time;
/// values are little-endian.
namespace ayni::history {

inline constexpr std::size_t id_key_bytes = 16;
inline constexpr std::size_t payment_key_bytes = 12;
inline constexpr std::size_t entry_value_bytes = 40;

using IdKey = std::array<char, id_key_bytes>;
using PaymentKey = std::array<char, payment_key_bytes>;
using EntryValue = std::array<char, entry_value_bytes>;

[[nodiscard]] IdKey id_key_of(const base::TransferId& id);
[[nodiscard]] base::TransferId id_of_key(std::string_view key);

/// Participant, then the sequence that created the payment.
[[nodiscard]] PaymentKey payment_key_of(base::ParticipantId participant, base::Sequence created);

/// All of `entry` but its id, which is the key.
[[nodiscard]] EntryValue value_of(const Entry& entry);
/// Nothing when `value` has another size than values have.
[[nodiscard]] std::optional<Entry> entry_of(const base::TransferId& id, std::string_view value);

}  // namespace ayni::history
