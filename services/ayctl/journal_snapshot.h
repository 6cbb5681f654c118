#pragma once

#include "ayctl/command.h"

namespace ayni::ayctl {

/// Adds `snapshot` and `snapshots` to the command `journal`.
void add_snapshot_commands(CLI::App& journal, Registry registry);

}  // namespace ayni::ayctl
