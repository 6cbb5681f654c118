#include <fmt/format.h>

#include <csignal>

#include "adapter/grpc_process.h"
#include "loadtest/lanes.h"
#include "loadtest/options.h"
#include "loadtest/run.h"

int main(int argc, char** argv) {
    const ayni::adapter::GrpcProcess grpc;
    using namespace ayni::loadtest;
    const ParsedOptions parsed = parse_options(argc, argv);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    const Options& options = parsed.options;
    std::signal(SIGPIPE, SIG_IGN);

    if (options.setup || options.setup_only) {
        if (const auto done = set_up(options); !done) {
            fmt::print(stderr, "loadgen: {}\n", done.error().to_string());
            return 1;
        }
        if (options.setup_only) return 0;
    }
    auto lanes = make_lanes(options);
    if (!lanes) {
        fmt::print(stderr, "loadgen: {}\n", lanes.error().to_string());
        return 1;
    }
    const RunResult result = run(options, *lanes);
    fmt::print("{}\n", to_json(options, result));
    // Refusals are a result; that nothing succeeded at all is a fault of the set-up.
    return result.tally->answered() > 0 ? 0 : 1;
}
