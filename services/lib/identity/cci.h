#pragma once

#include <optional>
#include <string_view>

namespace ayni::identity {

/// Checks a CCI (código de cuenta interbancario): 20 digits EEE OOO AAAAAAAAAAAA CC, where EEE is
/// the entity, OOO the office, and the two check digits are over EEE+OOO and over the account.
///
/// Nothing when it is right, or what is wrong with it, as half a sentence ("has a wrong first check
/// digit"). Published samples often fail the check digits, so whether to insist on
/// them is the caller's setting: `check_digits` false looks at the shape only.
[[nodiscard]] std::optional<std::string_view> cci_fault(std::string_view cci, bool check_digits);

}  // namespace ayni::identity
