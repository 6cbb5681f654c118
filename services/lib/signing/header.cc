#include "signing/header.h"

#include <jansson.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "base/assert.h"

namespace ayni::signing {
namespace {

constexpr const char* algorithm = "ES256";

struct JsonDeleter {
    void operator()(json_t* value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonDeleter>;

/// Members of Header that are texts.
struct TextMember {
    const char* name;
    std::string Header::* place;
};
constexpr std::array text_members{TextMember{"kid", &Header::key_id},
                                  TextMember{"jti", &Header::id}, TextMember{"typ", &Header::type}};

std::string_view text_of(const json_t* value) {
    return {json_string_value(value), json_string_length(value)};
}

base::Result<void> check_algorithm(const json_t* object) {
    const json_t* const value = json_object_get(object, "alg");
    if (value == nullptr) return base::failure("alg", "must be ES256, and is missing");
    if (!json_is_string(value)) return base::failure("alg", "must be ES256");
    if (text_of(value) == algorithm) return {};
    return base::failure("alg", "must be ES256, not " + shown(text_of(value)));
}

/// RFC 7515, 4.1.11: who does not understand an extension that is critical must refuse. "b64" (RFC
/// 7797) would change what was signed, so it is refused even where it is not called critical.
base::Result<void> check_extensions(const json_t* object) {
    if (json_object_get(object, "crit") != nullptr) {
        return base::failure("crit", "critical extensions are not supported");
    }
    if (json_object_get(object, "b64") != nullptr) {
        return base::failure("b64", "a payload that is not in base64url is not supported");
    }
    return {};
}

base::Result<void> read_texts(const json_t* object, Header& header) {
    for (const auto& [name, place] : text_members) {
        const json_t* const value = json_object_get(object, name);
        if (value == nullptr) continue;
        if (!json_is_string(value) || !is_header_text(text_of(value))) {
            return base::failure(name, header_text_rule());
        }
        header.*place = text_of(value);
    }
    return {};
}

base::Result<void> read_issued_at(const json_t* object, Header& header) {
    const json_t* const value = json_object_get(object, "iat");
    if (value == nullptr) return {};
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return base::failure("iat", "must be whole seconds since 1970");
    }
    header.issued_at_seconds = json_integer_value(value);
    return {};
}

void set(json_t* object, const char* name, json_t* value) {
    ASSERT(json_object_set_new(object, name, value) == 0);
}

}  // namespace

bool is_header_text(std::string_view text) {
    return !text.empty() && text.size() <= max_header_text_bytes &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string header_text_rule() {
    return "must be a text of 1 to " + std::to_string(max_header_text_bytes) +
           " printable ASCII characters";
}

std::string shown(std::string_view text) {
    return is_header_text(text) ? '"' + std::string(text) + '"' : "another text";
}

base::Result<Header> parse_header(std::string_view json) {
    if (json.size() > max_header_bytes) {
        return base::failure("header",
                             "has more than " + std::to_string(max_header_bytes) + " bytes");
    }
    json_error_t error;
    const Json object(json_loadb(json.data(), json.size(), JSON_REJECT_DUPLICATES, &error));
    if (!json_is_object(object.get())) {
        return base::failure("header", "must be a JSON object in which each member comes once");
    }
    Header header;
    if (auto good = check_algorithm(object.get()); !good) return tl::unexpected(good.error());
    if (auto good = check_extensions(object.get()); !good) return tl::unexpected(good.error());
    if (auto good = read_texts(object.get(), header); !good) return tl::unexpected(good.error());
    if (auto good = read_issued_at(object.get(), header); !good) {
        return tl::unexpected(good.error());
    }
    return header;
}

base::Result<std::string> write_header(const Header& header) {
    const Json object(json_object());
    ASSERT(object != nullptr);
    set(object.get(), "alg", json_string(algorithm));
    for (const auto& [name, place] : text_members) {
        const std::string& text = header.*place;
        if (text.empty()) continue;
        if (!is_header_text(text)) return base::failure(name, header_text_rule());
        set(object.get(), name, json_stringn(text.data(), text.size()));
    }
    if (header.issued_at_seconds) {
        if (*header.issued_at_seconds < 0) {
            return base::failure("iat", "must be whole seconds since 1970");
        }
        set(object.get(), "iat", json_integer(*header.issued_at_seconds));
    }
    const std::unique_ptr<char, decltype(&std::free)> text(json_dumps(object.get(), JSON_COMPACT),
                                                           &std::free);
    ASSERT(text != nullptr);
    return std::string(text.get());
}

}  // namespace ayni::signing
