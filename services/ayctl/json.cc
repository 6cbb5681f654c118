#include "ayctl/json.h"

#include <fmt/format.h>

namespace ayni::ayctl {

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') {
            out += '\\';
            out += character;
        } else if (byte < 0x20 || byte == 0x7F) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out += character;
        }
    }
    out += '"';
}

void JsonObject::begin_member(std::string_view name) {
    if (!members_.empty()) members_ += ',';
    append_json_string(members_, name);
    members_ += ':';
}

void JsonObject::add(std::string_view name, std::string_view value) {
    begin_member(name);
    append_json_string(members_, value);
}

void JsonObject::add(std::string_view name, std::uint64_t value) {
    begin_member(name);
    members_ += std::to_string(value);
}

void JsonObject::add(std::string_view name, std::int64_t value) {
    begin_member(name);
    members_ += std::to_string(value);
}

void JsonObject::add(std::string_view name, bool value) {
    begin_member(name);
    members_ += value ? "true" : "false";
}

void JsonObject::add(std::string_view name, const std::vector<std::string>& values) {
    begin_member(name);
    members_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) members_ += ',';
        append_json_string(members_, values[i]);
    }
    members_ += ']';
}

void JsonObject::add(std::string_view name, const JsonObject& value) {
    begin_member(name);
    members_ += value.text();
}

void JsonObject::add(std::string_view name, const std::vector<JsonObject>& values) {
    begin_member(name);
    members_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) members_ += ',';
        members_ += values[i].text();
    }
    members_ += ']';
}

void JsonObject::add_pairs(std::string_view name,
                           const std::vector<std::pair<std::string, std::string>>& pairs) {
    begin_member(name);
    members_ += '[';
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        members_ += i > 0 ? ",[" : "[";
        append_json_string(members_, pairs[i].first);
        members_ += ',';
        append_json_string(members_, pairs[i].second);
        members_ += ']';
    }
    members_ += ']';
}

}  // namespace ayni::ayctl
