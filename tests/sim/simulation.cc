#include "sim/simulation.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/hash.h"
#include "ledger/invariants/invariants.h"
#include "lib/scripted_journal.h"
#include "router/router.h"
#include "sim/wallets.h"

namespace ayni::sim {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds wall_start = std::chrono::seconds(1'790'000'000);
constexpr std::uint32_t first_participant = 2;
constexpr std::uint32_t participants = 4;
constexpr std::uint64_t steps = 600;

ledger::Options capacities() {
    return {.participants = 16,
            .accounts = 256,
            .live_transfers = 512,
            .remembered_transfers = 8'192,
            .claims = 8,
            .unacknowledged_per_participant = 200,
            .hash_seed = 5};
}

/// Everything of the switch that dies with its process.
struct Process {
    Process(journal::Journal& journal, base::Clock& clock, Wallets& wallets)
        : ledger(capacities()),
          router({.retell_after = 200ms, .retell_at_most = 2s, .retell_burst = 64}, wallets, clock),
          sequencer({.admission_capacity = 64,
                     .progress_capacity = 64,
                     .query_capacity = 64,
                     .max_batch_commands = 32,
                     .max_batch_bytes = 16'384},
                    ledger, journal, clock, &router) {
        router.attach(sequencer);
    }

    ledger::Ledger ledger;
    router::Router router;
    sequencer::Sequencer sequencer;
};

class Simulation {
public:
    explicit Simulation(std::uint64_t seed)
        : random_(seed),
          memory_({.journal_id = {}, .ledger_id = {}, .timestamp = {wall_start.count()}}),
          journal_(memory_) {}

    Report run();

private:
    /// A payment as its sender remembers it.
    struct Sent {
        router::Payment body;  ///< Without its callbacks.
        bool is_answered = false;
        ledger::TransferState state = ledger::TransferState::reserved;
    };

    void draw_faults();
    void start();
    void crash();
    void onboard();
    void new_payment();
    void repeat_payment();
    void send(const base::TransferId& id);
    void answered(const base::TransferId& id, const ledger::Outcome& outcome);
    void draw_append_fate();
    void flap();
    void settle();
    void advance();
    void check();
    void check_end();
    void fail(std::string violation) {
        if (report_.violation.empty()) report_.violation = std::move(violation);
    }
    [[nodiscard]] base::ParticipantId someone() {
        return base::ParticipantId(first_participant +
                                   static_cast<std::uint32_t>(random_.below(participants)));
    }

    base::SeededRandom random_;
    base::ManualClock clock_{wall_start};
    journal::MemoryJournal memory_;
    test::ScriptedJournal journal_;
    Wallets wallets_{clock_, random_};
    std::unique_ptr<Process> process_;
    std::map<base::TransferId, Sent> sent_;
    std::vector<base::TransferId> ids_;
    ledger::invariants::OneIdOneOutcome outcomes_;
    Manners manners_;
    std::uint64_t crashes_in_thousand_ = 0;
    std::uint64_t doubts_in_thousand_ = 0;
    std::uint64_t flaps_in_thousand_ = 0;
    std::uint64_t jumps_in_thousand_ = 0;
    std::uint64_t acknowledged_in_doubt_ = 0;
    std::uint64_t trace_ = 0;
    Report report_;
};

/// Each run has a random part of all faults (swarm testing): too many at once hide each other.
void Simulation::draw_faults() {
    const auto maybe = [&](std::uint64_t at_most) {
        return random_.one_in(2) ? random_.below(at_most + 1) : 0;
    };
    manners_ = {.refuses = maybe(20),
                .silent = maybe(20),
                .late = maybe(20),
                .duplicates = maybe(30),
                .contradicts = maybe(10),
                .refuses_after_commit = maybe(20),
                .loses = maybe(20)};
    wallets_.set_manners(manners_);
    crashes_in_thousand_ = maybe(20);
    doubts_in_thousand_ = maybe(100);
    flaps_in_thousand_ = maybe(50);
    jumps_in_thousand_ = maybe(20);
}

void Simulation::start() {
    process_ = std::make_unique<Process>(journal_, clock_, wallets_);
    auto started = process_->sequencer.start();
    while (!started && started.error().field == "clock") {
        // It refuses to lead while the wall clock is far behind; the operator waits.
        clock_.advance(1s);
        process_ = std::make_unique<Process>(journal_, clock_, wallets_);
        started = process_->sequencer.start();
    }
    ASSERT(started.has_value());
    wallets_.attach(&process_->router);
}

void Simulation::crash() {
    ++report_.crashes;
    wallets_.attach(nullptr);
    journal_.fates.clear();
    process_.reset();
    clock_.advance(std::chrono::milliseconds(random_.below(3'000)));
    start();
}

void Simulation::onboard() {
    class Setup final : public sequencer::Submission {
    public:
        void applied(base::Sequence /*as_of*/) override { is_applied = true; }
        void abandoned() override {}
        bool is_applied = false;
    } setup;
    for (std::uint32_t i = 0; i < participants; ++i) {
        const base::ParticipantId id(first_participant + i);
        ledger::CreateParticipant create;
        create.participant = id;
        create.code = {'p', static_cast<char>('a' + i)};
        setup.commands.add(create);
        ledger::RecordFundsIn funds;
        funds.id = base::make_uuid_v7(
            static_cast<std::uint64_t>(clock_.wall() / std::chrono::milliseconds(1)), random_);
        funds.participant = id;
        funds.amount = static_cast<std::int64_t>(random_.below(100'000));
        setup.commands.add(funds);
        ledger::SetNetDebitCap cap;
        cap.participant = id;
        cap.cap = static_cast<std::int64_t>(random_.below(100'000));
        setup.commands.add(cap);
        wallets_.set_connected(id, true);
    }
    const bool taken = process_->sequencer.submit(&setup, sequencer::Lane::admission);
    ASSERT(taken);
    process_->sequencer.run_once();
    ASSERT(setup.is_applied);
}

void Simulation::new_payment() {
    Sent sent;
    router::Payment& body = sent.body;
    body.id = base::make_uuid_v7(
        static_cast<std::uint64_t>(clock_.wall() / std::chrono::milliseconds(1)), random_);
    body.payer = someone();
    do body.payee = someone();
    while (body.payee == body.payer);
    body.amount = base::Amount(1 + static_cast<std::int64_t>(random_.below(20'000)));
    body.timeout = std::chrono::milliseconds(20 + random_.below(2'000));
    body.payee_account = "987654321";
    body.details.payee_token[0] = 7;
    const base::TransferId id = body.id;
    sent_.emplace(id, std::move(sent));
    ids_.push_back(id);
    ++report_.payments;
    send(id);
}

void Simulation::repeat_payment() {
    if (ids_.empty()) return;
    send(ids_[random_.below(ids_.size())]);
}

void Simulation::send(const base::TransferId& id) {
    const Sent& sent = sent_.at(id);
    auto payment = std::make_unique<router::Payment>();
    *payment = sent.body;
    payment->answer_by = clock_.steady() + std::chrono::milliseconds(random_.below(3'000));
    // Once it is answered the ledger knows the original, so another body must be refused.
    const bool is_modified = sent.is_answered && random_.one_in(10);
    if (is_modified) payment->amount = base::Amount(payment->amount.minor_units() + 1);
    payment->answer = [this, id, is_modified](const ledger::Outcome& outcome,
                                              base::Sequence /*as_of*/) {
        if (!is_modified) {
            answered(id, outcome);
        } else if (outcome.status != ledger::Status::modified_request) {
            fail(fmt::format("another body was taken for {}", base::to_string(id)));
        }
    };
    payment->abandoned = [] {};
    static_cast<void>(process_->router.pay(payment));
}

void Simulation::answered(const base::TransferId& id, const ledger::Outcome& outcome) {
    trace_ = base::hash64(id, trace_ ^ static_cast<std::uint64_t>(outcome.state));
    if (ledger::is_transient(outcome.status)) return;
    Sent& sent = sent_.at(id);
    sent.is_answered = true;
    sent.state = outcome.state;
    if (std::string violation = outcomes_.observe(id, outcome.state); !violation.empty()) {
        fail(std::move(violation));
    }
}

void Simulation::draw_append_fate() {
    if (random_.below(1'000) >= doubts_in_thousand_) return;
    using Fate = test::ScriptedJournal::Fate;
    switch (random_.below(3)) {
        case 0: journal_.fates.push_back(Fate::doubt_and_land); break;
        case 1: journal_.fates.push_back(Fate::doubt_and_lose); break;
        default: journal_.fates.push_back(Fate::no_space); break;
    }
}

void Simulation::flap() {
    const base::ParticipantId participant = someone();
    wallets_.set_connected(participant, !wallets_.is_connected(participant));
}

/// Lets everything happen that is due now.
void Simulation::settle() {
    constexpr int most_passes = 10'000;
    for (int pass = 0; pass < most_passes; ++pass) {
        const bool delivered = wallets_.deliver();
        const bool worked = process_->sequencer.run_once();
        if (!delivered && !worked) return;
    }
    fail("the switch works for ever without time going on");
}

void Simulation::advance() {
    const nanoseconds random_step = std::chrono::microseconds(1 + random_.below(20'000));
    const nanoseconds due = std::min(wallets_.next_due(), process_->sequencer.next_wake());
    const nanoseconds now = clock_.steady();
    const nanoseconds until_due = due > now ? due - now : nanoseconds(0);
    clock_.advance(std::max(nanoseconds(1), std::min(random_step, until_due)));
}

void Simulation::check() {
    using namespace ledger::invariants;
    if (std::string violation = check_all(process_->ledger); !violation.empty()) {
        fail(std::move(violation));
    }
    if (std::string violation = WithinCap::check(process_->ledger); !violation.empty()) {
        fail(std::move(violation));
    }
    if (!wallets_.violation().empty()) fail(wallets_.violation());
}

void Simulation::check_end() {
    const ledger::Ledger& ledger = process_->ledger;
    if (ledger.usage().live_transfers != 0) {
        fail(fmt::format("{} transfers never ended", ledger.usage().live_transfers));
    }
    if (wallets_.holds() != 0) fail(fmt::format("{} holds are left at payees", wallets_.holds()));
    std::map<base::ParticipantId, std::int64_t> expected;
    for (const auto& [id, sent] : sent_) {
        const auto transfer = ledger.find_transfer(id);
        if (!transfer) {
            if (sent.is_answered) fail("an answered payment is gone: " + base::to_string(id));
            continue;
        }
        const ledger::TransferState state = transfer->record.state;
        if (std::string violation = outcomes_.observe(id, state); !violation.empty()) {
            fail(std::move(violation));
        }
        switch (state) {
            case ledger::TransferState::committed:
                ++report_.committed;
                expected[sent.body.payer] -= sent.body.amount.minor_units();
                expected[sent.body.payee] += sent.body.amount.minor_units();
                break;
            case ledger::TransferState::aborted: ++report_.aborted; break;
            case ledger::TransferState::rejected: ++report_.rejected; break;
            case ledger::TransferState::returned: ++report_.returned; break;
            case ledger::TransferState::reserved: break;
        }
    }
    std::int64_t ring = 0;
    for (std::uint32_t i = 0; i < participants; ++i) {
        const base::ParticipantId id(first_participant + i);
        const auto position = ledger.position(id, base::Currency::pen);
        ASSERT(position.has_value());
        ring += position->net;
        if (position->net != expected[id]) {
            fail(fmt::format("participant {}: the switch says {}, requests and replies say {}",
                             id.value(), position->net, expected[id]));
        }
        std::int64_t received = 0;
        for (const auto& [transfer, sent] : sent_) {
            if (sent.body.payee != id) continue;
            const auto found = ledger.find_transfer(transfer);
            const bool is_committed =
                found && found->record.state == ledger::TransferState::committed;
            if (is_committed) received += sent.body.amount.minor_units();
        }
        if (wallets_.credited(id) != received) {
            fail(fmt::format("participant {} credited {} to its customers instead of {}",
                             id.value(), wallets_.credited(id), received));
        }
    }
    if (ring != 0) fail(fmt::format("positions add up to {}", ring));
}

Report Simulation::run() {
    start();
    onboard();
    draw_faults();
    for (std::uint64_t step = 0; step < steps && report_.violation.empty(); ++step) {
        draw_append_fate();
        for (std::uint64_t i = random_.below(3); i > 0; --i) new_payment();
        if (random_.one_in(4)) repeat_payment();
        if (random_.below(1'000) < flaps_in_thousand_) flap();
        if (random_.below(1'000) < jumps_in_thousand_) {
            clock_.jump_wall(random_.one_in(2) ? 2s : -2s);
        }
        if (random_.below(1'000) < crashes_in_thousand_) {
            // In the middle of whatever is going on.
            process_->sequencer.run_once();
            crash();
        }
        settle();
        check();
        advance();
    }
    // The faults stop: everything must drain in bounded time.
    wallets_.set_manners({});
    for (std::uint32_t i = 0; i < participants; ++i) {
        wallets_.set_connected(base::ParticipantId(first_participant + i), true);
    }
    const nanoseconds end = clock_.steady() + 30s;
    while (clock_.steady() < end && report_.violation.empty()) {
        settle();
        advance();
        if (process_->ledger.usage().live_transfers == 0 &&
            wallets_.next_due() == nanoseconds::max()) {
            break;
        }
    }
    check();
    check_end();
    report_.trace = trace_ ^ wallets_.trace() ^ process_->ledger.digest().low;
    report_.simulated_ms = static_cast<std::uint64_t>(clock_.steady() / 1ms);
    report_.appends_in_doubt = process_->sequencer.statistics().appends_in_doubt.load();
    return report_;
}

}  // namespace

Report simulate(std::uint64_t seed) { return Simulation(seed).run(); }

}  // namespace ayni::sim
