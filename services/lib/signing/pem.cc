#include "signing/pem.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/assert.h"
#include "signing/openssl_errors.h"

namespace ayni::signing {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;

Key own(EVP_PKEY* key) { return {key, &EVP_PKEY_free}; }

/// A block of a PEM file: its label and its bytes, which are wiped.
struct Block {
    std::string label;
    bool is_encrypted = false;
    unsigned char* data = nullptr;
    long length = 0;

    Block() = default;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() { OPENSSL_clear_free(data, static_cast<std::size_t>(length)); }
};

class Blocks {
public:
    explicit Blocks(std::string_view pem)
        : bio_(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free) {}

    /// False at the end, and at a block that can not be read. OpenSSL's functions that give a key
    /// at once would ask the terminal for a password, and guess what a block is.
    bool next(Block& block) {
        char* label = nullptr;
        char* header = nullptr;
        if (bio_ == nullptr ||
            PEM_read_bio(bio_.get(), &label, &header, &block.data, &block.length) != 1) {
            return false;
        }
        block.label = label;
        block.is_encrypted = *header != '\0' || block.label == "ENCRYPTED PRIVATE KEY";
        OPENSSL_free(label);
        OPENSSL_free(header);
        return true;
    }

private:
    std::unique_ptr<BIO, decltype(&BIO_free)> bio_;
};

/// The whole block is one value; trailing bytes are refused.
template <typename Value>
Value* decode(Value* (*reader)(Value**, const unsigned char**, long), void (*release)(Value*),
              const Block& block) {
    const unsigned char* at = block.data;
    Value* value = reader(nullptr, &at, block.length);
    if (value != nullptr && at != block.data + block.length) {
        release(value);
        return nullptr;
    }
    return value;
}

EVP_PKEY* read_sec1(EVP_PKEY** /*unused*/, const unsigned char** at, long length) {
    return d2i_PrivateKey(EVP_PKEY_EC, nullptr, at, length);
}

Key private_key_of(const Block& block) {
    if (block.label == "EC PRIVATE KEY") {
        return own(decode<EVP_PKEY>(&read_sec1, &EVP_PKEY_free, block));
    }
    const std::unique_ptr<PKCS8_PRIV_KEY_INFO, decltype(&PKCS8_PRIV_KEY_INFO_free)> info(
        decode<PKCS8_PRIV_KEY_INFO>(&d2i_PKCS8_PRIV_KEY_INFO, &PKCS8_PRIV_KEY_INFO_free, block),
        &PKCS8_PRIV_KEY_INFO_free);
    return own(info == nullptr ? nullptr : EVP_PKCS82PKEY(info.get()));
}

Key public_key_of(const Block& block) {
    if (block.label == "PUBLIC KEY") {
        return own(decode<EVP_PKEY>(&d2i_PUBKEY, &EVP_PKEY_free, block));
    }
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        decode<X509>(&d2i_X509, &X509_free, block), &X509_free);
    return own(certificate == nullptr ? nullptr : X509_get_pubkey(certificate.get()));
}

/// Another curve under the name of P-256 can only be written as explicit parameters.
bool has_explicit_parameters(EVP_PKEY* key) {
    int is_explicit = 0;
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                  &is_explicit) == 1 &&
           is_explicit != 0;
}

bool is_on_p256(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "EC") != 1 || has_explicit_parameters(key)) return false;
    char name[32] = {};
    std::size_t length = 0;
    return EVP_PKEY_get_group_name(key, name, sizeof name, &length) == 1 &&
           std::string_view(name, length) == SN_X9_62_prime256v1;
}

/// Nothing, or what is wrong with the key.
std::optional<std::string> fault_of(EVP_PKEY* key, bool is_private) {
    if (key == nullptr) return "the key can not be read";
    if (!is_on_p256(key)) return "the key must be an EC key on P-256 (prime256v1, a named curve)";
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), &EVP_PKEY_CTX_free);
    if (context == nullptr) return "the key can not be checked";
    const int checked =
        is_private ? EVP_PKEY_check(context.get()) : EVP_PKEY_public_check(context.get());
    if (checked != 1) return "the key is not sound: its point or its halves do not fit";
    return std::nullopt;
}

base::Result<Key> checked(Key key, bool is_private, const std::string& field) {
    if (auto fault = fault_of(key.get(), is_private)) return base::failure(field, *fault);
    return key;
}

base::Result<void> check_file(int descriptor, FileMode mode, const std::string& name) {
    struct ::stat status{};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        return base::failure(name, "the key file is not a regular file");
    }
    if (mode == FileMode::owner_only && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return base::failure(name,
                             "others than its owner may use the key file; its mode must be 0400 or "
                             "0600");
    }
    if (static_cast<std::size_t>(status.st_size) > max_pem_bytes) {
        return base::failure(
            name, "the key file has more than " + std::to_string(max_pem_bytes) + " bytes");
    }
    return {};
}

base::Result<std::string> read_all(int descriptor, const std::string& name) {
    std::string text(max_pem_bytes, '\0');  // as large as it gets, so that no copy is left behind
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + length, text.size() - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            return base::failure(
                name, std::string("the key file can not be read: ") + std::strerror(errno));
        }
        if (count == 0) break;
        length += static_cast<std::size_t>(count);
    }
    text.resize(length);
    return text;
}

}  // namespace

base::Result<std::string> read_pem_file(const std::filesystem::path& file, FileMode mode) {
    // Not blocking: a named pipe would wait for a writer. The open file is what is looked at, so it
    // can not be another one by the time that it is read.
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return base::failure(
            file.string(), std::string("the key file can not be opened: ") + std::strerror(errno));
    }
    const auto fits = check_file(descriptor, mode, file.string());
    auto text = fits ? read_all(descriptor, file.string())
                     : base::Result<std::string>(tl::unexpected(fits.error()));
    ::close(descriptor);
    return text;
}

base::Result<Key> private_key_of_pem(std::string_view pem, const std::string& field) {
    ASSERT(pem.size() <= max_pem_bytes);
    const OpensslErrors errors;
    Blocks blocks(pem);
    while (true) {
        Block block;
        if (!blocks.next(block)) return base::failure(field, "there is no private key in PEM form");
        if (block.is_encrypted) return base::failure(field, "the private key is encrypted");
        if (block.label == "PRIVATE KEY" || block.label == "EC PRIVATE KEY") {
            return checked(private_key_of(block), true, field);
        }
        if (block.label.ends_with("PRIVATE KEY")) {
            return base::failure(field, "the key must be an EC key on P-256, not a " + block.label);
        }
    }
}

base::Result<Key> public_key_of_pem(std::string_view pem, const std::string& field) {
    if (pem.size() > max_pem_bytes) {
        return base::failure(field,
                             "the key has more than " + std::to_string(max_pem_bytes) + " bytes");
    }
    const OpensslErrors errors;
    Block block;
    if (!Blocks(pem).next(block)) {
        return base::failure(field, "there is no public key or certificate in PEM form");
    }
    if (block.label.ends_with("PRIVATE KEY")) {
        return base::failure(field, "this is a private key; only its public half belongs here");
    }
    if (block.label != "PUBLIC KEY" && block.label != "CERTIFICATE") {
        return base::failure(field, "there is no public key or certificate in PEM form");
    }
    return checked(public_key_of(block), false, field);
}

}  // namespace ayni::signing
