#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ayni/v1/money.pb.h"
#include "base/amount.h"
#include "base/clock.h"
#include "base/id128.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "ledger/model.h"
#include "rpc/errors.h"

/// Checks of single fields. Each adds what is wrong to `wrong` under the name `field` and then
/// returns nothing or false. Pure functions.
namespace ayni::rpc {

[[nodiscard]] std::optional<base::TransferId> check_transfer_id(std::string_view text,
                                                                std::string field,
                                                                Violations& wrong);

/// `least` to `most` characters of UTF-8, none of them a control character.
bool check_text(std::string_view text, std::size_t least, std::size_t most, std::string field,
                Violations& wrong);

/// At most `most` characters of printable ASCII.
bool check_ascii(std::string_view text, std::size_t least, std::size_t most, std::string field,
                 Violations& wrong);

/// A participant's code: 1 to 16 of a-z, 0-9 and '-', starting with a letter.
bool check_code(std::string_view text, std::string field, Violations& wrong);

/// Four upper-case letters, or empty.
bool check_purpose(std::string_view text, std::string field, Violations& wrong);

/// "PEN" or "USD".
[[nodiscard]] std::optional<base::Currency> check_currency(std::string_view alphabetic,
                                                           std::string field, Violations& wrong);

struct CheckedMoney {
    base::Amount amount;
    base::Currency currency = base::Currency::pen;
};
/// At least `least` minor units; 1 for payments, 0 for caps.
[[nodiscard]] std::optional<CheckedMoney> check_money(const v1::Money& money, bool is_present,
                                                      std::int64_t least, const std::string& field,
                                                      Violations& wrong);

/// 10 ms to 60 s; 10 s when absent.
[[nodiscard]] std::optional<std::chrono::milliseconds> check_timeout(
    const google::protobuf::Duration& duration, bool is_present, std::string field,
    Violations& wrong);

/// 0 is 50; 1 to 1,000.
[[nodiscard]] std::optional<std::size_t> check_page_size(std::int32_t page_size, Violations& wrong);

/// `text` into a zero padded array that it fits into.
template <std::size_t size>
[[nodiscard]] std::array<char, size> padded(std::string_view text) {
    ASSERT(text.size() <= size);
    std::array<char, size> array{};
    text.copy(array.data(), text.size());
    return array;
}
/// Up to the first zero.
template <std::size_t size>
[[nodiscard]] std::string unpadded(const std::array<char, size>& array) {
    const std::string_view all(array.data(), size);
    return std::string(all.substr(0, all.find('\0')));
}

void to_message(base::JournalTime time, google::protobuf::Timestamp& message);
void to_message(base::Amount amount, base::Currency currency, v1::Money& message);

}  // namespace ayni::rpc
