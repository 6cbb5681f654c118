#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace ayni::identity {

/// What a text is; the same text of two kinds has two tokens.
enum class TokenKind : std::uint8_t { account = 1, remittance };

using Token = std::array<std::uint8_t, 16>;

/// Turns personal data into keyed tokens: HMAC-SHA-256(key, kind ‖ text), the first 16 bytes. The
/// journal, tables, logs and metrics hold tokens only. Thread-safe.
class Tokeniser {
public:
    /// `key_file` holds 32 bytes as 64 hexadecimal digits (white space at the end is ignored). An
    /// error when it is missing, of another size, or readable by others than its owner.
    [[nodiscard]] static base::Result<Tokeniser> open(const std::filesystem::path& key_file,
                                                      std::uint32_t key_version);

    Tokeniser(const std::array<std::uint8_t, 32>& key, std::uint32_t key_version)
        : key_(key), key_version_(key_version) {}

    /// Zeros for an empty text.
    [[nodiscard]] Token token(TokenKind kind, std::string_view text) const;
    [[nodiscard]] std::uint32_t key_version() const { return key_version_; }

private:
    std::array<std::uint8_t, 32> key_;
    std::uint32_t key_version_;
};

}  // namespace ayni::identity
