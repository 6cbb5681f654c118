#include <algorithm>
#include <memory>
#include <string>

#include "fuzz/input.h"
#include "signing/base64url.h"
#include "signing/jws.h"

namespace {

using namespace ayni;

constexpr std::int64_t signed_at_seconds = 1'790'000'000;

/// The key's private half signed one message and was thrown away.
constexpr const char* public_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfyT/1aIf4jabhaTWRAqjog2a50ah\n"
    "sYvCrBDYLZa0NcBm8dJysNYx+WQwKQeYShu7HadIlhABCE0y8sfgF2eNkw==\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* known_header =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjVHTzBtaXhyNGJ2T2VZdnlBT1BoZ3BlcHA1LS0xdURLT083bS1ERDZCNTQiLCJ0eX"
    "AiOiJKT1NFIiwiaWF0IjoxNzkwMDAwMDAwfQ";
constexpr const char* known_payload = R"({"a":1})";
constexpr const char* known_signature =
    "AhOJE7bze9zzqVcbcO_vYbW-X0iBx8dPsHifWhIkQSVog_iO7w031y6F_v1kSjjNh5fLzu--lid2h06-EOfUjw";

struct Keys {
    signing::VerificationKey key;
    signing::KeyRing ring;
};

const Keys& keys() {
    static const Keys made = [] {
        Keys keys{signing::VerificationKey::of_pem(public_key).value(), {}};
        const auto added = keys.ring.add(keys.key, {.from_seconds = 0, .to_seconds = INT64_MAX});
        ASSERT(added.has_value());
        // Who accepts nothing at all would pass, too.
        const std::string known = std::string(known_header) + ".." + known_signature;
        ASSERT(signing::verify_detached_signature(known, known_payload, keys.key).has_value());
        return keys;
    }();
    return made;
}

/// ES256 lets whoever has a signature make another one, so only what it is over must be the same.
void check_accepted(std::string_view jws, std::string_view payload, const signing::Header& header) {
    ASSERT(jws.substr(0, jws.find('.')) == known_header);
    ASSERT(payload == known_payload);
    ASSERT(header.key_id == keys().key.id());
    ASSERT(header.issued_at_seconds == signed_at_seconds);
}

void check_attached(std::string_view jws) {
    const signing::Freshness fresh{.now_seconds = signed_at_seconds, .tolerance_seconds = 0};
    const auto message = signing::verify_signature(jws, keys().key);
    const auto of_ring = signing::verify(jws, keys().ring, fresh);
    ASSERT(message.has_value() == of_ring.has_value());
    if (!message) return;
    check_accepted(jws, message->payload, message->header);
    check_accepted(jws, of_ring->payload, of_ring->header);
}

void check_detached(std::string_view jws, std::string_view payload) {
    const signing::Freshness fresh{.now_seconds = signed_at_seconds, .tolerance_seconds = 0};
    const auto header = signing::verify_detached_signature(jws, payload, keys().key);
    const auto of_ring = signing::verify_detached(jws, payload, keys().ring, fresh);
    ASSERT(header.has_value() == of_ring.has_value());
    if (!header) return;
    check_accepted(jws, payload, *header);
    check_accepted(jws, payload, *of_ring);
}

/// What is written of what was read is read as the same again.
void check_header(std::string_view json) {
    const auto header = signing::parse_header(json);
    if (!header) return;
    const auto written = signing::write_header(*header);
    ASSERT(written.has_value());
    const auto again = signing::parse_header(*written);
    ASSERT(again.has_value());
    ASSERT(again->key_id == header->key_id);
    ASSERT(again->id == header->id);
    ASSERT(again->type == header->type);
    ASSERT(again->issued_at_seconds == header->issued_at_seconds);
}

void check_base64url(std::string_view text) {
    const auto bytes = signing::from_base64url(text);
    if (bytes) ASSERT(signing::to_base64url(*bytes) == text);
    ASSERT(signing::from_base64url(signing::to_base64url(text)) == text);
}

void check_key(std::string_view pem) {
    const auto key = signing::VerificationKey::of_pem(pem);
    if (key) ASSERT(key->id().size() == 43);
}

}  // namespace

/// The first byte says what the rest is: a message, a detached signature with its payload in the
/// lines behind it, a header's JSON, base64url, or the PEM of a public key.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t what = input.byte();
    // A copy that ends where the text does, so that a sanitizer sees each byte too many.
    const std::string_view rest = input.rest();
    const auto text = std::make_unique<char[]>(rest.size());
    std::copy(rest.begin(), rest.end(), text.get());
    const std::string_view all(text.get(), rest.size());
    if (what == 'm') check_attached(all);
    if (what == 'd') {
        const std::size_t end = std::min(all.find('\n'), all.size());
        check_detached(all.substr(0, end), all.substr(std::min(end + 1, all.size())));
    }
    if (what == 'h') check_header(all);
    if (what == 'b') check_base64url(all);
    if (what == 'k') check_key(all);
    return 0;
}
