#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/result.h"
#include "config/key.h"

/// A TOML file into the places of a table of keys. For the folder's own .cc files.
namespace ayni::config {

using base::Error;
using base::Result;

/// The number of the first line that begins a table whose name does not begin as a name does
/// ("[/grpc]"). toml++ 3.3 aborts the process there instead of saying so. Within text of several
/// lines such a line would be allowed, but no key takes that.
inline std::optional<std::size_t> nameless_table(std::string_view text) {
    constexpr std::string_view may_follow =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-\"']";
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || (c & 0x80) != 0; };
    std::size_t line = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        while (at < text.size() && is_blank(text[at])) ++at;
        if (at < text.size() && text[at] == '[') {
            ++at;
            if (at < text.size() && text[at] == '[') ++at;
            while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
            if (at < text.size() && may_follow.find(text[at]) == std::string_view::npos) {
                return line;
            }
        }
        at = text.find_first_of("\n\v\f\r", at);
        if (at == std::string_view::npos) break;
        if (text[at] == '\n') ++line;
    }
    return std::nullopt;
}

/// Reads the nodes of one file into their places and remembers where each stood.
class Reader {
public:
    explicit Reader(const std::filesystem::path& file) : file_(file) {}

    template <typename Owner>
    Result<void> read(const Key<Owner>& key, const toml::node& node, Owner& owner) const {
        return std::visit([&](auto place) { return read_into(key, node, place(owner)); },
                          key.target);
    }

    [[nodiscard]] tl::unexpected<Error> failure(const toml::source_region& where,
                                                std::string_view key, std::string message) const {
        return base::failure(fmt::format("{}:{}: {}", file_.string(), where.begin.line, key),
                             std::move(message));
    }

private:
    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node,
                           std::string& value) const {
        const auto text = node.value_exact<std::string>();
        if (!text) return wrong_type(key, node, "text in quotes");
        const std::string what = violation(key.rule, *text);
        if (!what.empty()) return failure(node.source(), key.name, what + ", not \"" + *text + '"');
        value = *text;
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node,
                           std::filesystem::path& value) const {
        const auto text = node.value_exact<std::string>();
        if (!text) return wrong_type(key, node, "a path in quotes");
        if (text->empty()) return failure(node.source(), key.name, "must not be empty");
        if (text->find('\0') != std::string::npos) {
            return failure(node.source(), key.name, "must not hold a zero byte");
        }
        value = file_.parent_path() / *text;  // an absolute path replaces the folder
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node,
                           std::uint64_t& value) const {
        const auto number = node.value_exact<std::int64_t>();
        if (!number) return wrong_type(key, node, "an integer");
        if (*number < 0 || static_cast<std::uint64_t>(*number) < key.minimum ||
            static_cast<std::uint64_t>(*number) > key.maximum) {
            return failure(
                node.source(), key.name,
                fmt::format("must be {} to {}, not {}", key.minimum, key.maximum, *number));
        }
        value = static_cast<std::uint64_t>(*number);
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node, bool& value) const {
        const auto flag = node.value_exact<bool>();
        if (!flag) return wrong_type(key, node, "true or false");
        value = *flag;
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node, LinkStyle& value) const {
        const auto text = node.value_exact<std::string>();
        if (!text || (*text != "session" && *text != "unary")) {
            return failure(node.source(), key.name, "must be \"session\" or \"unary\"");
        }
        value = *text == "session" ? LinkStyle::session : LinkStyle::unary;
        return {};
    }

    template <typename Owner>
    [[nodiscard]] tl::unexpected<Error> wrong_type(const Key<Owner>& key, const toml::node& node,
                                                   std::string_view wanted) const {
        std::ostringstream type;
        type << node.type();
        return failure(node.source(), key.name,
                       fmt::format("must be {}, not a TOML {}", wanted, type.str()));
    }

    std::filesystem::path file_;
};

template <typename Owner>
const Key<Owner>* find_key(std::span<const Key<Owner>> keys, std::string_view name) {
    for (const auto& key : keys) {
        if (key.name == name) return &key;
    }
    return nullptr;
}

/// Every value of one section, each by its key.
template <typename Owner>
Result<void> read_section(const Reader& reader, std::span<const Key<Owner>> keys,
                          const toml::key& section, const toml::node& node, Owner& config) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        return reader.failure(section.source(), section.str(), "is not a key; all are in sections");
    }
    for (const auto& [name, value] : *table) {
        const std::string full_name = fmt::format("{}.{}", section.str(), name.str());
        const auto* key = find_key(keys, full_name);
        if (key == nullptr) return reader.failure(name.source(), full_name, "is not a key");
        if (auto done = reader.read(*key, value, config); !done) return done;
    }
    const std::string prefix = fmt::format("{}.", section.str());
    for (const auto& key : keys) {
        if (key.name.starts_with(prefix)) return {};
    }
    return reader.failure(section.source(), section.str(), "is not a section");
}

/// The text as TOML, or what is wrong with it and where.
inline Result<toml::table> parse_toml(const Reader& reader, std::string_view text,
                                      const std::filesystem::path& file) {
    if (const auto line = nameless_table(text)) {
        return base::failure(fmt::format("{}:{}: TOML", file.string(), *line),
                             "a table's name is missing");
    }
    toml::parse_result parsed = toml::parse(text, file.string());
    if (!parsed) {
        return reader.failure(parsed.error().source(), "TOML",
                              std::string(parsed.error().description()));
    }
    return std::move(parsed).table();
}

inline Result<std::string> read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    if (stream) text << stream.rdbuf();
    if (!stream) return base::failure(file.string(), "can not be read");
    return text.str();
}

}  // namespace ayni::config
