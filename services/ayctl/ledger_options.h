#pragma once

#include <string>

#include "base/result.h"
#include "ledger/ledger.h"

namespace ayni::ayctl {

/// The capacities in `[ledger]` of the switch's configuration file; its defaults when no file is
/// named. Whoever replays needs those of the switch: where a table is full the outcome differs.
[[nodiscard]] base::Result<ledger::Options> ledger_options(const std::string& switch_config);

}  // namespace ayni::ayctl
