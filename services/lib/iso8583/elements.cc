#include "iso8583/elements.h"

#include <fmt/format.h>

#include <chrono>

#include "base/assert.h"
#include "iso8583/digits.h"
#include "iso8583/times.h"

namespace ayni::iso8583 {
namespace {

constexpr std::int64_t most_minor_units = 999'999'999'999;
constexpr std::uint64_t last_institution = 99'999'999'999;

tl::unexpected<base::Error> wrong_original(std::string message) {
    return base::failure(name_of(Field::original_data_elements), std::move(message));
}

}  // namespace

base::Result<void> set_money(Message& message, const Money& money) {
    const std::int64_t units = money.amount.minor_units();
    if (units < 0) return base::failure(name_of(Field::transaction_amount), "is negative");
    if (units > most_minor_units) {
        return base::failure(name_of(Field::transaction_amount),
                             fmt::format("{} has more than 12 digits", units));
    }
    const bool is_set =
        message.set(Field::transaction_amount, fmt::format("{}", units)) &&
        message.set(Field::currency, fmt::format("{}", static_cast<unsigned>(money.currency)));
    ASSERT(is_set);
    return {};
}

base::Result<Money> money_of(const Message& message) {
    const auto amount = message.require(Field::transaction_amount);
    if (!amount) return tl::unexpected(amount.error());
    const auto code = message.require(Field::currency);
    if (!code) return tl::unexpected(code.error());
    // Both are digits, and few enough: a message holds nothing else.
    const auto currency = base::currency_of(static_cast<std::uint16_t>(*number_of(*code)));
    if (!currency) {
        return base::failure(name_of(Field::currency),
                             fmt::format("{} is no currency that is in use here", *code));
    }
    return Money{base::Amount(static_cast<std::int64_t>(*number_of(*amount))), *currency};
}

std::optional<Stan> Stan::of(std::uint32_t number) {
    if (number == 0 || number > last) return std::nullopt;
    return Stan(number);
}

std::optional<Stan> Stan::parse(std::string_view text) {
    const auto number = text.size() == 6 ? number_of(text) : std::nullopt;
    return number ? of(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

std::string Stan::text() const { return fmt::format("{:06}", number_); }

void set_stan(Message& message, Stan stan) {
    const auto is_set = message.set(Field::trace_number, stan.text());
    ASSERT(is_set.has_value());
}

base::Result<Stan> stan_of(const Message& message) {
    const auto text = message.require(Field::trace_number);
    if (!text) return tl::unexpected(text.error());
    const auto stan = Stan::parse(*text);
    if (!stan) return base::failure(name_of(Field::trace_number), "is 000000");
    return *stan;
}

std::string retrieval_reference(base::JournalTime time, Stan stan) {
    using namespace std::chrono;
    const auto utc = floor<seconds>(sys_time<nanoseconds>(nanoseconds(time.nanoseconds)));
    const auto day = floor<days>(utc);
    const year_month_day date(day);
    const auto day_of_year = (day - sys_days(date.year() / January / 1)).count() + 1;
    return fmt::format("{}{:03}{:02}{:06}", static_cast<int>(date.year()) % 10, day_of_year,
                       floor<hours>(utc - day).count(), stan.number());
}

base::Result<std::string> format_original_data(const OriginalData& original) {
    if (!is_transmission_time(original.transmission_time)) {
        return wrong_original("its transmission time is not a time (MMDDhhmmss)");
    }
    if (original.acquirer > last_institution) {
        return wrong_original("its acquirer has more than 11 digits");
    }
    if (original.forwarder > last_institution) {
        return wrong_original("its forwarder has more than 11 digits");
    }
    return fmt::format("{}{}{}{:011}{:011}", original.mti.text(), original.stan.text(),
                       original.transmission_time, original.acquirer, original.forwarder);
}

base::Result<OriginalData> parse_original_data(std::string_view text) {
    if (text.size() != 42 || !is_all_digits(text)) return wrong_original("is not 42 digits");
    const auto mti = Mti::parse(text.substr(0, 4));
    if (!mti) return wrong_original("its message type is not of the version of 1987");
    const auto stan = Stan::parse(text.substr(4, 6));
    if (!stan) return wrong_original("its trace number is 000000");
    const std::string_view time = text.substr(10, 10);
    if (!is_transmission_time(time)) {
        return wrong_original("its transmission time is not a time (MMDDhhmmss)");
    }
    return OriginalData{.mti = *mti,
                        .stan = *stan,
                        .transmission_time = std::string(time),
                        .acquirer = *number_of(text.substr(20, 11)),
                        .forwarder = *number_of(text.substr(31, 11))};
}

base::Result<OriginalData> original_data_of(const Message& message) {
    const auto stan = stan_of(message);
    if (!stan) return tl::unexpected(stan.error());
    const auto time = message.require(Field::transmission_time);
    if (!time) return tl::unexpected(time.error());
    if (!is_transmission_time(*time)) {
        return base::failure(name_of(Field::transmission_time), "is not a time (MMDDhhmmss)");
    }
    const auto acquirer = message.get(Field::acquiring_institution);
    return OriginalData{.mti = message.mti(),
                        .stan = *stan,
                        .transmission_time = std::string(*time),
                        .acquirer = acquirer ? *number_of(*acquirer) : 0};
}

}  // namespace ayni::iso8583
