#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ayni::ayctl {

/// One record of RFC 4180 with its line end. A field that a spreadsheet would take for a formula
/// (it starts with one of = + - @, a tab or a carriage return, and is no negative amount) gets an
/// apostrophe before it.
[[nodiscard]] std::string csv_record(const std::vector<std::string>& fields);

}  // namespace ayni::ayctl
