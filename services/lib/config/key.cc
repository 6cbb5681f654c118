#include "config/key.h"

#include <algorithm>
#include <charconv>

namespace ayni::config {
namespace {

std::string host_and_port_violation(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return "must be HOST:PORT";
    const std::string_view host = text.substr(0, colon);
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (host.find(':') != std::string_view::npos && !is_bracketed) {
        return "must be HOST:PORT, an IPv6 address in brackets";
    }
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end) return "must end in a port, 0 to 65535";
    return "";
}

std::string participant_code_violation(std::string_view text) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    const bool is_good = !text.empty() && text.size() <= 16 && text.front() >= 'a' &&
                         text.front() <= 'z' && std::all_of(text.begin(), text.end(), is_allowed);
    return is_good ? "" : "must be 1 to 16 of a-z, 0-9 and '-', starting with a letter";
}

}  // namespace

std::string violation(TextRule rule, std::string_view text) {
    switch (rule) {
        case TextRule::any: return "";
        case TextRule::host_and_port: return host_and_port_violation(text);
        case TextRule::participant_code: return participant_code_violation(text);
    }
    return "";
}

}  // namespace ayni::config
