#pragma once

#include <span>
#include <string>

#include "config/key.h"
#include "config/switch_config.h"

namespace ayni::config {

/// All keys but those of `[[participants]]`, in the order of the operations chapter.
[[nodiscard]] std::span<const Key<SwitchConfig>> switch_keys();

/// The keys of one `[[participants]]` entry; `style` may be left out, the others may not.
[[nodiscard]] std::span<const Key<SwitchConfig::Participant>> participant_keys();

/// The Markdown table of all keys, as `switchd --describe-config` prints it and as it stands in the
/// operations chapter.
[[nodiscard]] std::string describe_switch_config();

}  // namespace ayni::config
