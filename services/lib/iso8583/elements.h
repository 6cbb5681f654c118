#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/amount.h"
#include "base/clock.h"
#include "base/result.h"
#include "iso8583/message.h"
#include "iso8583/mti.h"

namespace ayni::iso8583 {

/// Fields 4 and 49. The amount is in minor units, not negative; zero is one that a message may
/// have.
struct Money {
    base::Amount amount;
    base::Currency currency;

    friend bool operator==(const Money&, const Money&) = default;
};

/// An error when the amount is negative or has more than 12 digits; then nothing changes.
[[nodiscard]] base::Result<void> set_money(Message& message, const Money& money);

/// An error when one of the fields is missing, or the currency is not in use here.
[[nodiscard]] base::Result<Money> money_of(const Message& message);

/// Systems trace audit number, field 11: 1 to 999,999. Pairs a response with its request, within a
/// day and one sender.
class Stan {
public:
    static constexpr std::uint32_t last = 999'999;

    /// The first one.
    constexpr Stan() = default;

    /// Nothing for 0 and beyond six digits.
    [[nodiscard]] static std::optional<Stan> of(std::uint32_t number);

    /// Nothing unless `text` is six digits, not all of them 0.
    [[nodiscard]] static std::optional<Stan> parse(std::string_view text);

    /// One more; behind the last comes 1.
    [[nodiscard]] constexpr Stan next() const { return Stan(number_ % last + 1); }
    [[nodiscard]] constexpr std::uint32_t number() const { return number_; }
    [[nodiscard]] std::string text() const;

    friend constexpr auto operator<=>(Stan, Stan) = default;

private:
    constexpr explicit Stan(std::uint32_t number) : number_(number) {}

    std::uint32_t number_ = 1;
};

void set_stan(Message& message, Stan stan);

/// An error when field 11 is missing or 000000.
[[nodiscard]] base::Result<Stan> stan_of(const Message& message);

/// Retrieval reference number, field 37, as the field makes them: YDDDhh of `time` in UTC (last
/// digit of the year, day of the year from 001, hour), then the STAN. 12 digits. One that others
/// made is any 12 letters and digits.
[[nodiscard]] std::string retrieval_reference(base::JournalTime time, Stan stan);

/// Field 90: which message a reversal is about.
struct OriginalData {
    Mti mti;
    Stan stan;
    std::string transmission_time;  ///< Field 7 of the original, MMDDhhmmss.
    std::uint64_t acquirer = 0;     ///< Institution, at most 11 digits; 0: none is said.
    std::uint64_t forwarder = 0;    ///< The same.

    friend bool operator==(const OriginalData&, const OriginalData&) = default;
};

/// 42 digits. An error when the time is none, or an institution has more than 11 digits.
[[nodiscard]] base::Result<std::string> format_original_data(const OriginalData& original);

/// An error that says which part is wrong.
[[nodiscard]] base::Result<OriginalData> parse_original_data(std::string_view text);

/// What a reversal of `message` says in field 90. An error when field 7 or 11 is missing or wrong;
/// the acquirer is field 32 where there is one.
[[nodiscard]] base::Result<OriginalData> original_data_of(const Message& message);

}  // namespace ayni::iso8583
