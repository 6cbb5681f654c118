#pragma once

#include <memory>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "base/result.h"
#include "loadtest/lane.h"
#include "loadtest/options.h"

namespace ayni::loadtest {

/// A connection of its own: channels of equal arguments would otherwise share one. The error names
/// the file that can not be used.
[[nodiscard]] base::Result<std::shared_ptr<grpc::Channel>> connect(const Connection& connection,
                                                                   const std::string& target);

/// The lanes of `options.mode`, each on a connection of its own.
[[nodiscard]] base::Result<std::vector<std::unique_ptr<Lane>>> make_lanes(const Options& options);

/// Items that one call or one taken piece of work stands for.
[[nodiscard]] std::uint64_t items_of_call(const Options& options);

/// Makes the ledger accounts or the customers that `options` will use. Harmless to repeat.
[[nodiscard]] base::Result<void> set_up(const Options& options);

}  // namespace ayni::loadtest
