#include "ayctl/journal_snapshot.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "ayctl/format.h"
#include "ayctl/json.h"
#include "ayctl/ledger_options.h"
#include "ayctl/replay.h"
#include "journal/file_journal.h"
#include "ledger/invariants/invariants.h"
#include "snapshot/restore.h"

/// Snapshots of the ledger, taken beside the switch and never by it.
namespace ayni::ayctl {
namespace {

struct Arguments {
    std::string directory;
    std::string shelf;
    std::string switch_config;
    std::size_t keep = 2;
    std::uint64_t mebibytes_per_second = 100;
};

snapshot::Shelf shelf_of(const Arguments& arguments) {
    if (!arguments.shelf.empty()) return snapshot::Shelf(arguments.shelf);
    return snapshot::Shelf(snapshot::directory_of(arguments.directory));
}

/// The switch comes first, for the processor as for the disk. Where that is refused, it is a little
/// less polite, no more.
void become_least_urgent() {
    constexpr int idle_class = 3 << 13;
    constexpr int this_process = 1;
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, 19));
    static_cast<void>(::syscall(SYS_ioprio_set, this_process, 0, idle_class));
}

/// Keeps the bytes of each second below a bound: the journal may be on the same disk.
class Pacer {
public:
    explicit Pacer(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

    void operator()(std::uint64_t bytes) {
        if (bytes_per_second_ == 0) return;
        bytes_ += bytes;
        constexpr std::uint64_t microseconds = 1'000'000;
        const auto due =
            began_ + std::chrono::microseconds(bytes_ * microseconds / bytes_per_second_);
        std::this_thread::sleep_until(due);
    }

private:
    std::uint64_t bytes_per_second_;
    std::uint64_t bytes_ = 0;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

void report_rejections(const snapshot::Restored& restored) {
    for (const auto& rejection : restored.rejections) {
        fmt::print(stderr, "passed over {}, {}: {}\n", rejection.name,
                   snapshot::to_string(rejection.reason), rejection.why);
    }
}

/// What was done, and how much of it.
struct Report {
    std::string
        from;  ///< Name of the snapshot that it went on from; empty: from the first command.
    std::uint64_t replayed = 0;
    std::string name;
    std::uint64_t batch = 0;
    std::uint64_t sequence = 0;
    std::uint64_t bytes = 0;
    bool is_new = false;
    std::vector<std::string> removed = {};
};

void print(const Report& report, bool json) {
    if (json) {
        JsonObject object;
        object.add("snapshot", report.name);
        object.add("is_new", report.is_new);
        object.add("batch", report.batch);
        object.add("sequence", report.sequence);
        object.add("bytes", report.bytes);
        object.add("went_on_from", report.from);
        object.add("replayed", report.replayed);
        object.add("removed", std::uint64_t{report.removed.size()});
        fmt::print("{}\n", object.text());
        return;
    }
    if (!report.is_new) {
        fmt::print("{} stands at the journal's end, sequence {}; nothing was to be done\n",
                   report.name, report.sequence);
        return;
    }
    fmt::print("{}  sequence {}  {} bytes  {} commands replayed {}\n", report.name, report.sequence,
               report.bytes, report.replayed,
               report.from.empty() ? std::string("from the first") : "behind " + report.from);
    for (const std::string& name : report.removed) fmt::print("removed {}\n", name);
}

base::Result<Report> take(const Arguments& arguments) {
    const auto options = ledger_options(arguments.switch_config);
    if (!options) return tl::unexpected(options.error());
    const snapshot::Shelf shelf = shelf_of(arguments);
    const auto restored = snapshot::restore(shelf, *options, arguments.directory);
    report_rejections(restored);
    const auto journal = journal::FileJournal::open_to_read(arguments.directory, restored.start());
    if (!journal) return tl::unexpected(journal.error());
    const journal::BatchHeader& tail = (*journal)->tail();
    Report report{.from = restored.name,
                  .name = restored.name,
                  .batch = tail.number.value(),
                  .sequence = tail.last_sequence().value()};
    if (restored.snapshot && tail.number == restored.stands_after()) {
        report.bytes = ledger::snapshot_bytes(*restored.snapshot);
        return report;
    }
    // The switch goes on writing: this is about the journal as it was found.
    const auto summary = replay(**journal, *restored.ledger, {.sequence = tail.last_sequence()},
                                restored.stands_after());
    if (!summary) return tl::unexpected(summary.error());
    if (std::string broken = ledger::invariants::check_all(*restored.ledger); !broken.empty()) {
        return base::failure("ledger", "an invariant does not hold after replay: " + broken);
    }
    Pacer pacer(arguments.mebibytes_per_second << 20U);
    auto taken =
        shelf.take(*restored.ledger, snapshot::stand_at_tail(**journal),
                   {.keep = arguments.keep, .pace = [&](std::uint64_t bytes) { pacer(bytes); }});
    if (!taken) return tl::unexpected(taken.error());
    report.is_new = true;
    report.name = taken->item.name;
    report.bytes = taken->bytes;
    report.replayed = summary->commands;
    report.removed = std::move(taken->removed);
    return report;
}

ExitCode take_snapshot(const GlobalOptions& global, const Arguments& arguments) {
    become_least_urgent();
    const auto report = take(arguments);
    if (!report) return report_failure(report.error().to_string());
    print(*report, global.json);
    return ExitCode::done;
}

/// Each file with what it holds, or what is wrong with it.
ExitCode list_snapshots(const GlobalOptions& global, const Arguments& arguments) {
    const snapshot::Shelf shelf = shelf_of(arguments);
    const auto items = shelf.list();
    if (!items) return report_failure(items.error().to_string());
    Table table({"snapshot", ">sequence", "journal time", ">bytes", "state"});
    bool all_whole = true;
    for (const auto& item : *items) {
        const auto header = shelf.check(item);
        all_whole = all_whole && header.has_value();
        const std::string state = header ? "whole" : header.error().to_string();
        if (global.json) {
            JsonObject object;
            object.add("snapshot", item.name);
            object.add("batch", item.batch.value());
            object.add("sequence", header ? header->last_sequence.value() : std::uint64_t{0});
            object.add("is_whole", header.has_value());
            object.add("state", state);
            fmt::print("{}\n", object.text());
            continue;
        }
        table.add({item.name, header ? fmt::format("{}", header->last_sequence.value()) : "",
                   header ? format_time(header->time) : "",
                   header ? fmt::format("{}", ledger::snapshot_bytes(*header)) : "", state});
    }
    if (!global.json) fmt::print("{}", table.text());
    return all_whole ? ExitCode::done : ExitCode::failed;
}

}  // namespace

void add_snapshot_commands(CLI::App& journal, Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    Arguments& a = *arguments;

    CLI::App* taken = journal.add_subcommand(
        "snapshot",
        "Write the ledger's state at the journal's end beside the journal, so that a restart "
        "replays only what follows. Goes on from the newest snapshot that is good. Beside a "
        "running switch, without its help: needs as much memory as the tables of the switch that "
        "are in use (144 bytes an account, 80 a remembered transfer) and 32 MiB, and makes itself "
        "the least urgent process.");
    taken->add_option("DIR", a.directory, "The journal")->required();
    taken->add_option("--to", a.shelf, "Where to; the switch looks in DIR/snapshots, the default");
    taken->add_option("--keep", a.keep, "How many stay, the new one included")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}))
        ->capture_default_str();
    taken
        ->add_option("--mebibytes-per-second", a.mebibytes_per_second,
                     "Writes and reads back no faster, for the journal's sake; 0: as it goes")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000}))
        ->capture_default_str();
    taken->add_option("--config", a.switch_config,
                      "switchd's configuration, for the capacities in [ledger]; its defaults when "
                      "not given");
    taken->callback([=] { *action = [=] { return take_snapshot(*global, *arguments); }; });

    CLI::App* listed =
        journal.add_subcommand("snapshots", "Read every snapshot and say whether it is whole");
    listed->add_option("DIR", a.directory, "The journal")->required();
    listed->add_option("--to", a.shelf, "Where they are; DIR/snapshots when not given");
    listed->callback([=] { *action = [=] { return list_snapshots(*global, *arguments); }; });
}

}  // namespace ayni::ayctl
