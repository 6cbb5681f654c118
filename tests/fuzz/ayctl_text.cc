#include <string>
#include <vector>

#include "ayctl/csv.h"
#include "ayctl/decode.h"
#include "ayctl/format.h"
#include "ayctl/json.h"
#include "ayctl/pay_routes.h"
#include "disbursement/text.h"
#include "fuzz/input.h"

namespace {

using namespace ayni;

/// Reads one record of RFC 4180, as a spreadsheet does.
std::vector<std::string> read_csv(const std::string& record) {
    std::vector<std::string> fields(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < record.size(); ++i) {
        const char c = record[i];
        if (is_quoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (i + 1 < record.size() && record[i + 1] == '"') {
                fields.back() += record[++i];
            } else {
                is_quoted = false;
            }
        } else if (c == '"' && fields.back().empty()) {
            is_quoted = true;
        } else if (c == ',') {
            fields.emplace_back();
        } else if (c == '\r' && record.substr(i) == "\r\n") {
            return fields;
        } else {
            fields.back() += c;
        }
    }
    return fields;
}

/// "-4.50": a number to spreadsheets and programs, and to nobody a formula.
bool is_negative_amount(std::string_view text) {
    if (text.size() < 5 || text.front() != '-' || text[text.size() - 3] != '.') return false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (i != text.size() - 3 && (text[i] < '0' || text[i] > '9')) return false;
    }
    return true;
}

void check_csv(fuzz::Input& input) {
    std::vector<std::string> fields;
    while (!input.empty() && fields.size() < 16) {
        std::string field(input.line());
        for (char& c : field) {
            if (c == '\1') c = '\n';  // the line end itself ends a field of the input
        }
        fields.push_back(field);
    }
    if (fields.empty()) return;
    const std::string record = ayctl::csv_record(fields);
    const std::vector<std::string> again = read_csv(record);
    ASSERT(again.size() == fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
        // An apostrophe keeps a spreadsheet from taking the field for a formula.
        const bool is_formula =
            !fields[i].empty() &&
            std::string_view("=+-@\t\r").find(fields[i][0]) != std::string_view::npos;
        if (is_formula && is_negative_amount(fields[i]) && again[i] == fields[i]) continue;
        ASSERT(again[i] == (is_formula ? "'" + fields[i] : fields[i]));
    }
}

void check_json(std::string_view text) {
    std::string quoted;
    ayctl::append_json_string(quoted, text);
    ASSERT(quoted.size() >= 2);
    ASSERT(quoted.front() == '"');
    ASSERT(quoted.back() == '"');
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        ASSERT(static_cast<unsigned char>(quoted[i]) >= 0x20);
        ASSERT(quoted[i] != '"');
        if (quoted[i] == '\\') ++i;
    }
    if (!disbursement::first_invalid_utf8(text)) ASSERT(!disbursement::first_invalid_utf8(quoted));
}

void check_arguments(fuzz::Input& input) {
    const std::string text(input.line());
    const std::string currency(input.line());
    if (const auto money = ayctl::parse_money(text, currency, "--amount")) {
        ASSERT(money->minor_units() >= 0);
    }
    if (const auto time = ayctl::parse_time(text, "--at")) {
        const auto again = ayctl::parse_time(ayctl::format_time(*time), "--at");
        ASSERT(again.has_value());
        ASSERT(again->milliseconds() == time->milliseconds());
    }
    if (const auto id = ayctl::parse_id(text, "--id")) {
        ASSERT(ayctl::parse_id(*id, "--id").value() == *id);
    }
    static_cast<void>(ayctl::parse_routes({text, currency}));
}

void check_commands(std::string_view text) {
    fuzz::Aligned aligned(text);
    static_cast<void>(ledger::for_each_command(aligned.bytes(), [](ledger::CommandView view) {
        ASSERT(!ayctl::decode(view).to_string().empty());
    }));
}

}  // namespace

/// What ayctl writes and reads: the first byte chooses.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    switch (input.byte() % 4) {
        case 0: check_csv(input); break;
        case 1: check_json(input.rest()); break;
        case 2: check_arguments(input); break;
        default: check_commands(input.rest()); break;
    }
    return 0;
}
