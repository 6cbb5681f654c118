#include "ayctl/replay.h"

#include <fmt/format.h>

#include <array>

namespace ayni::ayctl {
namespace {

/// Nobody waits for outcomes here.
class Nobody final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

class Replayer {
public:
    Replayer(ledger::Ledger& ledger, const ReplayLimit& limit, base::BatchNumber stands_after)
        : ledger_(ledger), limit_(limit) {
        if (!stands_after.is_zero()) remember_digest(stands_after);
    }

    void take(const journal::Batch& batch) {
        if (is_over_) return;
        if (limit_.time && batch.header.timestamp > *limit_.time) {
            is_over_ = true;
            return;
        }
        if (limit_.sequence && batch.header.command_count > 0 &&
            batch.header.first_sequence > *limit_.sequence) {
            is_over_ = true;
            return;
        }
        if (!compare_digest(batch.header)) return;
        if (batch.header.command_count > 0 && !apply(batch)) return;
        summary_.last = batch.header;
        ++summary_.batches;
        remember_digest(batch.header.number);
    }

    [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }
    [[nodiscard]] const ReplaySummary& summary() const { return summary_; }

private:
    struct Known {
        base::BatchNumber number{~std::uint64_t{0}};
        ledger::Digest digest;
    };

    void remember_digest(base::BatchNumber number) {
        digests_[number.value() % digests_.size()] = {number, ledger_.digest()};
    }

    bool fail(const journal::BatchHeader& header, const std::string& message) {
        error_ =
            base::Error{fmt::format("batch {} (sequences {} to {})", header.number.value(),
                                    header.first_sequence.value(), header.last_sequence().value()),
                        message};
        is_over_ = true;
        return false;
    }

    bool compare_digest(const journal::BatchHeader& header) {
        if (header.command_count == 0) return true;
        const Known& known = digests_[header.digest_batch.value() % digests_.size()];
        if (known.number != header.digest_batch) return true;
        ++summary_.digests_compared;
        if (known.digest == header.digest) return true;
        return fail(header,
                    fmt::format("says that the digest after batch {} is {:016x}{:016x}, but replay "
                                "gives {:016x}{:016x}",
                                header.digest_batch.value(), header.digest.high, header.digest.low,
                                known.digest.high, known.digest.low));
    }

    bool has_room(const journal::Batch& batch) {
        // What is no command is found, and said, when it is applied.
        static_cast<void>(ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
            if (command.kind() != ledger::CommandKind::started) return;
            const ledger::Limits* limits = command.limits();
            if (limits == nullptr || check_room(*limits, ledger_.options())) return;
            summary_.needs = *limits;
        }));
        is_over_ = summary_.needs.has_value();
        return !is_over_;
    }

    bool apply(const journal::Batch& batch) {
        if (batch.header.first_sequence != ledger_.last_sequence().next()) {
            return fail(batch.header, "does not begin where the one before it ended");
        }
        if (!has_room(batch)) return false;
        ledger_.begin_batch(batch.header.first_sequence, batch.header.timestamp, nobody_);
        std::uint32_t count = 0;
        const bool is_whole =
            ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
                ++count;
                if (limit_.sequence && ledger_.last_sequence() >= *limit_.sequence) {
                    is_over_ = true;
                    return;
                }
                const ledger::Outcome outcome = ledger_.apply(command, nobody_);
                ++summary_.commands;
                if (outcome.status != ledger::Status::ok) ++summary_.refused;
            });
        if (!is_whole) return fail(batch.header, "holds bytes that are no command of this build");
        if (count != batch.header.command_count) {
            return fail(batch.header, "does not hold as many commands as its header says");
        }
        return true;
    }

    ledger::Ledger& ledger_;
    const ReplayLimit& limit_;
    Nobody nobody_;
    ReplaySummary summary_;
    std::optional<base::Error> error_;
    bool is_over_ = false;
    /// A header speaks of a batch shortly before it.
    std::array<Known, 16> digests_{};
};

}  // namespace

base::Result<ReplaySummary> replay(const journal::Journal& journal, ledger::Ledger& ledger,
                                   const ReplayLimit& limit, base::BatchNumber stands_after) {
    Replayer replayer(ledger, limit, stands_after);
    const base::BatchNumber first = stands_after.is_zero() ? stands_after : stands_after.next();
    const auto read =
        journal.replay(first, [&](const journal::Batch& batch) { replayer.take(batch); });
    // What is wrong with the ledger comes before what is wrong further on in the journal.
    if (replayer.error()) return tl::unexpected(*replayer.error());
    if (!read) return tl::unexpected(read.error());
    return replayer.summary();
}

ledger::Options room_at_first(const journal::CommandReader& journal) {
    ledger::Options options;
    const auto first = journal.read_command(base::Sequence(1));
    if (!first || !*first) return options;
    const auto command =
        ledger::CommandView::read(std::as_bytes(std::span(first->value().command)));
    const bool is_start = command && command->kind() == ledger::CommandKind::started;
    if (is_start && command->limits() != nullptr) ledger::make_room(options, *command->limits());
    return options;
}

base::Result<Replayed> replay(const journal::Journal& journal, const ReplayLimit& limit,
                              ledger::Options room) {
    for (;;) {
        Replayed replayed{.ledger = std::make_unique<ledger::Ledger>(room), .summary = {}};
        auto summary = replay(journal, *replayed.ledger, limit);
        if (!summary) return tl::unexpected(summary.error());
        if (summary->needs) {
            ledger::make_room(room, *summary->needs);
            continue;
        }
        replayed.summary = *summary;
        return replayed;
    }
}

}  // namespace ayni::ayctl
