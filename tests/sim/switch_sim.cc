#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "sim/simulation.h"

namespace {

constexpr const char* usage =
    "usage: switch_sim --seed N [--count M]\n"
    "Simulates the switch from seed N (and the M - 1 seeds behind it) in one thread, with faults\n"
    "drawn from the seed. Exit status 1 and the first violation when an oracle disagrees.\n";

bool parse(const char* text, std::uint64_t& value) {
    const char* end = text + std::strlen(text);
    return std::from_chars(text, end, value).ptr == end && end != text;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seed = 0;
    std::uint64_t count = 1;
    bool has_seed = false;
    for (int i = 1; i + 1 < argc; i += 2) {
        const bool is_seed = std::strcmp(argv[i], "--seed") == 0;
        const bool is_count = std::strcmp(argv[i], "--count") == 0;
        if ((!is_seed && !is_count) || !parse(argv[i + 1], is_seed ? seed : count)) {
            fmt::print(stderr, "{}", usage);
            return 2;
        }
        has_seed = has_seed || is_seed;
    }
    if (!has_seed || argc % 2 == 0) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    for (std::uint64_t one = seed; one < seed + count; ++one) {
        const ayni::sim::Report report = ayni::sim::simulate(one);
        fmt::print(
            "seed {}: trace {:016x}, {} ms, {} payments: {} committed, {} aborted, {} "
            "rejected, {} returned; {} crashes, {} appends in doubt\n",
            one, report.trace, report.simulated_ms, report.payments, report.committed,
            report.aborted, report.rejected, report.returned, report.crashes,
            report.appends_in_doubt);
        if (!report.violation.empty()) {
            fmt::print(stderr, "seed {}: {}\n", one, report.violation);
            return 1;
        }
    }
    return 0;
}
