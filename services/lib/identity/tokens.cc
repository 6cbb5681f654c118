#include "identity/tokens.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "base/assert.h"

namespace ayni::identity {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t max_key_file_bytes = 1024;  // more than any key file with white space

int hexadecimal_digit(char character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

base::Result<std::string> read_small_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        return base::failure(file.string(),
                             std::string("the key file can not be read: ") + std::strerror(errno));
    }
    std::string text(max_key_file_bytes, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace

base::Result<Tokeniser> Tokeniser::open(const std::filesystem::path& key_file,
                                        std::uint32_t key_version) {
    struct ::stat status{};
    if (::stat(key_file.c_str(), &status) != 0) {
        return base::failure(key_file.string(), std::string("the key file can not be opened: ") +
                                                    std::strerror(errno));
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return base::failure(key_file.string(),
                             "others than its owner may use the key file; its mode must be 0400 or "
                             "0600");
    }
    auto text = read_small_file(key_file);
    if (!text) return tl::unexpected(text.error());
    text->erase(text->find_last_not_of(" \t\r\n") + 1);
    if (text->size() != 2 * key_bytes) {
        return base::failure(key_file.string(), "the key must be 64 hexadecimal digits, not " +
                                                    std::to_string(text->size()) + " characters");
    }
    std::array<std::uint8_t, key_bytes> key{};
    for (std::size_t i = 0; i < key_bytes; ++i) {
        const int high = hexadecimal_digit((*text)[2 * i]);
        const int low = hexadecimal_digit((*text)[2 * i + 1]);
        if (high < 0 || low < 0) {
            return base::failure(key_file.string(),
                                 "the key has a character that is not a hexadecimal digit");
        }
        key[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return Tokeniser(key, key_version);
}

Token Tokeniser::token(TokenKind kind, std::string_view text) const {
    if (text.empty()) return {};
    // The kind goes before the text in one piece; most texts fit into the buffer.
    std::array<unsigned char, 256> buffer;
    std::string large;
    unsigned char* message = buffer.data();
    if (text.size() + 1 > buffer.size()) {
        large.resize(text.size() + 1);
        message = reinterpret_cast<unsigned char*>(large.data());
    }
    message[0] = static_cast<unsigned char>(kind);
    std::copy(text.begin(), text.end(), message + 1);

    std::array<unsigned char, EVP_MAX_MD_SIZE> code;
    unsigned int code_size = 0;
    const unsigned char* made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                                     message, text.size() + 1, code.data(), &code_size);
    ASSERT(made != nullptr);
    ASSERT(code_size == 32);
    Token token;
    std::copy_n(code.begin(), token.size(), token.begin());
    return token;
}

}  // namespace ayni::identity
