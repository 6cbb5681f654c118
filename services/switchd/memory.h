#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "ledger/ledger.h"

namespace ayni::switchd {

struct MemoryLimit {
    std::uint64_t bytes = 0;
    std::string source;  ///< Who says so: "the machine", "the control group", "the address space".
};

/// The least of what the machine has and what the process's control groups and address space allow.
[[nodiscard]] MemoryLimit memory_limit();

/// An error when a ledger of these capacities, once it is full, would not fit beside everything
/// else. Its memory is only used as it fills, so without this the process would start, and be
/// killed in the middle of a busy day.
[[nodiscard]] base::Result<void> check_memory(const ledger::Options& options,
                                              const MemoryLimit& limit);

}  // namespace ayni::switchd
