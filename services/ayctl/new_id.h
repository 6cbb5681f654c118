#pragma once

#include <string>

#include "base/result.h"

namespace ayni::ayctl {

/// `given` in the canonical form, or a new UUIDv7 of now when it is empty.
[[nodiscard]] base::Result<std::string> given_or_new_id(const std::string& given);

}  // namespace ayni::ayctl
