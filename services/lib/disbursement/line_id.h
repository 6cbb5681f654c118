#pragma once

#include <cstdint>
#include <string_view>

#include "base/id128.h"

namespace ayni::disbursement {

/// What names one attempt to pay one line of one file.
struct LineName {
    std::string_view initiator;   ///< Code of the participant that claimed the file.
    std::string_view message_id;  ///< Of the file.
    std::string_view line_id;     ///< Instruction::line_id.
    std::uint32_t attempt = 1;
};

/// The transfer's id of a line (DESIGN decision 9): the release time in milliseconds that
/// ClaimBatch answered, then the first 80 bits of SHA-256(initiator, 0, message id, 0, line id, 0,
/// attempt in decimal digits) with the version and variant of a UUIDv7. Whoever pays the same file,
/// wherever and whenever, comes to the same ids, and so nothing is paid twice.
[[nodiscard]] base::TransferId line_transfer_id(std::uint64_t release_time_ms,
                                                const LineName& name);

}  // namespace ayni::disbursement
