#pragma once

#include <string>

#include "ayni/v1/settlement_service.pb.h"
#include "base/result.h"

/// A statement in its forms. Pure functions.
namespace ayni::ayctl {

/// "2026-11-23" as 20261123. Whether there is such a day the switch knows.
[[nodiscard]] base::Result<std::uint32_t> parse_date(const std::string& text,
                                                     const std::string& option);

/// Account, period, balances and sums, as text.
[[nodiscard]] std::string summary_text(const v1::StatementSummary& summary, std::uint64_t as_of);

/// Aligned columns, with a line of titles. Amounts have the sign of what they do to the balance.
[[nodiscard]] std::string entries_text(
    const google::protobuf::RepeatedPtrField<v1::StatementEntry>& entries);

/// RFC 4180: the line of titles, and the line of an entry. Amounts are decimals.
[[nodiscard]] std::string csv_titles();
[[nodiscard]] std::string csv_line(const v1::StatementEntry& entry);

}  // namespace ayni::ayctl
