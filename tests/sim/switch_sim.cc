#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "base/mark.h"
#include "sim/simulation.h"

namespace {

using ayni::sim::Report;

constexpr const char* usage =
    "usage: switch_sim --seed N [--count M] [--minutes M] [--commit C] [--trace]\n"
    "Simulates the switch from seed N (and the M - 1 seeds behind it, or as many as fit into the\n"
    "minutes) in one thread, with faults drawn from the seed. Exit status 1, the first violation "
    "and\n"
    "the end of its trace when an oracle disagrees. --trace prints the whole trace.\n";

struct Arguments {
    std::optional<std::uint64_t> seed;
    std::uint64_t count = 1;
    std::uint64_t minutes = 0;
    std::string commit;
    bool prints_all = false;
};

bool parse(const char* text, std::uint64_t& value) {
    const char* end = text + std::strlen(text);
    return std::from_chars(text, end, value).ptr == end && end != text;
}

std::optional<Arguments> read(int argc, char** argv) {
    Arguments arguments;
    if (const char* commit = std::getenv("AYNI_COMMIT")) arguments.commit = commit;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--trace") {
            arguments.prints_all = true;
            continue;
        }
        if (i + 1 == argc) return std::nullopt;
        const char* value = argv[++i];
        std::uint64_t number = 0;
        if (name == "--commit") {
            arguments.commit = value;
        } else if (!parse(value, number)) {
            return std::nullopt;
        } else if (name == "--seed") {
            arguments.seed = number;
        } else if (name == "--count") {
            arguments.count = number;
        } else if (name == "--minutes") {
            arguments.minutes = number;
        } else {
            return std::nullopt;
        }
    }
    if (!arguments.seed) return std::nullopt;
    return arguments;
}

struct Totals {
    std::uint64_t seeds = 0;
    std::uint64_t on_disk = 0;
    Report sum;

    void add(const Report& report) {
        ++seeds;
        on_disk += report.is_on_disk ? 1 : 0;
        sum.simulated_ms += report.simulated_ms;
        sum.starts += report.starts;
        sum.commands += report.commands;
        sum.compared += report.compared;
        sum.requests += report.requests;
        sum.payments += report.payments;
        sum.committed += report.committed;
        sum.aborted += report.aborted;
        sum.rejected += report.rejected;
        sum.returned += report.returned;
        for (std::size_t i = 0; i < report.faults.size(); ++i) sum.faults[i] += report.faults[i];
    }
};

void print_one(std::uint64_t seed, const Report& report) {
    fmt::print(
        "seed {}: trace {:016x}, {}, {} ms, {} starts, {} commands, {} requests, {} compared\n",
        seed, report.trace, report.is_on_disk ? "disk" : "log", report.simulated_ms, report.starts,
        report.commands, report.requests, report.compared);
}

/// One "name value" a line, for whoever adds up several processes.
void print_totals(const Totals& totals) {
    const Report& sum = totals.sum;
    fmt::print("total seeds {}\ntotal on_disk {}\ntotal simulated_ms {}\ntotal starts {}\n",
               totals.seeds, totals.on_disk, sum.simulated_ms, sum.starts);
    fmt::print("total commands {}\ntotal compared {}\ntotal requests {}\ntotal payments {}\n",
               sum.commands, sum.compared, sum.requests, sum.payments);
    fmt::print("total committed {}\ntotal aborted {}\ntotal rejected {}\ntotal returned {}\n",
               sum.committed, sum.aborted, sum.rejected, sum.returned);
    for (std::size_t i = 0; i < sum.faults.size(); ++i) {
        fmt::print("fault {} {}\n", to_string(static_cast<ayni::sim::Fault>(i)), sum.faults[i]);
    }
    std::map<std::string, unsigned long> marks;
    for (const auto* mark = ayni::base::first_mark(); mark != nullptr; mark = mark->next()) {
        marks[mark->name()] += mark->hits();
    }
    for (const auto& [name, hits] : marks) fmt::print("mark {} {}\n", name, hits);
}

void print_violation(std::uint64_t seed, const Arguments& arguments, const Report& report) {
    for (const std::string& line : report.last_lines) fmt::print(stderr, "{}\n", line);
    fmt::print(stderr, "seed {}, commit {}: {}\n", seed,
               arguments.commit.empty() ? "unknown" : arguments.commit, report.violation);
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = read(argc, argv);
    if (!arguments) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    ayni::sim::explain_aborts();
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::minutes(arguments->minutes);
    const bool has_end = arguments->minutes != 0;
    Totals totals;
    for (std::uint64_t i = 0; has_end ? Clock::now() < end : i < arguments->count; ++i) {
        const std::uint64_t seed = *arguments->seed + i;
        const Report report = ayni::sim::simulate(seed, arguments->prints_all);
        totals.add(report);
        if (!has_end && arguments->count <= 20) print_one(seed, report);
        if (!report.violation.empty()) {
            print_violation(seed, *arguments, report);
            return 1;
        }
    }
    print_totals(totals);
    return 0;
}
