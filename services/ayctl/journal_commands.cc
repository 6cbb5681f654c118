#include <fmt/format.h>

#include <memory>
#include <optional>

#include "ayctl/command.h"
#include "ayctl/decode.h"
#include "ayctl/format.h"
#include "ayctl/journal_backup.h"
#include "ayctl/journal_snapshot.h"
#include "ayctl/journal_source.h"
#include "ayctl/json.h"
#include "ayctl/remote_command.h"
#include "ayctl/replay.h"
#include "ledger/invariants/invariants.h"

/// The journal itself, without the switch or beside it.
namespace ayni::ayctl {
namespace {

struct Arguments {
    std::string name;
    std::uint64_t from = 1;
    std::optional<std::uint64_t> to;
    std::optional<std::uint64_t> sequence;
    std::string at;
    bool with_zero = false;
};

/// Prints the commands of a batch that were asked for.
class Inspector {
public:
    Inspector(const Arguments& arguments, bool json) : arguments_(arguments), json_(json) {}

    void print(const journal::Batch& batch) {
        const auto& header = batch.header;
        const bool is_wanted =
            header.last_sequence().value() >= arguments_.from &&
            header.first_sequence.value() <= arguments_.to.value_or(~std::uint64_t{0});
        if (header.command_count == 0 ? arguments_.from > 1 : !is_wanted) return;
        if (!json_) print_header(header);
        std::uint64_t sequence = header.first_sequence.value();
        if (header.command_count == 0) return;
        is_whole_ = ledger::for_each_command(batch.payload,
                                             [&](ledger::CommandView command) {
                                                 print_command(header, sequence++, command);
                                             }) &&
                    is_whole_;
    }

    [[nodiscard]] bool is_whole() const { return is_whole_; }

private:
    void print_header(const journal::BatchHeader& header) {
        if (header.command_count == 0) {
            fmt::print("batch 0  genesis  {}  hash {}\n", format_time(header.timestamp),
                       format_hash(header.hash));
            return;
        }
        fmt::print("batch {}  sequences {} to {}  epoch {}  {}  hash {}\n", header.number.value(),
                   header.first_sequence.value(), header.last_sequence().value(),
                   header.epoch.value(), format_time(header.timestamp),
                   format_hash(header.hash).substr(0, 16));
    }

    void print_command(const journal::BatchHeader& header, std::uint64_t sequence,
                       ledger::CommandView command) {
        if (sequence < arguments_.from || sequence > arguments_.to.value_or(sequence)) return;
        const DecodedCommand decoded = decode(command);
        if (!json_) {
            fmt::print("  {}  {}\n", sequence, decoded.to_string());
            return;
        }
        JsonObject object;
        object.add("batch", header.number.value());
        object.add("sequence", sequence);
        object.add("time", format_time(header.timestamp));
        object.add("command", decoded.kind);
        object.add_pairs("fields", decoded.fields);
        fmt::print("{}\n", object.text());
    }

    const Arguments& arguments_;
    bool json_;
    bool is_whole_ = true;
};

ExitCode inspect(const GlobalOptions& global, const Arguments& arguments) {
    const auto opened = ReadJournal::open(arguments.name);
    if (!opened) return report_failure(opened.error().to_string());
    Inspector inspector(arguments, global.json);
    const auto read = opened->journal().replay(
        base::BatchNumber(0), [&](const journal::Batch& batch) { inspector.print(batch); });
    if (!read) return report_failure(read.error().to_string());
    if (!inspector.is_whole()) {
        return report_failure("a batch holds bytes that are no command of this build");
    }
    return ExitCode::done;
}

base::Result<Replayed> replay_named(const Arguments& arguments, const ReplayLimit& limit) {
    const auto opened = ReadJournal::open(arguments.name);
    if (!opened) return tl::unexpected(opened.error());
    return replay(opened->journal(), limit, room_at_first(opened->commands()));
}

ExitCode verify(const GlobalOptions& global, const Arguments& arguments) {
    const auto replayed = replay_named(arguments, {});
    if (!replayed) return report_failure(replayed.error().to_string());
    const ReplaySummary& summary = replayed->summary;
    const ledger::Ledger& ledger = *replayed->ledger;
    if (const std::string broken = ledger::invariants::check_all(ledger); !broken.empty()) {
        return report_failure("an invariant does not hold after replay: " + broken);
    }
    if (global.json) {
        JsonObject object;
        object.add("batch", summary.last.number.value());
        object.add("hash", format_hash(summary.last.hash));
        object.add("sequence", ledger.last_sequence().value());
        object.add("digest", format_digest(ledger.digest()));
        object.add("time", format_time(summary.last.timestamp));
        object.add("epoch", summary.last.epoch.value());
        object.add("commands", summary.commands);
        object.add("digests_compared", summary.digests_compared);
        fmt::print("{}\n", object.text());
        return ExitCode::done;
    }
    fmt::print(
        "the journal is whole: {} batches, {} commands, {} digests compared\n"
        "last batch {}  hash {}\nsequence {}  digest {}\njournal time {}\n",
        summary.batches, summary.commands, summary.digests_compared, summary.last.number.value(),
        format_hash(summary.last.hash), ledger.last_sequence().value(),
        format_digest(ledger.digest()), format_time(summary.last.timestamp));
    return ExitCode::done;
}

std::string owner_code(const ledger::Ledger& ledger, base::ParticipantId id) {
    const ledger::Participant* participant = ledger.find_participant(id);
    if (participant == nullptr) return std::to_string(id.value());
    const std::string code(participant->code_view());
    return code.empty() ? std::to_string(id.value()) : code;
}

bool has_moved(const ledger::Account& account) {
    return (account.debits_pending | account.debits_posted | account.credits_pending |
            account.credits_posted) != 0;
}

void print_accounts(const ledger::Ledger& ledger, const Arguments& arguments) {
    Table table({"account", "owner", "kind", "currency", ">debits pending", ">debits posted",
                 ">credits pending", ">credits posted", ">balance"});
    ledger.for_each_account([&](const ledger::Account& account) {
        if (!arguments.with_zero && !has_moved(account)) return;
        table.add({account_name(account.id), owner_code(ledger, account.owner),
                   kind_name(account.kind), std::string(base::to_string(account.currency)),
                   format_minor_units(account.debits_pending),
                   format_minor_units(account.debits_posted),
                   format_minor_units(account.credits_pending),
                   format_minor_units(account.credits_posted),
                   format_minor_units(account.posted_balance())});
    });
    fmt::print("{}\n", table.text());
}

void print_positions(const ledger::Ledger& ledger) {
    Table table({"participant", "currency", ">settlement", ">net", ">reserved", ">incoming",
                 ">unacknowledged", ">available"});
    ledger.for_each_participant([&](const ledger::Participant& participant) {
        for (const auto currency : ledger::currencies) {
            const auto p = ledger.position(participant.id, currency);
            if (!p || (p->settlement | p->net | p->reserved | p->incoming) == 0) continue;
            table.add({owner_code(ledger, participant.id), std::string(base::to_string(currency)),
                       format_minor_units(p->settlement), format_minor_units(p->net),
                       format_minor_units(p->reserved), format_minor_units(p->incoming),
                       format_minor_units(p->unacknowledged), format_minor_units(p->available)});
        }
    });
    fmt::print("{}\n", table.text());
}

void print_totals(const ledger::Ledger& ledger) {
    for (const auto currency : ledger::currencies) {
        const auto totals = ledger.totals(currency);
        if ((totals.debits_posted | totals.debits_pending) == 0) continue;
        fmt::print(
            "{}: debits {} = credits {}, pending {} = {}\n", base::to_string(currency),
            format_minor_units(totals.debits_posted), format_minor_units(totals.credits_posted),
            format_minor_units(totals.debits_pending), format_minor_units(totals.credits_pending));
    }
}

JsonObject json_of(const ledger::Ledger& ledger, const ledger::Account& account) {
    JsonObject object;
    object.add("account", account_name(account.id));
    object.add("account_id", account.id.value());
    object.add("owner", owner_code(ledger, account.owner));
    object.add("kind", kind_name(account.kind));
    object.add("currency", base::to_string(account.currency));
    object.add("debits_pending", account.debits_pending);
    object.add("debits_posted", account.debits_posted);
    object.add("credits_pending", account.credits_pending);
    object.add("credits_posted", account.credits_posted);
    return object;
}

void print_json(const Replayed& replayed, const Arguments& arguments) {
    const ledger::Ledger& ledger = *replayed.ledger;
    std::vector<JsonObject> accounts;
    ledger.for_each_account([&](const ledger::Account& account) {
        if (arguments.with_zero || has_moved(account)) accounts.push_back(json_of(ledger, account));
    });
    JsonObject object;
    object.add("sequence", ledger.last_sequence().value());
    object.add("batch", replayed.summary.last.number.value());
    object.add("time", format_time(replayed.summary.last.timestamp));
    object.add("digest", format_digest(ledger.digest()));
    object.add("accounts", accounts);
    fmt::print("{}\n", object.text());
}

ExitCode balances(const GlobalOptions& global, const Arguments& arguments) {
    ReplayLimit limit;
    if (!arguments.at.empty()) {
        const auto time = parse_time(arguments.at, "--at");
        if (!time) return bad_argument(time.error());
        limit.time = *time;
    }
    if (arguments.sequence) limit.sequence = base::Sequence(*arguments.sequence);
    const auto replayed = replay_named(arguments, limit);
    if (!replayed) return report_failure(replayed.error().to_string());
    const ledger::Ledger& ledger = *replayed->ledger;
    if (limit.sequence && ledger.last_sequence() < *limit.sequence) {
        return report_failure(fmt::format("the journal ends at sequence {}, before {}",
                                          ledger.last_sequence().value(), *arguments.sequence));
    }
    if (global.json) {
        print_json(*replayed, arguments);
        return ExitCode::done;
    }
    fmt::print("after sequence {} of batch {}, {}\n\n", ledger.last_sequence().value(),
               replayed->summary.last.number.value(),
               format_time(replayed->summary.last.timestamp));
    print_accounts(ledger, arguments);
    print_positions(ledger);
    print_totals(ledger);
    return ExitCode::done;
}

}  // namespace

void add_journal_commands(Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    const auto on = [=](CLI::App* command,
                        ExitCode (*run)(const GlobalOptions&, const Arguments&)) {
        command->callback([=] { *action = [=] { return run(*global, *arguments); }; });
    };
    Arguments& a = *arguments;
    CLI::App* journal = registry.app.add_subcommand(
        "journal",
        "The journal itself, without the switch or beside it. JOURNAL is a directory, or a "
        "database "
        "by its libpq connection string, \"host=… dbname=ayni\", or URI");
    journal->require_subcommand(1)->fallthrough();
    const auto add_journal = [&a](CLI::App* command) {
        command->add_option("JOURNAL", a.name, "Directory or database")->required();
    };
    CLI::App* inspected = journal->add_subcommand(
        "inspect", "Batches and commands in words; with --json one line a command, for auditors");
    add_journal(inspected);
    inspected->add_option("--from", a.from, "First sequence")->capture_default_str();
    inspected->add_option("--to", a.to, "Last sequence; the end when not given");
    on(inspected, inspect);

    CLI::App* verified = journal->add_subcommand(
        "verify", "Check chain, checksums, density, digests by replay, and the invariants");
    add_journal(verified);
    on(verified, verify);

    CLI::App* balanced = journal->add_subcommand("balances", "Every balance at a past instant");
    add_journal(balanced);
    CLI::Option* at = balanced->add_option(
        "--at", a.at, "Time, RFC 3339, as 2026-11-23T12:00:00-05:00; now when not given");
    balanced->add_option("--sequence", a.sequence, "After this command instead")->excludes(at);
    balanced->add_flag("--zero", a.with_zero, "Accounts that never moved, too");
    on(balanced, balances);
    add_snapshot_commands(*journal, registry);
    add_backup_commands(*journal, registry);
}

}  // namespace ayni::ayctl
