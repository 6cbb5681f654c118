#include "switchd/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

namespace ayni::switchd {
namespace {

constexpr std::uint64_t mebibyte = 1 << 20;
/// Journal buffers, the history's index, connections and threads.
constexpr std::uint64_t all_else_bytes = 256 * mebibyte;

/// The number in `file`; nothing when there is none, or it says "max".
std::optional<std::uint64_t> number_in(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string text;
    if (!(stream >> text)) return std::nullopt;
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return number;
}

/// The least limit of `group` and of those that it is in.
std::optional<std::uint64_t> limit_of_groups(const std::filesystem::path& top,
                                             std::filesystem::path group, const char* file) {
    std::optional<std::uint64_t> least;
    for (;; group = group.parent_path()) {
        if (const auto limit = number_in(top / group.relative_path() / file)) {
            least = std::min(least.value_or(*limit), *limit);
        }
        if (!group.has_relative_path()) return least;
    }
}

/// Of the control groups of this process, of whichever version: lines are "ID:CONTROLLERS:PATH".
std::optional<std::uint64_t> control_group_limit() {
    std::optional<std::uint64_t> least;
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::filesystem::path path = line.substr(second + 1);
        std::optional<std::uint64_t> limit;
        if (controllers.empty()) limit = limit_of_groups("/sys/fs/cgroup", path, "memory.max");
        if (controllers == "memory") {
            limit = limit_of_groups("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes");
        }
        if (limit) least = std::min(least.value_or(*limit), *limit);
    }
    return least;
}

}  // namespace

MemoryLimit memory_limit() {
    MemoryLimit least{.bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                               static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                      .source = "the machine"};
    const auto consider = [&](std::uint64_t bytes, const char* source) {
        if (bytes < least.bytes) least = {.bytes = bytes, .source = source};
    };
    if (const auto limit = control_group_limit()) consider(*limit, "the control group");
    rlimit address_space{};
    if (::getrlimit(RLIMIT_AS, &address_space) == 0 && address_space.rlim_cur != RLIM_INFINITY) {
        consider(address_space.rlim_cur, "the address space (ulimit -v)");
    }
    return least;
}

base::Result<void> check_memory(const ledger::Options& options, const MemoryLimit& limit) {
    const std::uint64_t needed = ledger::bytes_when_full(options);
    if (needed + all_else_bytes <= limit.bytes) return {};
    return base::failure(
        "ledger.remembered_transfers",
        fmt::format("with the other capacities of the ledger it needs {} MiB when it is full, "
                    "beside {} MiB for all else, but {} has {} MiB; lower it, or give more memory",
                    needed / mebibyte, all_else_bytes / mebibyte, limit.source,
                    limit.bytes / mebibyte));
}

}  // namespace ayni::switchd
