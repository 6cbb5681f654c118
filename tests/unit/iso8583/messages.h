#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/random.h"
#include "iso8583/codec.h"

namespace ayni::test {

/// Every profile that there is.
inline constexpr std::array profiles{
    iso8583::Profile{iso8583::BitmapEncoding::binary, iso8583::SecondBitmap::when_needed},
    iso8583::Profile{iso8583::BitmapEncoding::binary, iso8583::SecondBitmap::always},
    iso8583::Profile{iso8583::BitmapEncoding::hex, iso8583::SecondBitmap::when_needed},
    iso8583::Profile{iso8583::BitmapEncoding::hex, iso8583::SecondBitmap::always},
};

/// The bytes that pairs of hexadecimal digits stand for.
std::string bytes_of(std::string_view hexadecimal);

/// A message with a value in every field, its own in each.
iso8583::Message full_message();

/// Any type, each field or not, values of any allowed length and of any allowed characters.
iso8583::Message random_message(base::Random& random);

}  // namespace ayni::test
