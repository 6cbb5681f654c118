#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ayni::signing {

/// Base64 of RFC 4648 with the alphabet for URLs and without padding (RFC 7515, appendix C).
[[nodiscard]] std::string to_base64url(std::string_view bytes);

/// Nothing unless `text` is exactly what to_base64url() makes of some bytes: no padding, white
/// space or other alphabet, and no bits beside those of the bytes. So one text has one meaning.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace ayni::signing
