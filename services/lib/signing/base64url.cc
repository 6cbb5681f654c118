#include "signing/base64url.h"

#include <openssl/evp.h>

#include <algorithm>
#include <climits>
#include <cstddef>

#include "base/assert.h"

namespace ayni::signing {
namespace {

bool is_of_the_alphabet(char character) {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '_';
}

void replace(std::string& text, char from, char to) {
    std::replace(text.begin(), text.end(), from, to);
}

}  // namespace

std::string to_base64url(std::string_view bytes) {
    ASSERT(bytes.size() < INT_MAX / 2);
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // one more for OpenSSL's NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    ASSERT(length >= 0 && static_cast<std::size_t>(length) < text.size());
    text.resize(static_cast<std::size_t>(length));
    text.erase(text.find_last_not_of('=') + 1);
    replace(text, '+', '-');
    replace(text, '/', '_');
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() >= INT_MAX / 2 || text.size() % 4 == 1) return std::nullopt;
    if (!std::all_of(text.begin(), text.end(), is_of_the_alphabet)) return std::nullopt;
    std::string padded(text);
    replace(padded, '-', '+');
    replace(padded, '_', '/');
    const std::size_t padding = (4 - text.size() % 4) % 4;
    padded.append(padding, '=');
    std::string bytes(padded.size() / 4 * 3, '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                       reinterpret_cast<const unsigned char*>(padded.data()),
                                       static_cast<int>(padded.size()));
    if (length < 0) return std::nullopt;
    ASSERT(static_cast<std::size_t>(length) == bytes.size());
    bytes.resize(bytes.size() - padding);
    // The last character may have bits that belong to no byte; written again they are zeros.
    if (to_base64url(bytes) != text) return std::nullopt;
    return bytes;
}

}  // namespace ayni::signing
