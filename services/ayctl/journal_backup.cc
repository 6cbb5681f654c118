#include "ayctl/journal_backup.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "ayctl/format.h"
#include "ayctl/journal_compare.h"
#include "ayctl/journal_copy.h"
#include "ayctl/json.h"

/// Copies of the journal: made, held beside each other, and given back.
namespace ayni::ayctl {
namespace {

using Verdict = Comparison::Verdict;

struct Arguments {
    std::string from;
    std::string to;
    std::optional<std::uint64_t> last_batch;
    std::optional<std::uint64_t> last_sequence;
    std::uint64_t segment_mebibytes = 64;
    bool is_dry_run = false;

    [[nodiscard]] CopyOptions copy_options() const {
        CopyOptions options{.segment_bytes = segment_mebibytes << 20U, .is_dry_run = is_dry_run};
        if (last_batch) options.last_batch = base::BatchNumber(*last_batch);
        if (last_sequence) options.last_sequence = base::Sequence(*last_sequence);
        return options;
    }
};

ExitCode report(const base::Result<Copied>& copied, const GlobalOptions& global,
                const Arguments& arguments) {
    if (!copied) return report_failure(copied.error().to_string());
    if (global.json) {
        JsonObject object;
        object.add("to", arguments.to);
        object.add("was_empty", !copied->found.has_value());
        object.add("added", copied->added);
        object.add("last_batch", copied->last.value());
        object.add("is_dry_run", arguments.is_dry_run);
        fmt::print("{}\n", object.text());
        return ExitCode::done;
    }
    if (copied->added == 0) {
        fmt::print("nothing is missing: {} ends at batch {}\n", arguments.to, copied->last.value());
        return ExitCode::done;
    }
    fmt::print("{} {} batches to {}, which {}: it {} at batch {}\n",
               arguments.is_dry_run ? "would add" : "added", copied->added, arguments.to,
               copied->found ? fmt::format("ended at batch {}", copied->found->value())
                             : std::string("was empty"),
               arguments.is_dry_run ? "would end" : "ends", copied->last.value());
    return ExitCode::done;
}

ExitCode export_journal(const GlobalOptions& global, const Arguments& arguments) {
    if (names_database(arguments.to)) {
        return report_failure("TO: is a database; `ayctl journal restore` writes into one",
                              ExitCode::bad_input);
    }
    const auto source = batches_of(arguments.from);
    if (!source) return report_failure(source.error().to_string());
    return report(copy_to_directory(*source, arguments.to, arguments.copy_options()), global,
                  arguments);
}

ExitCode restore(const GlobalOptions& global, const Arguments& arguments) {
    if (!names_database(arguments.to)) return export_journal(global, arguments);
    const auto source = ReadJournal::open(arguments.from);
    if (!source) {
        return report_failure(fmt::format("{}: {}", arguments.from, source.error().to_string()));
    }
    return report(copy_to_database(*source, arguments.to, arguments.is_dry_run), global, arguments);
}

const char* name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::same: return "same";
        case Verdict::first_is_longer: return "first_is_longer";
        case Verdict::second_is_longer: return "second_is_longer";
        case Verdict::different: return "different";
    }
    return "unknown";
}

void print_json(const Comparison& comparison) {
    JsonObject object;
    object.add("verdict", name_of(comparison.verdict));
    if (comparison.last_common) {
        object.add("last_common_batch", comparison.last_common->number.value());
        object.add("last_common_sequence", comparison.last_common->last_sequence().value());
        object.add("last_common_hash", format_hash(comparison.last_common->hash));
    }
    if (comparison.end && comparison.verdict != Verdict::different) {
        object.add("last_batch", comparison.end->number.value());
        object.add("last_sequence", comparison.end->last_sequence().value());
    }
    std::vector<JsonObject> differences;
    for (const auto& difference : comparison.differences) {
        JsonObject one;
        one.add("field", difference.field);
        one.add("first", difference.in_first);
        one.add("second", difference.in_second);
        differences.push_back(one);
    }
    if (!differences.empty()) object.add("differences", differences);
    fmt::print("{}\n", object.text());
}

std::string end_text(const journal::BatchHeader& header) {
    return fmt::format("batch {} (sequence {}, {})", header.number.value(),
                       header.last_sequence().value(), format_time(header.timestamp));
}

void print_text(const Comparison& comparison, const Arguments& arguments) {
    if (comparison.last_common) {
        fmt::print("the same up to {}\nhash {}\n", end_text(*comparison.last_common),
                   format_hash(comparison.last_common->hash));
    }
    if (comparison.verdict == Verdict::same) return;
    if (comparison.verdict != Verdict::different) {
        const bool is_first = comparison.verdict == Verdict::first_is_longer;
        fmt::print("{} ends there; {} goes on to {}\n", is_first ? arguments.to : arguments.from,
                   is_first ? arguments.from : arguments.to, end_text(*comparison.end));
        return;
    }
    const std::uint64_t number =
        comparison.last_common ? comparison.last_common->number.value() + 1 : 0;
    fmt::print("batch {} differs: {}\n", number,
               number == 0 ? "these are two journals" : "from there on these are two histories");
    Table table({"field", "first", "second"});
    for (const auto& difference : comparison.differences) {
        table.add({difference.field, difference.in_first, difference.in_second});
    }
    fmt::print("{}", table.text());
}

ExitCode compare_journals(const GlobalOptions& global, const Arguments& arguments) {
    const auto first = batches_of(arguments.from);
    if (!first) return report_failure(first.error().to_string());
    const auto second = batches_of(arguments.to);
    if (!second) return report_failure(second.error().to_string());
    const auto comparison = compare(*first, *second);
    if (!comparison) return report_failure(comparison.error().to_string());
    if (global.json) {
        print_json(*comparison);
    } else {
        print_text(*comparison, arguments);
    }
    switch (comparison->verdict) {
        case Verdict::same: return ExitCode::done;
        case Verdict::first_is_longer:
        case Verdict::second_is_longer: return ExitCode::incomplete;
        case Verdict::different: return ExitCode::different;
    }
    return ExitCode::failed;
}

}  // namespace

void add_backup_commands(CLI::App& journal, Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    Arguments& a = *arguments;
    Action* action = &registry.action;
    const GlobalOptions* global = &registry.global;
    const auto on = [=](CLI::App* command,
                        ExitCode (*run)(const GlobalOptions&, const Arguments&)) {
        command->callback([=] { *action = [=] { return run(*global, *arguments); }; });
    };
    const auto add_segment_size = [&a](CLI::App* command) {
        command
            ->add_option("--segment-mebibytes", a.segment_mebibytes,
                         "Size of the segments that are made")
            ->check(CLI::Range(std::uint64_t{8}, std::uint64_t{16'384}))
            ->capture_default_str();
    };

    CLI::App* exported = journal.add_subcommand(
        "export",
        "Copy a journal, also one that is being written, into the directory TO, which every "
        "command "
        "here reads and a switch can start from. A second time into the same directory adds what "
        "came since. It begins with batch 0, since only the chain from there proves a batch; for a "
        "range in words there is `inspect --from --to --json`.");
    exported->add_option("FROM", a.from, "Directory or database")->required();
    exported->add_option("TO", a.to, "New, or a directory with the beginning of FROM")->required();
    CLI::Option* to_batch =
        exported->add_option("--to-batch", a.last_batch, "The last batch; the end when not given");
    exported
        ->add_option("--to-sequence", a.last_sequence, "Up to the batch that holds this command")
        ->excludes(to_batch);
    add_segment_size(exported);
    on(exported, export_journal);

    CLI::App* compared = journal.add_subcommand(
        "compare",
        "Read two journals beside each other. Exit status: 0 the same; 3 one goes on where the "
        "other ends; 4 they hold different batches, the first of which is shown field by field; 1 "
        "one of them can not be read, or is damaged.");
    compared->add_option("A", a.from, "Directory or database")->required();
    compared->add_option("B", a.to, "Directory or database")->required();
    on(compared, compare_journals);

    CLI::App* restored = journal.add_subcommand(
        "restore",
        "Give TO what it lacks of FROM. A database gets it in one transaction, while no switch "
        "leads, if its last batch is one of FROM; a directory as with `export`: a switch whose "
        "copy "
        "is lost starts from it on what the database holds.");
    restored->add_option("FROM", a.from, "Directory (a switch's copy, an export) or database")
        ->required();
    restored->add_option("TO", a.to, "Database, or directory")->required();
    restored->add_flag("--dry-run", a.is_dry_run, "Say what would be done, and do nothing");
    add_segment_size(restored);
    on(restored, restore);
}

}  // namespace ayni::ayctl
