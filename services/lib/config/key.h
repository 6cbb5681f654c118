#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What the keys of every program's configuration are made of.
namespace ayni::config {

/// How the switch talks to an institution: one long-lived stream, a call for each message, or a
/// stream that the institution opens.
enum class LinkStyle : std::uint8_t { session, unary, gateway };

/// Nothing for what is no style.
constexpr std::optional<LinkStyle> link_style_of(std::string_view text) {
    if (text == "session") return LinkStyle::session;
    if (text == "unary") return LinkStyle::unary;
    if (text == "gateway") return LinkStyle::gateway;
    return std::nullopt;
}

/// Where a key's value goes; which alternative it is decides the type that the file must give.
template <typename Owner, typename Value>
using Place = Value& (*)(Owner&);

template <typename Owner>
using Target =
    std::variant<Place<Owner, std::string>, Place<Owner, std::filesystem::path>,
                 Place<Owner, std::uint64_t>, Place<Owner, bool>, Place<Owner, LinkStyle>>;

/// What the text of a key must look like.
enum class TextRule : std::uint8_t { any, host_and_port, participant_code };

/// One key of the file: the only place that knows its name, bounds and meaning.
template <typename Owner>
struct Key {
    std::string_view name;       ///< "journal.segment_mebibytes": the unit is part of the name.
    std::string_view unit = {};  ///< "MiB", "ms", "accounts"; empty for text and switches.
    std::string_view description;
    Target<Owner> target;
    std::uint64_t minimum = 0;  ///< Of numbers, inclusive.
    std::uint64_t maximum = 0;
    TextRule rule = TextRule::any;
};

/// What is wrong with `text` under `rule`, or an empty string.
[[nodiscard]] std::string violation(TextRule rule, std::string_view text);

}  // namespace ayni::config
