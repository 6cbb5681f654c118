#pragma once

#include <string>
#include <vector>

#include "ayctl/json.h"
#include "ayctl/pay_lines.h"

/// What became of a file, for people, spreadsheets and programs. Pure functions.
namespace ayni::ayctl {

struct PayTotals {
    std::size_t lines = 0;
    std::size_t paid = 0;
    std::size_t replayed = 0;
    std::int64_t sum = 0;       ///< Of all lines, in céntimos.
    std::int64_t paid_sum = 0;  ///< Of those that are paid.
};
[[nodiscard]] PayTotals totals_of(const std::vector<PayLine>& lines);

/// A table by institution, outcome and reason, and a last line with the totals.
[[nodiscard]] std::string summary_text(const std::vector<PayLine>& lines);
[[nodiscard]] JsonObject summary_json(const std::vector<PayLine>& lines);

/// A header and one record for each line, in the order of the file. It names people and accounts.
[[nodiscard]] std::string results_csv(const std::vector<PayLine>& lines);

}  // namespace ayni::ayctl
