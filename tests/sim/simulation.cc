#include "sim/simulation.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <set>

#include "ledger/invariants/invariants.h"
#include "sim/world.h"

namespace ayni::sim {
namespace {

using namespace std::chrono_literals;
using ledger::TransferState;
using std::chrono::nanoseconds;

constexpr nanoseconds wall_start = std::chrono::seconds(1'790'000'000);
constexpr std::uint32_t participants = 4;
/// Simulated time in which everything must be over once nothing goes wrong any more: reservations
/// last up to a day, and nothing else takes long.
constexpr nanoseconds patience = std::chrono::hours(25);

class Simulation {
public:
    Simulation(std::uint64_t seed, bool prints_all)
        : seed_(seed), random_(seed), trace_(clock_, prints_all) {}

    Report run();
    void explain(std::FILE* to) const;

private:
    void settle();
    [[nodiscard]] nanoseconds until_due();
    void advance();
    void check();
    void check_punctuality();
    void drain();
    [[nodiscard]] bool is_drained();
    void audit();
    void check_single_commands(const journal::FileJournal& journal);
    void compare(const Model& model, const ledger::Ledger& ledger);
    void compare_books(const Model& model);
    void count(const Model& model);
    void fail(std::string violation) {
        if (report_.violation.empty()) report_.violation = std::move(violation);
    }

    const std::uint64_t seed_;
    base::SeededRandom random_;
    base::ManualClock clock_{wall_start};
    Trace trace_;
    Faults faults_{random_, trace_};
    Auditor auditor_;
    Wallets wallets_{clock_, random_, faults_, trace_, auditor_};
    World world_{clock_, wall_start, random_, faults_, trace_, wallets_};
    Clients clients_{
        clock_, wall_start, random_, faults_, trace_, auditor_, [this] { return world_.door(); }};
    Report report_;
};

thread_local const Simulation* running = nullptr;

/// Lets everything happen that is due now.
void Simulation::settle() {
    constexpr int most_passes = 20'000;
    for (int pass = 0; pass < most_passes; ++pass) {
        bool any = wallets_.deliver();
        any = clients_.deliver() || any;
        any = world_.work() || any;
        if (!any || !report_.violation.empty()) return;
    }
    fail("the switch works for ever without time going on");
}

nanoseconds Simulation::until_due() {
    const nanoseconds due = std::min({wallets_.next_due(), clients_.next_due(), world_.next_due()});
    const nanoseconds now = clock_.steady();
    return due > now ? due - now : 1ns;
}

void Simulation::advance() {
    const nanoseconds random_step = std::chrono::microseconds(1 + random_.below(20'000));
    clock_.advance(std::min(random_step, until_due()));
}

void Simulation::check() {
    for (const std::string* violation : {&world_.violation(), &wallets_.violation(),
                                         &clients_.violation(), &auditor_.violation()}) {
        if (!violation->empty()) fail(*violation);
    }
    Node* leader = world_.leader();
    if (leader == nullptr) return;
    std::string violation = ledger::invariants::check_all(leader->ledger());
    if (!violation.empty()) fail(std::move(violation));
    // The money ring: whatever is sent round, positions add up to nothing.
    for (const base::Currency currency : ledger::currencies) {
        std::int64_t ring = 0;
        leader->ledger().for_each_participant([&](const ledger::Participant& participant) {
            ring += leader->ledger().position(participant.id, currency)->net;
        });
        if (ring != 0) fail(fmt::format("positions add up to {}", ring));
    }
}

/// With nothing in its way, a reservation ends within 100 ms of its deadline by journal time.
void Simulation::check_punctuality() {
    Node* leader = world_.leader();
    // An append in doubt is in the way: the tick waits behind it.
    if (leader == nullptr || leader->life()->waits_for_append) return;
    const auto deadline = leader->ledger().next_deadline();
    if (!deadline) return;
    // Journal time goes on as steady time does, but for a thousandth.
    const nanoseconds since = clock_.steady() - leader->life()->last_append;
    const base::JournalTime now = leader->journal().tail().timestamp + since * 998 / 1'000;
    if (*deadline + 100ms < now) fail("a reservation outlives its deadline");
}

bool Simulation::is_drained() {
    Node* leader = world_.leader();
    return leader != nullptr && world_.nodes() == 1 && clients_.unanswered() == 0 &&
           leader->ledger().usage().live_transfers == 0 && wallets_.holds() == 0;
}

/// The faults stop: everything must be over in bounded time.
void Simulation::drain() {
    faults_.stop();
    world_.mend();
    clients_.ask_everything_again();
    trace_.add("faults stop");
    nanoseconds end = clock_.steady() + patience;
    std::uint64_t starts = world_.starts();
    while (clock_.steady() < end && report_.violation.empty()) {
        if (std::exchange(starts, world_.starts()) != starts) end = clock_.steady() + patience;
        if (Node* leader = world_.leader(); leader != nullptr) {
            wallets_.connect_all(leader->serial());
        }
        settle();
        check_punctuality();
        if (is_drained()) return;
        clock_.advance(std::min<nanoseconds>(until_due(), 1h));
    }
    Node* leader = world_.leader();
    fail(
        fmt::format("after {} h without faults: {} processes, {} transfers live, {} questions "
                    "unanswered, {} holds",
                    patience / 1h, world_.nodes(),
                    leader != nullptr ? leader->ledger().usage().live_transfers : 0,
                    clients_.unanswered(), wallets_.holds()));
}

void Simulation::compare(const Model& model, const ledger::Ledger& ledger) {
    const ledger::Ledger::Usage usage = ledger.usage();
    const bool is_same = usage.accounts == model.accounts().size() &&
                         usage.participants == model.participants().size() &&
                         usage.remembered_transfers == model.remembered_count() &&
                         usage.live_transfers == model.live_count() &&
                         usage.claims == model.claim_count() &&
                         ledger.floor_ms() == model.floor_ms();
    if (!is_same) fail("the ledger remembers other things than it must");
    ledger.for_each_account([&](const ledger::Account& account) {
        const auto found = model.accounts().find(account.id);
        if (found == model.accounts().end()) {
            return fail(fmt::format("there is an account {} too much", account.id.value()));
        }
        const Model::Account& expected = found->second;
        const bool agrees = account.debits_pending == expected.debits_pending &&
                            account.debits_posted == expected.debits_posted &&
                            account.credits_pending == expected.credits_pending &&
                            account.credits_posted == expected.credits_posted &&
                            account.unacknowledged_credits == expected.unacknowledged &&
                            account.owner == expected.owner && account.kind == expected.kind;
        if (!agrees) fail(fmt::format("account {} is not what it must be", account.id.value()));
    });
    ledger.for_each_participant([&](const ledger::Participant& participant) {
        const Model::Participant& expected = model.participants().at(participant.id);
        const bool agrees = participant.state == expected.state &&
                            participant.unacknowledged_outcomes == expected.untold;
        if (!agrees) {
            fail(fmt::format("participant {} is not what it must be", participant.id.value()));
        }
    });
}

/// What institutions gave to their customers is what was committed to them, one by one.
void Simulation::compare_books(const Model& model) {
    std::set<base::TransferId> credited;
    wallets_.for_each_credit(
        [&](base::ParticipantId payee, const base::TransferId& id, std::int64_t amount) {
            credited.insert(id);
            const Model::Transfer* transfer = model.find(id);
            const bool is_right = transfer != nullptr && transfer->payee == payee &&
                                  transfer->postings[0].amount == amount &&
                                  (transfer->now().state == TransferState::committed ||
                                   wallets_.is_contradictory(payee, id));
            if (!is_right) {
                fail(fmt::format("participant {} credited {} for {}, wrongly", payee.value(),
                                 amount, base::to_string(id)));
            }
        });
    model.for_each_transfer([&](const base::TransferId& id, const Model::Transfer& transfer) {
        const bool is_paid = transfer.type == ledger::TransferType::payment &&
                             transfer.now().state == TransferState::committed;
        if (is_paid && credited.count(id) == 0) {
            fail(fmt::format("the payee of {} never credited it", base::to_string(id)));
        }
    });
}

void Simulation::count(const Model& model) {
    model.for_each_transfer([&](const base::TransferId&, const Model::Transfer& transfer) {
        switch (transfer.now().state) {
            case TransferState::committed: ++report_.committed; break;
            case TransferState::aborted: ++report_.aborted; break;
            case TransferState::rejected: ++report_.rejected; break;
            case TransferState::returned: ++report_.returned; break;
            case TransferState::reserved: fail("I10: a reservation never ended"); break;
        }
    });
    report_.commands = model.sequence().value();
}

/// Reads some commands one by one, as history does, and compares them with the whole.
void Simulation::check_single_commands(const journal::FileJournal& journal) {
    const auto whole = journal.replay(base::BatchNumber(0), [&](const journal::Batch& batch) {
        if (batch.header.command_count == 0 || !random_.one_in(16)) return;
        const std::uint64_t skipped = random_.below(batch.header.command_count);
        std::uint64_t at = 0;
        ledger::CommandView expected;
        const bool is_well_formed =
            ledger::for_each_command(batch.payload, [&](ledger::CommandView command) {
                if (at++ == skipped) expected = command;
            });
        ASSERT(is_well_formed);
        const base::Sequence sequence(batch.header.first_sequence.value() + skipped);
        const auto found = journal.read_command(sequence);
        const bool is_there =
            found && *found &&
            std::ranges::equal(std::as_bytes(std::span((*found)->command)), expected.bytes()) &&
            (*found)->header.hash == batch.header.hash;
        if (!is_there) fail(fmt::format("command {} is not found again", sequence.value()));
    });
    if (!whole) fail("the final journal: " + whole.error().to_string());
}

void Simulation::audit() {
    const ledger::Digest digest = world_.leader()->ledger().digest();
    const base::Sequence sequence = world_.leader()->ledger().last_sequence();
    world_.start_afresh();
    Node* leader = world_.leader();
    if (leader == nullptr) return check();
    if (leader->file_journal != nullptr) check_single_commands(*leader->file_journal);
    // One more command, Started, and no balance that it could have touched.
    if (leader->ledger().last_sequence() != sequence.next()) fail("the restart lost its place");
    trace_.add("digest", {}, digest.high, digest.low);
    Model model(world_.options().ledger);
    if (std::string violation = auditor_.audit(leader->journal(), model); !violation.empty()) {
        fail(std::move(violation));
    }
    if (report_.violation.empty()) compare(model, leader->ledger());
    if (report_.violation.empty()) compare_books(model);
    if (report_.violation.empty()) count(model);
}

Report Simulation::run() {
    running = this;
    for (std::uint32_t i = 0; i < participants; ++i) wallets_.add(clients_.participant(i));
    faults_.draw();
    settle();
    clients_.onboard(participants);
    settle();
    const std::uint64_t steps = 100 + random_.below(600);
    for (std::uint64_t step = 0; step < steps && report_.violation.empty(); ++step) {
        clients_.act();
        if (faults_.strikes(Fault::link_flaps)) {
            wallets_.take_down(
                clients_.participant(static_cast<std::uint32_t>(random_.below(participants))));
        }
        world_.befall();
        settle();
        check();
        advance();
    }
    if (report_.violation.empty()) drain();
    if (report_.violation.empty()) audit();
    check();
    report_.trace = trace_.hash();
    report_.last_lines = trace_.tail();
    report_.simulated_ms = static_cast<std::uint64_t>(clock_.steady() / 1ms);
    report_.is_on_disk = world_.is_on_disk();
    report_.starts = world_.starts();
    report_.compared = auditor_.compared();
    report_.requests = clients_.counts().requests;
    report_.payments = clients_.counts().payments;
    report_.faults = faults_.tally();
    running = nullptr;
    return report_;
}

void Simulation::explain(std::FILE* to) const {
    for (const std::string& line : trace_.tail()) fmt::print(to, "{}\n", line);
    fmt::print(to, "seed {}: aborted\n", seed_);
}

void explain_and_abort(int /*signal*/) {
    std::signal(SIGABRT, SIG_DFL);
    if (running != nullptr) running->explain(stderr);
    std::fflush(stderr);
    std::abort();
}

}  // namespace

void explain_aborts() { std::signal(SIGABRT, explain_and_abort); }

Report simulate(std::uint64_t seed, bool prints_all) {
    // The journal's windows of some MiB come and go at each start: mapping them anew each time
    // would cost more than all the rest.
    static const bool is_kept =
        mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 256 << 20) == 1;
    static_cast<void>(is_kept);
    return Simulation(seed, prints_all).run();
}

}  // namespace ayni::sim
