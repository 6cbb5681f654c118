#include "ayctl/journal_snapshot.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

#include "ayctl/format.h"
#include "ayctl/json.h"
#include "ayctl/paced_file_system.h"
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
    std::size_t keep = 2;
    std::uint64_t mebibytes_per_second = 100;
};

snapshot::Shelf shelf_of(const Arguments& arguments, journal::FileSystem& files) {
    if (!arguments.shelf.empty()) return snapshot::Shelf(arguments.shelf, &files);
    return snapshot::Shelf(snapshot::directory_of(arguments.directory), &files);
}

/// The switch comes first, for the processor as for the disk. Where that is refused, it is a little
/// less polite, no more. Niceness alone does not do: a nice process keeps its share, and commits
/// wait behind it for tens of milliseconds; an idle one leaves the processor at once.
void become_least_urgent() {
    constexpr int idle_class = 3 << 13;
    constexpr int this_process = 1;
    const sched_param no_priority{};
    static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &no_priority));
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, 19));
    static_cast<void>(::syscall(SYS_ioprio_set, this_process, 0, idle_class));
}

void report_rejections(const snapshot::Restored& restored) {
    for (const auto& rejection : restored.rejections) {
        fmt::print(stderr, "passed over {}, {}: {}\n", rejection.name,
                   snapshot::to_string(rejection.reason), rejection.why);
    }
}

/// What was done, and how much of it.
struct Report {
    std::string from;  ///< The snapshot that it went on from; empty: none.
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

struct BroughtUp {
    snapshot::Restored restored;
    std::unique_ptr<journal::FileJournal> journal;
    std::uint64_t replayed = 0;
};

/// Room for what the snapshots hold.
ledger::Options room_for(const snapshot::Shelf& shelf) {
    ledger::Options options;
    const auto items = shelf.list();
    if (!items) return options;
    for (const auto& item : *items) {
        if (const auto header = shelf.header(item)) ledger::make_room(options, header->limits);
    }
    return options;
}

/// The ledger at the journal's end: from the newest good snapshot, and what follows it. To be tried
/// again with more room when the replay `needs` some; the journal is then open already.
base::Result<ReplaySummary> try_to_bring_up(const Arguments& arguments,
                                            const snapshot::Shelf& shelf,
                                            journal::FileSystem& files,
                                            const ledger::Options& options, BroughtUp& up) {
    up.restored = snapshot::restore(shelf, options, arguments.directory);
    if (!up.journal || up.restored.snapshot) {
        auto journal =
            journal::FileJournal::open_to_read(arguments.directory, up.restored.start(), &files);
        if (!journal) return tl::unexpected(journal.error());
        up.journal = std::move(*journal);
    }
    if (!up.restored.snapshot) {
        ledger::Options room = options;
        ledger::make_room(room, ledger::limits_of(room_at_first(*up.journal)));
        up.restored.ledger = std::make_unique<ledger::Ledger>(room);
    }
    // The switch goes on writing: this is about the journal as it was found.
    const base::Sequence end = up.journal->tail().last_sequence();
    return replay(*up.journal, *up.restored.ledger, {.sequence = end}, up.restored.stands_after());
}

base::Result<BroughtUp> bring_up(const Arguments& arguments, const snapshot::Shelf& shelf,
                                 journal::FileSystem& files) {
    ledger::Options options = room_for(shelf);
    BroughtUp up{.restored = {}, .journal = nullptr};
    for (;;) {
        const auto summary = try_to_bring_up(arguments, shelf, files, options, up);
        if (!summary) return tl::unexpected(summary.error());
        if (summary->needs) {
            ledger::make_room(options, *summary->needs);
            continue;
        }
        up.replayed = summary->commands;
        report_rejections(up.restored);
        return up;
    }
}

base::Result<Report> take(const Arguments& arguments) {
    PacedFileSystem files(arguments.mebibytes_per_second << 20U);
    const snapshot::Shelf shelf = shelf_of(arguments, files);
    const auto up = bring_up(arguments, shelf, files);
    if (!up) return tl::unexpected(up.error());
    const snapshot::Restored& restored = up->restored;
    const journal::BatchHeader& tail = up->journal->tail();
    Report report{.from = restored.name,
                  .name = restored.name,
                  .batch = tail.number.value(),
                  .sequence = tail.last_sequence().value()};
    if (restored.snapshot && tail.number == restored.stands_after()) {
        report.bytes = ledger::snapshot_bytes(*restored.snapshot);
        return report;
    }
    if (std::string broken = ledger::invariants::check_all(*restored.ledger); !broken.empty()) {
        return base::failure("ledger", "an invariant does not hold after replay: " + broken);
    }
    auto taken = shelf.take(*restored.ledger, snapshot::stand_at_tail(*up->journal),
                            {.keep = arguments.keep});
    if (!taken) return tl::unexpected(taken.error());
    report.is_new = true;
    report.name = taken->item.name;
    report.bytes = taken->bytes;
    report.replayed = up->replayed;
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
    const snapshot::Shelf shelf = shelf_of(arguments, journal::system_file_system());
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
        ->add_option(
            "--mebibytes-per-second", a.mebibytes_per_second,
            "Reads and writes no faster, for the sake of the switch's appends; 0: as it goes")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000}))
        ->capture_default_str();
    taken->callback([=] { *action = [=] { return take_snapshot(*global, *arguments); }; });

    CLI::App* listed =
        journal.add_subcommand("snapshots", "Read every snapshot and say whether it is whole");
    listed->add_option("DIR", a.directory, "The journal")->required();
    listed->add_option("--to", a.shelf, "Where they are; DIR/snapshots when not given");
    listed->callback([=] { *action = [=] { return list_snapshots(*global, *arguments); }; });
}

}  // namespace ayni::ayctl
