#include <algorithm>
#include <cctype>
#include <string>

#include "base/amount.h"
#include "base/id128.h"
#include "disbursement/line_id.h"
#include "disbursement/text.h"
#include "fuzz/input.h"
#include "identity/cci.h"

namespace {

using namespace ayni;

std::string lower(std::string_view text) {
    std::string copy(text);
    std::transform(copy.begin(), copy.end(), copy.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return copy;
}

void check_ids(std::string_view text) {
    const auto id = base::parse_transfer_id(text);
    if (!id) return;
    const std::string again = base::to_string(*id);
    ASSERT(base::parse_transfer_id(again) == id);
    if (text.size() == again.size()) ASSERT(lower(text) == again);
}

void check_amounts(std::string_view text) {
    const auto amount = base::parse_decimal(text);
    const auto of_a_file = disbursement::parse_amount(text);
    if (!amount) return;
    ASSERT(amount->minor_units() >= 0);
    ASSERT(base::parse_decimal(base::format_decimal(*amount)) == amount);
    // What has two decimals at most both read alike.
    if (of_a_file) ASSERT(*of_a_file == *amount);
}

void check_rest(std::string_view text) {
    const bool has_digits = !identity::cci_fault(text, false).has_value();
    if (!identity::cci_fault(text, true).has_value()) ASSERT(has_digits);
    if (has_digits) ASSERT(text.size() == 20);
    const auto invalid = disbursement::first_invalid_utf8(text);
    if (invalid) ASSERT(*invalid < text.size());
    if (!invalid) ASSERT(disbursement::count_characters(text) <= text.size());
    ASSERT(disbursement::trimmed(text).size() <= text.size());
    if (disbursement::is_printable_ascii(text)) {
        ASSERT(!invalid);
        ASSERT(!disbursement::has_control_character(text));
    }
    // White space at both ends does not count.
    if (disbursement::parse_count(text)) ASSERT(disbursement::trimmed(text).size() <= 15);
    static_cast<void>(disbursement::is_date(text));
    static_cast<void>(disbursement::is_date_time(text));
    static_cast<void>(base::currency_of(text));
}

}  // namespace

/// Each line through every reader of short texts.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    while (!input.empty()) {
        const std::string line(input.line());
        check_ids(line);
        check_amounts(line);
        check_rest(line);
    }
    const std::string all(input.rest());
    const auto id = disbursement::line_transfer_id(
        size, {.initiator = all, .message_id = all, .line_id = all, .attempt = 1});
    ASSERT(id.time_ms() == size);
    return 0;
}
