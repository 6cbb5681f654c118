#include "ayctl/format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/assert.h"

namespace ayni::ayctl {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t lima_offset_seconds = -5 * 3'600;

/// The digits of `text` at [at, at + count) as a number, or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count) return -1;
    int number = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    return number;
}

/// "Z", "+05:00" or "-05:00" in seconds east of Greenwich.
std::optional<std::int64_t> zone_seconds(std::string_view zone) {
    if (zone == "Z" || zone == "z") return 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') {
        return std::nullopt;
    }
    const int hours = digits_at(zone, 1, 2);
    const int minutes = digits_at(zone, 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    const std::int64_t seconds = hours * 3'600 + minutes * 60;
    return zone[0] == '-' ? -seconds : seconds;
}

std::optional<std::int64_t> date_time_seconds(std::string_view text) {
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const std::array<int, 6> part{digits_at(text, 0, 4),  digits_at(text, 5, 2),
                                  digits_at(text, 8, 2),  digits_at(text, 11, 2),
                                  digits_at(text, 14, 2), digits_at(text, 17, 2)};
    if (std::any_of(part.begin(), part.end(), [](int value) { return value < 0; })) {
        return std::nullopt;
    }
    const std::chrono::year_month_day day(std::chrono::year(part[0]),
                                          std::chrono::month(static_cast<unsigned>(part[1])),
                                          std::chrono::day(static_cast<unsigned>(part[2])));
    if (!day.ok() || part[0] < 1970 || part[0] > 2200 || part[3] > 23 || part[4] > 59 ||
        part[5] > 59) {
        return std::nullopt;
    }
    const auto days = std::chrono::sys_days(day).time_since_epoch().count();
    return std::int64_t{days} * 86'400 + part[3] * 3'600 + part[4] * 60 + part[5];
}

/// Takes ".123" from the front of `rest`; nothing when a point has no 1 to 9 digits behind it.
std::optional<std::int64_t> take_fraction_ns(std::string_view& rest) {
    if (rest.empty() || rest[0] != '.') return 0;
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1 || end > 10) return std::nullopt;
    std::int64_t nanoseconds = 0;
    for (std::size_t i = 1; i < 10; ++i) {
        nanoseconds = nanoseconds * 10 + (i < end ? rest[i] - '0' : 0);
    }
    rest.remove_prefix(end);
    return nanoseconds;
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
    }));
}

}  // namespace

base::Result<v1::Money> parse_money(const std::string& decimal, const std::string& currency,
                                    const std::string& option) {
    const auto known = base::currency_of(std::string_view(currency));
    if (!known) return base::failure("--currency", "\"" + currency + "\" is neither PEN nor USD");
    const auto amount = base::parse_decimal(decimal);
    if (!amount) {
        return base::failure(
            option, "\"" + decimal + "\" is not an amount with at most two decimals, as 12.50");
    }
    v1::Money money;
    money.set_currency_code(currency);
    money.set_minor_units(amount->minor_units());
    return money;
}

base::Result<base::JournalTime> parse_time(const std::string& text, const std::string& option) {
    const auto seconds = date_time_seconds(text);
    std::string_view rest = std::string_view(text).substr(std::min<std::size_t>(text.size(), 19));
    const auto fraction = take_fraction_ns(rest);
    const auto zone = zone_seconds(rest);
    if (!seconds || !fraction || !zone) {
        return base::failure(option, "\"" + text +
                                         "\" is not a time as RFC 3339 has it, as "
                                         "2026-11-23T12:00:00-05:00");
    }
    return base::JournalTime{(*seconds - *zone) * second_ns + *fraction};
}

base::Result<std::string> parse_id(const std::string& text, const std::string& option) {
    const auto id = base::parse_transfer_id(text);
    if (!id) return base::failure(option, "\"" + text + "\" is neither a UUID nor a ULID");
    return base::to_string(*id);
}

std::string format_time(base::JournalTime time) {
    const std::int64_t milliseconds = time.nanoseconds / 1'000'000;
    const std::int64_t seconds = milliseconds / 1'000 + lima_offset_seconds;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}-05:00",
                       fmt::gmtime(static_cast<std::time_t>(seconds)), milliseconds % 1'000);
}

std::string format_time(const google::protobuf::Timestamp& time) {
    return format_time(base::JournalTime{time.seconds() * second_ns + time.nanos()});
}

std::string format_minor_units(std::int64_t minor_units) {
    return base::format_decimal(base::Amount(minor_units));
}

std::string format_money(const v1::Money& money) {
    return money.currency_code() + " " + format_minor_units(money.minor_units());
}

std::string short_name(std::string_view enumerator, std::string_view prefix) {
    if (enumerator.starts_with(prefix)) enumerator.remove_prefix(prefix.size());
    std::string name(enumerator);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '_' ? ' ' : c;
    });
    return name;
}

std::string format_digest(const ledger::Digest& digest) {
    return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

std::string format_hash(const journal::Hash& hash) {
    std::string text;
    for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
    return text;
}

std::string to_json(const google::protobuf::Message& message) {
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    options.preserve_proto_field_names = true;
    std::string text;
    const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
    ASSERT(status.ok());
    return text;
}

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    std::vector<bool> is_right(widths.size(), false);
    auto rows = rows_;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        is_right[i] = rows[0][i].starts_with('>');
        if (is_right[i]) rows[0][i].erase(0, 1);
    }
    for (const auto& row : rows) {
        ASSERT(row.size() == widths.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string gap(widths[i] - width_of(row[i]), ' ');
            line += is_right[i] ? gap + row[i] : row[i] + gap;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace ayni::ayctl
