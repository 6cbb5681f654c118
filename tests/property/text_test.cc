#include <gtest/gtest.h>
// Needs GoogleTest above it.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "base/amount.h"
#include "base/id128.h"
#include "property/generators.h"

namespace ayni::property {
namespace {

TransferId any_id() {
    return {.high = *anything<std::uint64_t>(), .low = *anything<std::uint64_t>()};
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// Five bits a character, from the end.
std::string ulid_of(const TransferId& id) {
    auto rest = (static_cast<unsigned __int128>(id.high) << 64U) | id.low;
    std::string text(26, '0');
    for (std::size_t i = text.size(); i-- > 0; rest >>= 5U) {
        text[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[static_cast<std::size_t>(rest & 31U)];
    }
    return text;
}

RC_GTEST_PROP(TransferIds, ReadBackAsWritten, ()) {
    const TransferId id = any_id();
    const std::string text = base::to_string(id);
    RC_ASSERT(text.size() == 36U);
    RC_ASSERT(base::parse_transfer_id(text) == id);
    RC_ASSERT(base::parse_transfer_id(upper(text)) == id);
    RC_ASSERT(base::parse_transfer_id(ulid_of(id)) == id);
    RC_ASSERT(base::transfer_id_of_bytes(base::to_bytes(id).data()) == id);
}

RC_GTEST_PROP(TransferIds, AreInTheOrderOfTheirBytesAndOfTheirText, ()) {
    const TransferId a = any_id();
    TransferId b = any_id();
    if (*anything<bool>()) b.high = a.high;
    RC_ASSERT((a < b) == (base::to_bytes(a) < base::to_bytes(b)));
    RC_ASSERT((a < b) == (base::to_string(a) < base::to_string(b)));
}

RC_GTEST_PROP(TransferIds, OfOddTextAreRefusedOrTheSameText, ()) {
    std::string text = base::to_string(any_id());
    const std::size_t changes = *rc::gen::inRange(0, 3);
    for (std::size_t i = 0; i < changes; ++i) {
        text[*anything<std::size_t>() % text.size()] = static_cast<char>(*anything<std::uint8_t>());
    }
    const auto id = base::parse_transfer_id(text);
    if (!id) return;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    RC_ASSERT(base::to_string(*id) == text);
}

/// ISO 20022's decimal of at most two places, read slowly.
std::optional<std::int64_t> slowly(const std::string& text) {
    const std::size_t point = text.find('.');
    const std::string whole = text.substr(0, point);
    std::string places = point == std::string::npos ? "" : text.substr(point + 1);
    const auto is_digits = [](const std::string& part) {
        return part.find_first_not_of("0123456789") == std::string::npos;
    };
    if (whole.empty() || !is_digits(whole) || !is_digits(places) || places.size() > 2) {
        return std::nullopt;
    }
    if (point != std::string::npos && places.empty()) return std::nullopt;
    places.resize(2, '0');
    __int128 sum = 0;
    for (const char digit : whole + places) {
        sum = sum * 10 + (digit - '0');
        if (sum > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    }
    return static_cast<std::int64_t>(sum);
}

RC_GTEST_PROP(Amounts, AreReadAsADecimalIs, ()) {
    const std::string text =
        *rc::gen::oneOf(text_of("0123456789."), text_of("0123456789"), text_of("019.+- e,"));
    const auto amount = base::parse_decimal(text);
    const auto expected = slowly(text);
    RC_ASSERT(amount.has_value() == expected.has_value());
    if (amount) RC_ASSERT(amount->minor_units() == *expected);
}

RC_GTEST_PROP(Amounts, ReadBackAsWritten, ()) {
    const std::int64_t units = *anything<std::int64_t>();
    const auto amount = base::parse_decimal(base::format_decimal(base::Amount(units)));
    RC_ASSERT(amount.has_value() == (units >= 0));
    if (amount) RC_ASSERT(amount->minor_units() == units);
}

RC_GTEST_PROP(Amounts, AddAsNumbersDo, ()) {
    const std::int64_t a = *anything<std::int64_t>();
    const std::int64_t b = *anything<std::int64_t>();
    const __int128 sum = static_cast<__int128>(a) + b;
    const bool fits = sum >= std::numeric_limits<std::int64_t>::min() &&
                      sum <= std::numeric_limits<std::int64_t>::max();
    const auto added = base::checked_add(base::Amount(a), base::Amount(b));
    RC_ASSERT(added.has_value() == fits);
    if (added) RC_ASSERT(added->minor_units() == sum);
}

}  // namespace
}  // namespace ayni::property
