#include "golden/golden.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "ledger/invariants/invariants.h"

namespace ayni::golden {
namespace {

class Deaf final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

struct Counts {
    std::uint64_t batches = 0;
    std::uint64_t commands = 0;
    std::map<ledger::Status, std::uint64_t> statuses;
};

/// The first thing that is wrong, or nothing.
std::optional<std::string> apply(const journal::Batch& batch, ledger::Ledger& ledger,
                                 Counts& counts) {
    const journal::BatchHeader& header = batch.header;
    ++counts.batches;
    if (header.command_count == 0) return std::nullopt;  // genesis
    if (header.digest_batch.next() != header.number || header.digest != ledger.digest()) {
        return "the digest before it is another one";
    }
    Deaf deaf;
    ledger.begin_batch(header.first_sequence, header.timestamp, deaf);
    const bool is_well_formed =
        ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
            ++counts.statuses[ledger.apply(command, deaf).status];
            ++counts.commands;
        });
    if (!is_well_formed) return "it holds bytes that are no command";
    const std::string violation = ledger::invariants::check_all(ledger);
    return violation.empty() ? std::nullopt : std::optional(violation);
}

std::string report(const ledger::Ledger& ledger, const Counts& counts) {
    std::string text = fmt::format(
        "batches {}\ncommands {}\ndigest {:016x}{:016x}\nprotocol_version {}\nfloor_ms {}\n",
        counts.batches, counts.commands, ledger.digest().high, ledger.digest().low,
        ledger.protocol_version(), ledger.floor_ms());
    for (const auto& [status, count] : counts.statuses) {
        text += fmt::format("status {} {}\n", to_string(status), count);
    }
    ledger.for_each_account([&](const ledger::Account& account) {
        text += fmt::format("account {:x} {} {} {} {} {}\n", account.id.value(),
                            account.debits_pending, account.debits_posted, account.credits_pending,
                            account.credits_posted, account.unacknowledged_credits);
    });
    return text;
}

}  // namespace

ledger::Options options_v1(std::uint64_t hash_seed, std::size_t times) {
    return {.participants = 5 * times,
            .accounts = 48 * times,
            .live_transfers = 16 * times,
            .remembered_transfers = 96 * times,
            .claims = 3 * times,
            .unacknowledged_per_participant = 10,
            .hash_seed = hash_seed};
}

base::Result<std::string> replay(const journal::Journal& journal, ledger::Ledger& ledger) {
    Counts counts;
    std::optional<base::Error> wrong;
    const auto read = journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
        if (wrong) return;
        if (const auto fault = apply(batch, ledger, counts)) {
            wrong = base::Error{fmt::format("batch {}", batch.header.number.value()), *fault};
        }
    });
    if (!read) return tl::unexpected(read.error());
    if (wrong) return tl::unexpected(*wrong);
    return report(ledger, counts);
}

}  // namespace ayni::golden
