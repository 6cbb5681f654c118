#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "ayctl/connection.h"
#include "ayctl/pay_lines.h"

namespace ayni::ayctl {

struct PayOptions {
    std::size_t window = 256;      ///< Payments without an answer at a time.
    std::size_t per_message = 64;  ///< Payments in one message at most.
    /// For so long nothing may come before it gives up.
    std::chrono::milliseconds patience{60'000};
    /// Hears how many lines are final. On any thread.
    std::function<void(std::size_t)> progress = {};
};

/// Pays `lines` over StreamTransfers until all are final or patience is over. A broken stream is
/// opened again and what was not answered is sent again, which the ids make harmless. What the
/// stream can not tell, GetTransfer is asked for.
///
/// The status is that of the last stream or question when something stayed open, and OK otherwise.
[[nodiscard]] grpc::Status pay_lines(const Connection& connection, std::vector<PayLine>& lines,
                                     const PayOptions& options);

}  // namespace ayni::ayctl
