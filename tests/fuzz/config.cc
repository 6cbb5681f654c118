#include <string>

#include "config/projector_config.h"
#include "config/switch_config.h"
#include "fuzz/input.h"

/// The configuration files of switch and projector. What is refused says why and where.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ayni;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto projector = config::parse_projector_config(text, "projectord.toml");
    if (!projector) ASSERT(!projector.error().message.empty());
    const auto config = config::parse_switch_config(text, "switch.toml");
    if (!config) {
        ASSERT(!config.error().message.empty());
        return 0;
    }
    ASSERT(config->ledger.remembered_transfers >= 2 * config->ledger.live_transfers);
    ASSERT(config->journal.segment_mebibytes > 0);
    ASSERT(config->sequencer.admission_capacity > 0);
    static_cast<void>(config::is_loopback(text.substr(0, 64)));
    return 0;
}
