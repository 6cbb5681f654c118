#include "rpc/mapping_fields.h"

#include <algorithm>

namespace ayni::rpc {
namespace {

constexpr std::chrono::milliseconds least_timeout{10};
constexpr std::chrono::milliseconds most_timeout{60'000};
constexpr std::chrono::milliseconds default_timeout{10'000};
constexpr std::size_t default_page_size = 50;
constexpr std::int32_t max_page_size = 1'000;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }
bool is_printable_ascii(char c) { return c >= ' ' && c <= '~'; }
/// Of valid UTF-8 (protobuf checks it).
std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool check_size(std::size_t size, std::size_t least, std::size_t most, std::string& field,
                Violations& wrong) {
    if (size >= least && size <= most) return true;
    wrong.add(std::move(field), size == 0 ? "must not be empty"
                                          : "must have " + std::to_string(least) + " to " +
                                                std::to_string(most) + " characters");
    return false;
}

}  // namespace

std::optional<base::TransferId> check_transfer_id(std::string_view text, std::string field,
                                                  Violations& wrong) {
    const auto id = base::parse_transfer_id(text);
    if (id && !id->is_zero()) return id;
    wrong.add(std::move(field), text.empty() ? "must not be empty"
                                : id         ? "must not be all zeros"
                                             : "must be a UUID or a ULID");
    return std::nullopt;
}

bool check_text(std::string_view text, std::size_t least, std::size_t most, std::string field,
                Violations& wrong) {
    if (!check_size(characters_of(text), least, most, field, wrong)) return false;
    if (std::none_of(text.begin(), text.end(), is_control)) return true;
    wrong.add(std::move(field), "must not contain control characters");
    return false;
}

bool check_ascii(std::string_view text, std::size_t least, std::size_t most, std::string field,
                 Violations& wrong) {
    if (!check_size(text.size(), least, most, field, wrong)) return false;
    if (std::all_of(text.begin(), text.end(), is_printable_ascii)) return true;
    wrong.add(std::move(field), "must be printable ASCII");
    return false;
}

bool check_code(std::string_view text, std::string field, Violations& wrong) {
    if (!check_size(text.size(), 1, ledger::participant_code_bytes, field, wrong)) return false;
    const auto is_allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
    if (is_lower(text.front()) && std::all_of(text.begin(), text.end(), is_allowed)) return true;
    wrong.add(std::move(field), "must be of a-z, 0-9 and '-', starting with a letter");
    return false;
}

bool check_purpose(std::string_view text, std::string field, Violations& wrong) {
    if (text.empty()) return true;
    if (text.size() == 4 && std::all_of(text.begin(), text.end(), is_upper)) return true;
    wrong.add(std::move(field), "must be four upper-case letters or empty");
    return false;
}

std::optional<base::Currency> check_currency(std::string_view alphabetic, std::string field,
                                             Violations& wrong) {
    const auto currency = base::currency_of(alphabetic);
    if (!currency) wrong.add(std::move(field), "must be PEN or USD");
    return currency;
}

std::optional<CheckedMoney> check_money(const v1::Money& money, bool is_present, std::int64_t least,
                                        const std::string& field, Violations& wrong) {
    if (!is_present) {
        wrong.add(field, "must not be absent");
        return std::nullopt;
    }
    const auto currency = check_currency(money.currency_code(), field + ".currency_code", wrong);
    const bool is_enough = money.minor_units() >= least;
    if (!is_enough) {
        wrong.add(field + ".minor_units", least > 0 ? "must be positive" : "must not be negative");
    }
    if (!currency || !is_enough) return std::nullopt;
    return CheckedMoney{base::Amount(money.minor_units()), *currency};
}

std::optional<std::chrono::milliseconds> check_timeout(const google::protobuf::Duration& duration,
                                                       bool is_present, std::string field,
                                                       Violations& wrong) {
    if (!is_present) return default_timeout;
    constexpr std::int64_t most_seconds = 3'600;  // keeps the sum below far from overflow
    const bool is_sane = duration.seconds() >= 0 && duration.seconds() <= most_seconds &&
                         duration.nanos() >= 0 && duration.nanos() < 1'000'000'000;
    if (is_sane) {
        const std::chrono::milliseconds timeout(duration.seconds() * 1'000 +
                                                duration.nanos() / 1'000'000);
        if (timeout >= least_timeout && timeout <= most_timeout) return timeout;
    }
    wrong.add(std::move(field), "must be 10 ms to 60 s");
    return std::nullopt;
}

std::optional<std::size_t> check_page_size(std::int32_t page_size, Violations& wrong) {
    if (page_size == 0) return default_page_size;
    if (page_size > 0 && page_size <= max_page_size) return static_cast<std::size_t>(page_size);
    wrong.add("page_size", "must be 0 to 1000");
    return std::nullopt;
}

void to_message(base::JournalTime time, google::protobuf::Timestamp& message) {
    message.set_seconds(time.nanoseconds / 1'000'000'000);
    message.set_nanos(static_cast<std::int32_t>(time.nanoseconds % 1'000'000'000));
}

void to_message(base::Amount amount, base::Currency currency, v1::Money& message) {
    message.set_currency_code(std::string(base::to_string(currency)));
    message.set_minor_units(amount.minor_units());
}

}  // namespace ayni::rpc
