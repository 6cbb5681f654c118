#include <cstdio>

#include "fuzz/input.h"
#include "property/pair.h"

/// Steps of tests/property, twenty bytes each: the ledger against its model. The first byte chooses
/// the size of the tables, and whether there is anybody at the start.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ayni;
    constexpr std::size_t most_steps = 200;
    fuzz::Input input(data, size);
    const std::uint8_t shape = input.byte();
    property::Pair pair(shape % 2 == 0 ? property::Pair::tight() : property::Pair::roomy());
    std::string difference = shape % 4 < 3 ? pair.run_preamble() : std::string();
    for (std::size_t i = 0; i < most_steps && difference.empty() && !input.empty(); ++i) {
        difference = pair.run(input.next<property::Step>());
    }
    if (difference.empty()) return 0;
    std::fprintf(stderr, "%s%s\n", pair.trace().c_str(), difference.c_str());
    ASSERT(difference.empty());
    return 0;
}
