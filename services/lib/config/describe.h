#pragma once

#include <fmt/format.h>

#include <array>

#include "config/key.h"

/// A table of keys as Markdown. For the folder's own .cc files.
namespace ayni::config {

inline std::string type_of(std::size_t alternative) {
    static constexpr std::array names{"text", "path", "integer", "boolean", "text"};
    return names.at(alternative);
}

template <typename Owner>
std::string default_of(const Key<Owner>& key, bool is_required) {
    if (is_required) return "required";
    Owner owner;
    return std::visit(
        [&](auto place) -> std::string {
            const auto& value = place(owner);
            using Value = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::filesystem::path>)
                return fmt::format("`{}`", value.string());
            if constexpr (std::is_same_v<Value, LinkStyle>) return "`session`";
            if constexpr (std::is_same_v<Value, std::string>) return fmt::format("`{}`", value);
            if constexpr (std::is_same_v<Value, bool>) return value ? "`true`" : "`false`";
            if constexpr (std::is_same_v<Value, std::uint64_t>) return fmt::format("{}", value);
        },
        key.target);
}

template <typename Owner>
std::string check_of(const Key<Owner>& key) {
    if (std::holds_alternative<Place<Owner, std::uint64_t>>(key.target)) {
        return fmt::format("{} to {}", key.minimum, key.maximum);
    }
    if (std::holds_alternative<Place<Owner, LinkStyle>>(key.target)) {
        return "`session`, `unary`, `gateway`";
    }
    if (std::holds_alternative<Place<Owner, std::filesystem::path>>(key.target)) return "not empty";
    switch (key.rule) {
        case TextRule::any: return "";
        case TextRule::host_and_port: return "HOST:PORT";
        case TextRule::participant_code: return "1 to 16 of a-z, 0-9, -; a letter first";
    }
    return "";
}

inline constexpr std::string_view description_header =
    "| Key | Type | Unit | Default | Check | Description |\n|---|---|---|---|---|---|\n";

template <typename Owner>
void describe(const Key<Owner>& key, bool is_required, std::string& text) {
    text +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.name, type_of(key.target.index()),
                    key.unit, default_of(key, is_required), check_of(key), key.description);
}

}  // namespace ayni::config
