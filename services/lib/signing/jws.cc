#include "signing/jws.h"

#include <utility>

#include "base/assert.h"
#include "signing/base64url.h"
#include "signing/es256.h"

namespace ayni::signing {
namespace {

constexpr std::size_t base64url_size(std::size_t bytes) { return (bytes * 8 + 5) / 6; }

constexpr std::size_t max_jws_bytes = base64url_size(max_header_bytes) + 1 +
                                      base64url_size(max_payload_bytes) + 1 +
                                      base64url_size(es256_signature_bytes);
static_assert(base64url_size(es256_signature_bytes) == 86);

/// Three segments that are well-formed, of which nothing is verified.
struct Parsed {
    std::string_view before_signature;  ///< header "." payload, as it came.
    std::string_view payload_text;      ///< base64url; empty when detached.
    Header header;
    std::string signature;
};

base::Result<Header> parse_header_segment(std::string_view text) {
    const auto json = from_base64url(text);
    if (!json) return base::failure("header", "is not base64url without padding");
    return parse_header(*json);
}

base::Result<Parsed> parse(std::string_view jws) {
    if (jws.size() > max_jws_bytes) {
        return base::failure("jws", "has more than " + std::to_string(max_jws_bytes) + " bytes");
    }
    const std::size_t first = jws.find('.');
    const std::size_t last = jws.rfind('.');
    if (first == last || jws.find('.', first + 1) != last) {
        return base::failure("jws", "must be header, payload and signature with two points");
    }
    auto header = parse_header_segment(jws.substr(0, first));
    if (!header) return tl::unexpected(header.error());
    auto signature = from_base64url(jws.substr(last + 1));
    if (!signature) return base::failure("signature", "is not base64url without padding");
    if (signature->size() != es256_signature_bytes) {
        return base::failure("signature", "must have 64 bytes");
    }
    return Parsed{.before_signature = jws.substr(0, last),
                  .payload_text = jws.substr(first + 1, last - first - 1),
                  .header = std::move(*header),
                  .signature = std::move(*signature)};
}

base::Result<void> check_payload_size(std::string_view payload) {
    if (payload.size() <= max_payload_bytes) return {};
    return base::failure("payload",
                         "has more than " + std::to_string(max_payload_bytes) + " bytes");
}

base::Result<void> check_signature(std::string_view text, const Parsed& parsed,
                                   const VerificationKey& key) {
    if (key.verifies(text, parsed.signature)) return {};
    return base::failure("signature", "is not that of the key over this header and payload");
}

base::Result<VerificationKey> find_key(const Header& header, const KeyRing& ring,
                                       const Freshness& freshness) {
    if (header.key_id.empty()) return base::failure("kid", "is missing");
    return ring.find(header.key_id, freshness.now_seconds);
}

/// Only for a header whose signature was verified.
base::Result<void> check_fresh(const Header& header, const Freshness& freshness) {
    ASSERT(freshness.now_seconds >= 0);
    ASSERT(freshness.tolerance_seconds >= 0);
    if (!header.issued_at_seconds) return base::failure("iat", "is missing");
    ASSERT(*header.issued_at_seconds >= 0);  // so the difference can not overflow
    const std::int64_t age = freshness.now_seconds - *header.issued_at_seconds;
    if (age > freshness.tolerance_seconds) {
        return base::failure("iat", "the message is " + std::to_string(age) + " s old, more than " +
                                        std::to_string(freshness.tolerance_seconds));
    }
    if (-age > freshness.tolerance_seconds) {
        return base::failure("iat", "the message is from " + std::to_string(-age) +
                                        " s in the future, more than " +
                                        std::to_string(freshness.tolerance_seconds));
    }
    return {};
}

base::Result<Message> open_attached(const Parsed& parsed, const VerificationKey& key) {
    if (parsed.payload_text.empty()) {
        return base::failure("payload", "is missing, as in a detached signature");
    }
    auto good = check_signature(parsed.before_signature, parsed, key);
    if (!good) return tl::unexpected(good.error());
    auto payload = from_base64url(parsed.payload_text);
    if (!payload) return base::failure("payload", "is not base64url without padding");
    if (good = check_payload_size(*payload); !good) return tl::unexpected(good.error());
    return Message{std::move(*payload), parsed.header};
}

base::Result<Header> open_detached(const Parsed& parsed, std::string_view payload,
                                   const VerificationKey& key) {
    if (!parsed.payload_text.empty()) {
        return base::failure("payload", "is in the signature that should be detached from it");
    }
    auto good = check_payload_size(payload);
    if (!good) return tl::unexpected(good.error());
    // It ends in the point behind the header, where the payload was taken out.
    const std::string text = std::string(parsed.before_signature) + to_base64url(payload);
    if (good = check_signature(text, parsed, key); !good) return tl::unexpected(good.error());
    return parsed.header;
}

/// The three segments, of which the middle one is the caller's to keep.
struct Segments {
    std::string header;
    std::string payload;
    std::string signature;
};

base::Result<Segments> make(const SigningKey& key, std::string_view payload, const Stamp& stamp) {
    const auto fits = check_payload_size(payload);
    if (!fits) return tl::unexpected(fits.error());
    const auto json = write_header({.key_id = key.id(),
                                    .issued_at_seconds = stamp.issued_at_seconds,
                                    .id = stamp.id,
                                    .type = stamp.type});
    if (!json) return tl::unexpected(json.error());
    ASSERT(json->size() <= max_header_bytes);
    Segments made{.header = to_base64url(*json), .payload = to_base64url(payload), .signature = {}};
    const auto signature = key.sign(made.header + '.' + made.payload);
    if (!signature) return tl::unexpected(signature.error());
    made.signature = to_base64url(*signature);
    return made;
}

}  // namespace

base::Result<std::string> sign(const SigningKey& key, std::string_view payload,
                               const Stamp& stamp) {
    if (payload.empty()) return base::failure("payload", "is empty");
    const auto made = make(key, payload, stamp);
    if (!made) return tl::unexpected(made.error());
    return made->header + '.' + made->payload + '.' + made->signature;
}

base::Result<std::string> sign_detached(const SigningKey& key, std::string_view payload,
                                        const Stamp& stamp) {
    const auto made = make(key, payload, stamp);
    if (!made) return tl::unexpected(made.error());
    return made->header + ".." + made->signature;
}

base::Result<Message> verify(std::string_view jws, const KeyRing& ring,
                             const Freshness& freshness) {
    const auto parsed = parse(jws);
    if (!parsed) return tl::unexpected(parsed.error());
    const auto key = find_key(parsed->header, ring, freshness);
    if (!key) return tl::unexpected(key.error());
    auto message = open_attached(*parsed, *key);
    if (!message) return message;
    if (auto fresh = check_fresh(parsed->header, freshness); !fresh) {
        return tl::unexpected(fresh.error());
    }
    return message;
}

base::Result<Header> verify_detached(std::string_view jws, std::string_view payload,
                                     const KeyRing& ring, const Freshness& freshness) {
    const auto parsed = parse(jws);
    if (!parsed) return tl::unexpected(parsed.error());
    const auto key = find_key(parsed->header, ring, freshness);
    if (!key) return tl::unexpected(key.error());
    auto header = open_detached(*parsed, payload, *key);
    if (!header) return header;
    if (auto fresh = check_fresh(*header, freshness); !fresh) return tl::unexpected(fresh.error());
    return header;
}

base::Result<Message> verify_signature(std::string_view jws, const VerificationKey& key) {
    const auto parsed = parse(jws);
    if (!parsed) return tl::unexpected(parsed.error());
    return open_attached(*parsed, key);
}

base::Result<Header> verify_detached_signature(std::string_view jws, std::string_view payload,
                                               const VerificationKey& key) {
    const auto parsed = parse(jws);
    if (!parsed) return tl::unexpected(parsed.error());
    return open_detached(*parsed, payload, key);
}

}  // namespace ayni::signing
