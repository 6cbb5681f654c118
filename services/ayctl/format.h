#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ayni/v1/money.pb.h"
#include "base/amount.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"
#include "journal/batch.h"

/// Arguments into values and values into text. Pure functions.
namespace ayni::ayctl {

/// "12.50" and "PEN". The error's field is `option`.
[[nodiscard]] base::Result<v1::Money> parse_money(const std::string& decimal,
                                                  const std::string& currency,
                                                  const std::string& option);

/// RFC 3339, "2026-11-23T12:00:00-05:00"; the zone is needed.
[[nodiscard]] base::Result<base::JournalTime> parse_time(const std::string& text,
                                                         const std::string& option);

/// A UUID or ULID in the UUID's form, or an error.
[[nodiscard]] base::Result<std::string> parse_id(const std::string& text,
                                                 const std::string& option);

/// Peru's local time with milliseconds, "2026-11-23T12:00:00.000-05:00".
[[nodiscard]] std::string format_time(base::JournalTime time);
[[nodiscard]] std::string format_time(const google::protobuf::Timestamp& time);

/// "PEN 12.50"
[[nodiscard]] std::string format_money(const v1::Money& money);
[[nodiscard]] std::string format_minor_units(std::int64_t minor_units);

/// In hexadecimal digits.
[[nodiscard]] std::string format_digest(const ledger::Digest& digest);
[[nodiscard]] std::string format_hash(const journal::Hash& hash);

/// The enumerator without its prefix and in lower case: "TRANSFER_STATE_COMMITTED" → "committed".
[[nodiscard]] std::string short_name(std::string_view enumerator, std::string_view prefix);

/// Of the protobuf JSON mapping, on one line, names as in the proto.
[[nodiscard]] std::string to_json(const google::protobuf::Message& message);

/// Columns side by side; those whose title starts with '>' are aligned to the right.
class Table {
public:
    explicit Table(std::vector<std::string> titles) : rows_{std::move(titles)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace ayni::ayctl
