#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/header.h"
#include "signing/key_ring.h"
#include "signing/keys.h"

/// Signed messages: ES256 (RFC 7518, 3.4) as JWS in compact serialisation (RFC 7515, 3.1):
/// base64url(header) "." base64url(payload) "." base64url(signature), and the same with the payload
/// detached (appendix F): header ".." signature, in an HTTP header beside the body that it signs.
///
/// Everything here is thread-safe, knows no clock and takes any bytes. Errors name the member of
/// the header that is wrong, or "header", "payload", "signature", "jws". A message that was
/// verified may still be a repetition: whoever must notice remembers "jti" or what the payload is
/// about, not the signature, which is not unique.
namespace ayni::signing {

constexpr std::size_t max_payload_bytes = std::size_t{1024} * 1024;

/// What the signer says about a message beside its payload. Texts are printable ASCII, at most
/// max_header_text_bytes.
struct Stamp {
    std::int64_t issued_at_seconds;  ///< Since 1970 UTC.
    std::string id = {};             ///< "jti"; empty: none.
    std::string type = {};           ///< "typ"; empty: none.
};

/// A message is fresh when its "iat" is at most the tolerance away from now, on either side: clocks
/// of two institutions never agree. Neither may be negative.
struct Freshness {
    std::int64_t now_seconds;  ///< Since 1970 UTC.
    std::int64_t tolerance_seconds;
};

struct Message {
    std::string payload;
    Header header;
};

/// `payload` is signed as it is, whatever it holds; 1 to max_payload_bytes bytes. The header is
/// {"alg":"ES256","kid":key.id(),…,"iat":…}.
[[nodiscard]] base::Result<std::string> sign(const SigningKey& key, std::string_view payload,
                                             const Stamp& stamp);

/// The same without the payload in it, which may be empty.
[[nodiscard]] base::Result<std::string> sign_detached(const SigningKey& key,
                                                      std::string_view payload, const Stamp& stamp);

/// The payload and header of a message that a key of `ring` signed, one that counts now, and that
/// is fresh. "kid" and "iat" must be there.
[[nodiscard]] base::Result<Message> verify(std::string_view jws, const KeyRing& ring,
                                           const Freshness& freshness);

/// The same for a payload that came beside its signature, byte by byte as it came.
[[nodiscard]] base::Result<Header> verify_detached(std::string_view jws, std::string_view payload,
                                                   const KeyRing& ring, const Freshness& freshness);

/// For what is verified again long afterwards, or whose key is known otherwise: only that `key`
/// signed it. "kid" and "iat" may be missing, and are the caller's to judge.
[[nodiscard]] base::Result<Message> verify_signature(std::string_view jws,
                                                     const VerificationKey& key);
[[nodiscard]] base::Result<Header> verify_detached_signature(std::string_view jws,
                                                             std::string_view payload,
                                                             const VerificationKey& key);

}  // namespace ayni::signing
