#include <cstdio>

#include "fuzz/input.h"
#include "property/pair.h"

/// Bytes as they could stand in a journal: whatever is read as commands has one spelling only, and
/// the ledger does with it what its model does. Limits without room never get as far as the ledger:
/// the replay refuses them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ayni;
    fuzz::Aligned aligned({reinterpret_cast<const char*>(data), size});
    property::Pair pair(property::Pair::tight());
    std::string difference = pair.run_preamble();
    static_cast<void>(ledger::for_each_command(aligned.bytes(), [&](ledger::CommandView view) {
        const property::Command command = property::decode(view);
        const ledger::CommandBuffer again = property::encode(command);
        ASSERT(std::equal(view.bytes().begin(), view.bytes().end(), again.bytes().begin(),
                          again.bytes().end()));
        const bool has_room = view.kind() != ledger::CommandKind::started ||
                              view.limits() == nullptr ||
                              ledger::check_room(*view.limits(), property::Pair::tight());
        if (difference.empty() && has_room) difference = pair.run(command);
    }));
    if (difference.empty()) return 0;
    std::fprintf(stderr, "%s%s\n", pair.trace().c_str(), difference.c_str());
    ASSERT(difference.empty());
    return 0;
}
