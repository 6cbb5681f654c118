#include "ayctl/csv.h"

#include "base/amount.h"

namespace ayni::ayctl {
namespace {

constexpr std::string_view formula_starts = "=+-@\t\r";

bool is_formula_to_a_spreadsheet(std::string_view text) {
    if (text.empty() || formula_starts.find(text.front()) == text.npos) return false;
    // As format_decimal writes one: spreadsheets and programs are to take it for a number.
    const bool is_negative_amount = text.size() >= 5 && text.front() == '-' &&
                                    text[text.size() - 3] == '.' &&
                                    base::parse_decimal(text.substr(1));
    return !is_negative_amount;
}

std::string csv_field(std::string_view text) {
    const bool is_formula = is_formula_to_a_spreadsheet(text);
    std::string field = is_formula ? "'" + std::string(text) : std::string(text);
    if (!is_formula && field.find_first_of(",\"\r\n") == std::string::npos) return field;
    std::string quoted = "\"";
    for (const char c : field) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

std::string csv_record(const std::vector<std::string>& fields) {
    std::string record;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) record += ',';
        record += csv_field(fields[i]);
    }
    return record + "\r\n";
}

}  // namespace ayni::ayctl
