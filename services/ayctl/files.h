#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ayni::ayctl {

/// The whole file. An error that names it when it can not be read or has more than `max_bytes`.
[[nodiscard]] base::Result<std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t max_bytes);

/// Writes `text` with `mode`, so that at any moment there is the whole file or the one that was
/// there before.
[[nodiscard]] base::Result<void> write_file(const std::filesystem::path& path,
                                            std::string_view text, mode_t mode);

}  // namespace ayni::ayctl
