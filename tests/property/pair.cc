#include "property/pair.h"

#include <fmt/format.h>

#include <algorithm>

namespace ayni::property {
namespace {

/// What the twin tells nobody hears.
class Deaf final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              ParticipantId /*by*/) override {}
};

/// More than the limits, by as much as a script may raise them.
ledger::Options with_room(ledger::Options options, std::size_t times) {
    options.participants = std::max<std::size_t>(options.participants, 8) * times;
    options.accounts = std::max<std::size_t>(options.accounts, 64) * times;
    options.live_transfers = std::max<std::size_t>(options.live_transfers, 8) * times;
    options.remembered_transfers = std::max<std::size_t>(options.remembered_transfers, 22) * times;
    options.claims = std::max<std::size_t>(options.claims, 4) * times;
    options.hash_seed += times;
    return options;
}

/// Collects "what: ledger says …, model says …" for values that differ.
class Differences {
public:
    template <typename A, typename B>
    void expect(std::string_view what, const A& ledgers, const B& models) {
        if (static_cast<Model::Sum>(ledgers) == static_cast<Model::Sum>(models)) return;
        text_ += fmt::format("{}: ledger {}, model {}\n", what, static_cast<std::int64_t>(ledgers),
                             static_cast<std::int64_t>(models));
    }
    void expect_same(std::string_view what, bool same) {
        if (!same) text_ += fmt::format("{} differs\n", what);
    }
    [[nodiscard]] std::string text() const { return text_; }

private:
    std::string text_;
};

}  // namespace

ledger::Options Pair::tight() {
    return {.participants = 4,
            .accounts = 2 + 3 * 6 + 9 + 7,
            .live_transfers = 4,
            .remembered_transfers = 11,
            .claims = 2,
            .unacknowledged_per_participant = 3,
            .hash_seed = 7};
}

ledger::Options Pair::roomy() {
    return {.participants = 8,
            .accounts = 64,
            .live_transfers = 32,
            .remembered_transfers = 256,
            .claims = 8,
            .unacknowledged_per_participant = 24,
            .hash_seed = 11};
}

Pair::Pair(const ledger::Options& options)
    : ledger_(with_room(options, 1)),
      twin_(with_room(options, 3)),
      model_(ledger::limits_of(options)),
      now_{Script::start_ms * 1'000'000} {
    const std::string difference = run(Start{.body = {}, .limits = ledger::limits_of(options)});
    ASSERT(difference.empty());
}

Pair::~Pair() = default;

std::string Pair::run_preamble() {
    for (const Command& command : Script::preamble()) {
        std::string difference = run(command);
        if (!difference.empty()) return difference;
    }
    return {};
}

std::string Pair::run(const Step& step) {
    return run(script_.make(step, now_, ledger_.floor_ms()));
}

std::string Pair::run(const Command& command) {
    return run(Script::Made{.command = command, .starts_batch = true, .elapsed = {}});
}

void Pair::begin_batch(std::chrono::nanoseconds elapsed) {
    now_ = now_ + elapsed;
    const Sequence first = ledger_.last_sequence().next();
    ledger_.begin_batch(first, now_, *this);
    Deaf deaf;
    twin_.begin_batch(first, now_, deaf);
    model_.begin_batch(first, now_);
}

std::string Pair::run(const Script::Made& made) {
    const bool is_first = ledger_.last_sequence().is_zero();
    if (made.starts_batch || is_first) begin_batch(made.elapsed);
    const ledger::CommandBuffer buffer = encode(made.command);
    const auto view = ledger::CommandView::read(buffer.bytes());
    ASSERT(view.has_value());

    trace_ += fmt::format("{:4} +{} ms  {}\n", ledger_.last_sequence().value() + 1,
                          made.elapsed / std::chrono::milliseconds(1), describe(made.command));
    const auto peeked = ledger_.peek(*view);
    ledger_.prefetch_index(*view);
    ledger_.prefetch_records(*view);
    const Outcome ours = ledger_.apply(*view, *this);
    Deaf deaf;
    static_cast<void>(twin_.apply(*view, deaf));
    const Outcome models = model_.apply(made.command);
    trace_ +=
        fmt::format("        {}, state {}\n", to_string(ours.status), static_cast<int>(ours.state));
    ++statuses_[ours.status];
    if (ours.status == Status::ok && !ours.replayed) script_.accepted(made.command);

    std::string difference = compare(ours, models);
    if (peeked) {
        const std::string of_peek = compare(*peeked, models);
        if (!of_peek.empty()) difference += "peek: " + of_peek;
    }
    return difference.empty() ? compare_state() : difference;
}

std::string Pair::compare(const Outcome& ours, const Outcome& models) const {
    if (ours.status != models.status) {
        return fmt::format("status: ledger {}, model {}\n", to_string(ours.status),
                           to_string(models.status));
    }
    Differences differences;
    differences.expect("state", static_cast<int>(ours.state), static_cast<int>(models.state));
    differences.expect_same("reason", ours.reason == models.reason);
    differences.expect("replayed", ours.replayed, models.replayed);
    differences.expect("decided sequence", ours.decided_sequence.value(),
                       models.decided_sequence.value());
    differences.expect("decided at", ours.decided_at.nanoseconds, models.decided_at.nanoseconds);
    return differences.text();
}

std::string Pair::compare_accounts() const {
    Differences differences;
    differences.expect("accounts", ledger_.account_count(), model_.accounts.size());
    for (const auto& [id, models] : model_.accounts) {
        const ledger::Account* ours = ledger_.find_account(id);
        if (ours == nullptr) return fmt::format("account {:x} is missing\n", id.value());
        const auto name = [&, number = id.value()](std::string_view what) {
            return fmt::format("account {:x}: {}", number, what);
        };
        differences.expect(name("owner"), ours->owner.value(), models.owner.value());
        differences.expect(name("kind"), static_cast<int>(ours->kind),
                           static_cast<int>(models.kind));
        differences.expect(name("currency"), static_cast<int>(ours->currency),
                           static_cast<int>(models.currency));
        differences.expect(name("debits pending"), ours->debits_pending, model_.pending_debits(id));
        differences.expect(name("credits pending"), ours->credits_pending,
                           model_.pending_credits(id));
        differences.expect(name("debits posted"), ours->debits_posted, models.debits_posted);
        differences.expect(name("credits posted"), ours->credits_posted, models.credits_posted);
    }
    return differences.text();
}

std::string Pair::compare_participants() const {
    Differences differences;
    differences.expect("participants", ledger_.participant_count(), model_.participants.size());
    for (const auto& [id, models] : model_.participants) {
        const ledger::Participant* ours = ledger_.find_participant(id);
        if (ours == nullptr) return fmt::format("participant {} is missing\n", id.value());
        differences.expect_same("participant's code", ours->code == models.code);
        differences.expect("participant's state", static_cast<int>(ours->state),
                           static_cast<int>(models.state));
        differences.expect("owed acknowledgements", ours->unacknowledged_outcomes,
                           model_.owed_acknowledgements(id));
        for (const Currency currency : ledger::currencies) {
            const auto position = *ledger_.position(id, currency);
            const auto account = ledger::system_account(id, AccountKind::position, currency);
            const auto& money = model_.accounts.at(account);
            const auto left = model_.headroom(id, currency);
            const Model::Sum cover = model_.cover(id, currency);
            differences.expect("position: net", position.net,
                               money.credits_posted - money.debits_posted);
            differences.expect("position: reserved", position.reserved,
                               model_.pending_debits(account));
            differences.expect("position: incoming", position.incoming,
                               model_.pending_credits(account));
            differences.expect("position: unacknowledged", position.unacknowledged,
                               model_.unacknowledged(account));
            differences.expect("position: available", position.available,
                               left ? std::min(cover, *left) : cover);
        }
    }
    return differences.text();
}

std::string Pair::compare_transfers() const {
    Differences differences;
    for (const auto& [id, models] : model_.transfers) {
        const auto ours = ledger_.find_transfer(id);
        if (!ours) return fmt::format("transfer {}/{} is missing\n", id.time_ms(), id.low);
        differences.expect("transfer's state", static_cast<int>(ours->record.state),
                           static_cast<int>(models.state));
        differences.expect("transfer's status", static_cast<int>(ours->record.status),
                           static_cast<int>(models.status));
        differences.expect("transfer is live", ours->live != nullptr, models.is_live());
        if (ours->live == nullptr || !models.is_live()) continue;
        differences.expect("payee untold", ours->live->payee_untold, models.payee_untold);
        differences.expect("payer untold", ours->live->payer_untold, models.payer_untold);
        differences.expect("live state", static_cast<int>(ours->live->state),
                           static_cast<int>(models.state));
    }
    return differences.text();
}

std::string Pair::compare_state() const {
    Differences differences;
    const auto usage = ledger_.usage();
    differences.expect("remembered", usage.remembered_transfers, model_.transfers.size());
    differences.expect("live", usage.live_transfers, model_.live_count());
    differences.expect("claims", usage.claims, model_.claims.size());
    differences.expect("floor", ledger_.floor_ms(), model_.floor_ms);
    differences.expect("protocol version", ledger_.protocol_version(), model_.version);
    const auto next = ledger_.next_deadline();
    const auto models_next = model_.next_deadline();
    differences.expect("next deadline", next ? next->nanoseconds : 0,
                       models_next ? models_next->nanoseconds : 0);
    for (const Currency currency : ledger::currencies) {
        const auto totals = ledger_.totals(currency);
        differences.expect("total pending", totals.debits_pending, model_.total_pending(currency));
        differences.expect("total posted", totals.debits_posted, model_.total_posted(currency));
    }
    differences.expect_same("what the listener heard", heard_ == model_.changes);
    differences.expect_same("the digest of a ledger with another hash seed",
                            ledger_.digest() == twin_.digest());
    return differences.text() + compare_accounts() + compare_participants() + compare_transfers() +
           ledger::invariants::check_all(ledger_) + contradiction_;
}

void Pair::transfer_changed(const ledger::TransferView& transfer) {
    heard_.emplace_back(transfer.record.id, transfer.record.state);
    // An id below the floor was forgotten and can not come back, so ids are unique here as well.
    contradiction_ += outcomes_.observe(transfer.record.id, transfer.record.state);
}

void Pair::outcome_acknowledged(const ledger::TransferView& transfer, ParticipantId by) {
    const auto& models = model_.transfers;
    const auto known = models.find(transfer.record.id);
    // The ledger applies first, so the model still holds the transfer as it was.
    if (known == models.end() || (by != known->second.payee && by != known->second.initiator)) {
        contradiction_ += "acknowledged by nobody who was asked\n";
    }
}

}  // namespace ayni::property
