#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ayni::config {

struct TomlFault {
    std::size_t line = 0;  ///< From 1.
    const char* message = "";
};

/// The first place of `text` at which toml++ 3.3 would abort the process or behave as it likes
/// instead of refusing, if there is one:
///
/// - a table's name that does not begin as a name does ("[/grpc]");
/// - a character outside ASCII that is neither in quotes nor in a comment ("año = 1").
///
/// Both are allowed within text of several lines, the first is refused there, too: no key takes
/// such a value.
[[nodiscard]] std::optional<TomlFault> find_toml_fault(std::string_view text);

}  // namespace ayni::config
