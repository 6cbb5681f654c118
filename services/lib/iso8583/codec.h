#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "iso8583/message.h"

namespace ayni::iso8583 {

enum class BitmapEncoding : std::uint8_t {
    binary,  ///< 8 bytes each
    hex,     ///< 16 digits of ASCII each, A to F in capitals
};

/// Whether the second bitmap is there when no field beyond 64 is. The standard needs it then no
/// more; some systems send it with every message, and expect it.
enum class SecondBitmap : std::uint8_t { when_needed, always };

/// What two systems agree on before they talk. A message has one encoding under each profile, and
/// no other is decoded.
struct Profile {
    BitmapEncoding bitmap = BitmapEncoding::binary;
    SecondBitmap second_bitmap = SecondBitmap::when_needed;
};

namespace detail {
constexpr std::size_t longest_message() {
    std::size_t bytes = 4 + 2 * 16;  // type, and two bitmaps in hex
    for (const FieldFormat& format : field_formats) bytes += format.prefix_size() + format.size;
    return bytes;
}
}  // namespace detail

/// No message is longer, under any profile.
inline constexpr std::size_t max_message_bytes = detail::longest_message();
static_assert(max_message_bytes <= 0xFFFF, "a frame's length has two bytes");

/// Type, bitmaps, fields in the order of their numbers.
[[nodiscard]] std::string encode(const Message& message, const Profile& profile);

/// The message that `bytes` are, all of them. Takes any bytes. An error names the field, or "mti",
/// "bitmap", "message" for what is around them, and the byte, counted from 0: when something is
/// missing, left over, of another type, or could be encoded otherwise, and when there is a field
/// that is not used here: behind it nothing can be found.
[[nodiscard]] base::Result<Message> decode(std::string_view bytes, const Profile& profile);

}  // namespace ayni::iso8583
