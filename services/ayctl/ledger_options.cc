#include "ayctl/ledger_options.h"

#include "config/switch_config.h"

namespace ayni::ayctl {

base::Result<ledger::Options> ledger_options(const std::string& switch_config) {
    ledger::Options options;
    if (switch_config.empty()) return options;
    const auto config = config::read_switch_config(switch_config);
    if (!config) return tl::unexpected(config.error());
    options.participants = config->ledger.participants;
    options.accounts = config->ledger.accounts;
    options.live_transfers = config->ledger.live_transfers;
    options.remembered_transfers = config->ledger.remembered_transfers;
    options.claims = config->ledger.claims;
    options.unacknowledged_per_participant =
        static_cast<std::uint32_t>(config->ledger.unacknowledged_per_participant);
    return options;
}

}  // namespace ayni::ayctl
