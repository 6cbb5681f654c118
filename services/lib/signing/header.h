#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ayni::signing {

/// A protected header (RFC 7515, 4) whose algorithm is ES256. What it says beside this is ignored:
/// a key, or where to find one, is never taken from a message.
struct Header {
    std::string key_id = {};                             ///< "kid"; empty: none.
    std::optional<std::int64_t> issued_at_seconds = {};  ///< "iat", since 1970 UTC, whole seconds.
    std::string id = {};                                 ///< "jti"; empty: none.
    std::string type = {};                               ///< "typ"; empty: none.
};

/// The JSON, decoded from base64url.
constexpr std::size_t max_header_bytes = 4096;
/// Of "kid", "jti" and "typ".
constexpr std::size_t max_header_text_bytes = 128;

/// 1 to max_header_text_bytes printable ASCII characters, as "kid", "jti" and "typ" must be.
[[nodiscard]] bool is_header_text(std::string_view text);
/// The message of the error when they are not.
[[nodiscard]] std::string header_text_rule();
/// `text` in quotes if it is a header's text, and nothing of it otherwise: what a stranger sent
/// must not fill our logs, or end their lines.
[[nodiscard]] std::string shown(std::string_view text);

/// Refuses everything but a JSON object without duplicates, with "alg" ES256, without "crit" and
/// "b64", the members of Header of the right kind, and at most max_header_bytes. Errors name the
/// member, or "header".
[[nodiscard]] base::Result<Header> parse_header(std::string_view json);

/// The JSON of `header`, with "alg". An error for a text that is no header's text.
[[nodiscard]] base::Result<std::string> write_header(const Header& header);

}  // namespace ayni::signing
