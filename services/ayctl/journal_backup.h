#pragma once

#include "ayctl/command.h"

namespace ayni::ayctl {

/// `export`, `compare` and `restore`, under `journal`.
void add_backup_commands(CLI::App& journal, Registry registry);

}  // namespace ayni::ayctl
