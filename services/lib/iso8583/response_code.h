#pragma once

#include <optional>
#include <string_view>

namespace ayni::iso8583 {

/// The one response code (field 39) that says yes.
inline constexpr std::string_view approved = "00";

/// The ISO 20022 reason that a response code stands for; nothing when it is `approved`. MS03 ("no
/// reason") for all codes that have no reason of their own, and for whatever is no code at all.
[[nodiscard]] std::optional<std::string_view> reason_of_response(std::string_view response_code);

/// The response code that says no for an ISO 20022 reason. Never `approved`: also an empty or
/// unknown reason is a refusal, "96", as MS03 is.
[[nodiscard]] std::string_view response_of_reason(std::string_view reason);

}  // namespace ayni::iso8583
