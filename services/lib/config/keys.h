#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/switch_config.h"

namespace ayni::config {

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

/// All keys but those of `[[participants]]`, in the order of the operations chapter.
[[nodiscard]] std::span<const Key<SwitchConfig>> switch_keys();

/// The keys of one `[[participants]]` entry; `style` may be left out, the others may not.
[[nodiscard]] std::span<const Key<SwitchConfig::Participant>> participant_keys();

/// The Markdown table of all keys, as `switchd --describe-config` prints it and as it stands in the
/// operations chapter.
[[nodiscard]] std::string describe_switch_config();

/// What is wrong with `text` under `rule`, or an empty string.
[[nodiscard]] std::string violation(TextRule rule, std::string_view text);

}  // namespace ayni::config
