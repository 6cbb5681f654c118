#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/amount.h"

/// Checks of element texts. Pure functions.
namespace ayni::disbursement {

/// Without white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629), or nothing.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Characters of well-formed UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);

[[nodiscard]] bool has_control_character(std::string_view text);
[[nodiscard]] bool is_printable_ascii(std::string_view text);

/// A decimal number of ISO 20022 in minor units. Zeros behind the second decimal are allowed, since
/// the schema allows them; other digits there are not.
[[nodiscard]] std::optional<base::Amount> parse_amount(std::string_view text);

/// 1 to 15 digits (Max15NumericText).
[[nodiscard]] std::optional<std::size_t> parse_count(std::string_view text);

/// "2026-11-24", a day that exists, and behind it a time zone or not.
[[nodiscard]] bool is_date(std::string_view text);

/// "2026-11-24T09:00:00", and behind it a fraction and a time zone or not.
[[nodiscard]] bool is_date_time(std::string_view text);

}  // namespace ayni::disbursement
