#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ayctl/connection.h"
#include "base/result.h"
#include "disbursement/pain001.h"

namespace ayni::ayctl {

/// Which participant an entity code of the clearing house belongs to.
using Routes = std::map<std::uint16_t, std::string>;

/// Reads "002=yape" and the like.
[[nodiscard]] base::Result<Routes> parse_routes(const std::vector<std::string>& texts);

/// Entity codes as the switch knows them.
[[nodiscard]] grpc::Status fetch_routes(const Connection& connection,
                                        std::chrono::milliseconds patience, Routes& routes);

/// One sentence for each entity of the file that has no participant: the first line that needs it,
/// and how many there are.
[[nodiscard]] std::vector<std::string> missing_routes(const disbursement::PaymentFile& file,
                                                      const Routes& routes);

}  // namespace ayni::ayctl
