#include <string>

#include "fuzz/input.h"
#include "rpc/identity.h"
#include "rpc/mapping_fields.h"
#include "rpc/page_token.h"

namespace {

using namespace ayni;

void check_identity(std::string_view text) {
    const auto identity = rpc::parse_role_and_name(text);
    const auto of_uri = rpc::parse_identity_uri("spiffe://ayni/" + std::string(text));
    ASSERT(identity.has_value() == of_uri.has_value());
    if (!identity) return;
    ASSERT(!identity->name.empty());
    ASSERT(identity->name.size() <= 64);
    ASSERT(identity->name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
           std::string_view::npos);
}

void check_fields(std::string_view text) {
    rpc::Violations wrong;
    const bool is_text = rpc::check_text(text, 1, 140, "text", wrong);
    const bool is_ascii = rpc::check_ascii(text, 1, 140, "ascii", wrong);
    if (is_ascii) ASSERT(is_text);
    const bool is_code = rpc::check_code(text, "code", wrong);
    if (is_code) ASSERT(text.size() <= 16);
    static_cast<void>(rpc::check_purpose(text, "purpose", wrong));
    static_cast<void>(rpc::check_currency(text, "currency", wrong));
    static_cast<void>(rpc::check_transfer_id(text, "id", wrong));
}

}  // namespace

/// Texts that callers send: page tokens, identities, fields.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto listing =
        input.byte() % 2 == 0 ? rpc::Listing::transfers : rpc::Listing::participants;
    const auto owner = std::uint32_t{input.byte()};
    const auto position = input.next<std::uint64_t>();
    const std::string token = rpc::make_page_token(listing, owner, position);
    ASSERT(rpc::read_page_token(token, listing, owner) == position);
    ASSERT(!rpc::read_page_token(token, listing, owner + 1));
    const std::string text(input.rest());
    // Nobody guesses a token, so whatever is accepted is spelled as it would have been made.
    if (const auto read = rpc::read_page_token(text, listing, owner)) {
        ASSERT(rpc::make_page_token(listing, owner, *read) == text);
    }
    check_identity(text);
    check_fields(text);
    return 0;
}
