#include "config/toml_guard.h"

#include <algorithm>

namespace ayni::config {
namespace {

bool is_ascii(char c) { return (c & 0x80) == 0; }

std::size_t line_of(std::string_view text, std::size_t at) {
    return 1 + static_cast<std::size_t>(
                   std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

/// Where a table begins whose name is missing, or npos.
std::size_t find_nameless_table(std::string_view text) {
    constexpr std::string_view may_follow =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-\"']";
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || !is_ascii(c); };
    for (std::size_t at = 0; at < text.size(); ++at) {
        while (at < text.size() && is_blank(text[at])) ++at;
        if (at < text.size() && text[at] == '[') {
            ++at;
            if (at < text.size() && text[at] == '[') ++at;
            while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
            if (at < text.size() && may_follow.find(text[at]) == std::string_view::npos) return at;
        }
        at = text.find_first_of("\n\v\f\r", at);
        if (at == std::string_view::npos) break;
    }
    return std::string_view::npos;
}

/// Behind the text in quotes that begins at `at`. One that does not end is refused by the parser,
/// which reads no further.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const bool has_lines = text.substr(at, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
    for (at += has_lines ? 3 : 1; at < text.size(); ++at) {
        if (quote == '"' && text[at] == '\\') {
            ++at;
        } else if (text[at] == '\n' && !has_lines) {
            return at;
        } else if (text[at] == quote) {
            if (!has_lines) return at + 1;
            const std::size_t end = std::min(text.find_first_not_of(quote, at), text.size());
            if (end - at >= 3) return std::min(end, at + 5);  // up to two quotes belong to the text
            at = end - 1;
        }
    }
    return text.size();
}

/// Whether a quote at `at` begins text: within a bare word it is a character like others.
bool begins_text(std::string_view text, std::size_t at) {
    constexpr std::string_view may_precede = " \t\r\n=,.[{";
    return at == 0 || may_precede.find(text[at - 1]) != std::string_view::npos;
}

/// Where a character outside ASCII stands bare, or npos.
std::size_t find_bare_foreign(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::size_t at = text.substr(0, 3) == byte_order_mark ? 3 : 0;
    while (at < text.size()) {
        if (!is_ascii(text[at])) return at;
        if (text[at] == '#') {
            at = std::min(text.find('\n', at), text.size());
        } else if ((text[at] == '"' || text[at] == '\'') && begins_text(text, at)) {
            at = skip_quoted(text, at);
        } else {
            ++at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<TomlFault> find_toml_fault(std::string_view text) {
    const std::size_t nameless = find_nameless_table(text);
    const std::size_t foreign = find_bare_foreign(text);
    const std::size_t first = std::min(nameless, foreign);
    if (first == std::string_view::npos) return std::nullopt;
    return TomlFault{.line = line_of(text, first),
                     .message = first == nameless
                                    ? "a table's name is missing"
                                    : "a character outside ASCII must stand in quotes"};
}

}  // namespace ayni::config
