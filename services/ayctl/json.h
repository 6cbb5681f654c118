#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ayni::ayctl {

/// Appends `text` (UTF-8) in quotes, escaped as RFC 8259 wants it.
void append_json_string(std::string& out, std::string_view text);

/// Builds one JSON object, members in the order of their addition.
class JsonObject {
public:
    void add(std::string_view name, std::string_view value);
    void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
    void add(std::string_view name, const std::string& value) {
        add(name, std::string_view(value));
    }
    void add(std::string_view name, std::uint64_t value);
    void add(std::string_view name, std::int64_t value);
    void add(std::string_view name, bool value);
    void add(std::string_view name, const std::vector<std::string>& values);
    void add(std::string_view name, const JsonObject& value);
    void add(std::string_view name, const std::vector<JsonObject>& values);
    /// [["name","value"],…]: for names that may come more than once.
    void add_pairs(std::string_view name,
                   const std::vector<std::pair<std::string, std::string>>& pairs);

    [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

private:
    void begin_member(std::string_view name);

    std::string members_;
};

}  // namespace ayni::ayctl
