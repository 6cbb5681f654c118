#include "sequencer/sequencer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/mark.h"
#include "base/wakeup.h"
#include "ledger/invariants/invariants.h"

namespace ayni::sequencer {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds longest_sleep = std::chrono::milliseconds(100);
constexpr nanoseconds retry_pause = std::chrono::milliseconds(5);
constexpr nanoseconds space_check_interval = std::chrono::milliseconds(100);
constexpr std::size_t queries_per_pass = 1'024;
/// How far ahead of `apply` its memory is fetched, in commands.
constexpr std::size_t prefetch_index_distance = 16;
constexpr std::size_t prefetch_records_distance = 8;

/// Hears nothing, for a sequencer without a follower.
class NobodyFollows final : public Follower {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
    void replayed(const ledger::Ledger& /*ledger*/) override {}
    void batch_applied(const ledger::Ledger& /*ledger*/) override {}
    void run_due(const ledger::Ledger& /*ledger*/, nanoseconds /*steady_now*/) override {}
    [[nodiscard]] nanoseconds next_due() const override { return nanoseconds::max(); }
};

/// Digests after the last few batches, for comparing with what later headers say.
class RecentDigests {
public:
    void add(base::BatchNumber number, const ledger::Digest& digest) {
        entries_[number.value() % entries_.size()] = {.number = number, .digest = digest};
    }
    /// False when `header` contradicts what was computed here.
    [[nodiscard]] bool agree(const journal::BatchHeader& header) const {
        const Entry& entry = entries_[header.digest_batch.value() % entries_.size()];
        return entry.number != header.digest_batch || entry.digest == header.digest;
    }

private:
    struct Entry {
        base::BatchNumber number;
        ledger::Digest digest;
    };
    std::array<Entry, 16> entries_{};
};

}  // namespace

struct Sequencer::State {
    State(const Options& given_options, ledger::Ledger& given_ledger,
          journal::Journal& given_journal, const base::Clock& given_clock, Follower* given_follower)
        : options(given_options),
          ledger(given_ledger),
          journal(given_journal),
          clock(given_clock),
          follower(given_follower != nullptr ? *given_follower : nobody),
          admission(options.admission_capacity),
          progress(options.progress_capacity),
          queries(options.query_capacity) {}

    const Options options;
    ledger::Ledger& ledger;
    journal::Journal& journal;
    const base::Clock& clock;
    NobodyFollows nobody;
    Follower& follower;

    base::Ring<Submission> admission;
    base::Ring<Submission> progress;
    base::Ring<Query> queries;
    base::Wakeup wakeup;
    std::atomic<bool> stopping{false};
    Statistics statistics;

    // Below: the sequencer's thread only.

    std::unique_ptr<JournalClock> journal_clock;
    RecentDigests digests;
    ledger::invariants::DurableBeforeVisible visibility;
    base::Epoch epoch;
    std::optional<base::BatchNumber> caught_up_to;  // nothing: no replay yet
    nanoseconds next_space_check{0};
    nanoseconds appended_at{0};
    std::optional<nanoseconds> in_doubt_since;

    /// A submission that was taken from its lane.
    struct Taken {
        Submission* submission = nullptr;
        Lane lane = Lane::admission;
    };
    // A submission that was taken is in one of these three, once, and leaves it before its owner
    // hears of it: the owner may destroy it then, and whatever ends the process finds the others.

    /// Taken, but without room in the batch in hand.
    Taken held_over;
    std::vector<Taken> gathered;
    /// The batch in hand, kept until its append has a final outcome.
    std::vector<Taken> in_batch;
    ledger::CommandBuffer batch_commands;
    journal::Batch batch;
    bool has_batch = false;
    std::vector<ledger::CommandView> views;

    [[nodiscard]] bool has_arrivals() const {
        return !admission.empty() || !progress.empty() || !queries.empty();
    }

    Taken take() {
        if (held_over.submission != nullptr) return std::exchange(held_over, Taken{});
        if (Submission* submission = progress.try_pop()) {
            return {.submission = submission, .lane = Lane::progress};
        }
        return {.submission = admission.try_pop(), .lane = Lane::admission};
    }

    [[nodiscard]] bool fits(const Submission& submission, std::size_t commands,
                            std::size_t bytes) const {
        return commands + submission.commands.count() <= options.max_batch_commands &&
               bytes + submission.commands.bytes().size() <= options.max_batch_bytes;
    }

    void gather();
    [[nodiscard]] bool answer_from_memory(Submission& submission);
    void form_batch();
    void seal();
    [[nodiscard]] bool append();
    void stay_in_doubt(nanoseconds asked_at);
    void give_way_for_want_of_space();
    [[nodiscard]] bool needs_tick();
    void apply();
    void answer(Submission& submission);
    bool run_queries();
    void check_space(nanoseconds now);
    void abandon(std::vector<Taken>& taken);
    void abandon_everything();
    [[nodiscard]] base::Result<void> replay(base::BatchNumber stands_after);
    [[nodiscard]] base::Result<void> apply_replayed(const journal::Batch& replayed);
    void append_started();
};

void Sequencer::State::gather() {
    gathered.clear();
    std::size_t commands = 0;
    std::size_t bytes = 0;
    for (;;) {
        const Taken taken = take();
        if (taken.submission == nullptr) return;
        Submission& submission = *taken.submission;
        // A submission larger than any batch is a bug of whoever made it.
        ASSERT(fits(submission, 0, 0));
        if (!fits(submission, commands, bytes)) {
            held_over = taken;
            MARK("sequencer.batch_is_full");
            return;
        }
        commands += submission.commands.count();
        bytes += submission.commands.bytes().size();
        gathered.push_back(taken);
    }
}

/// True when every command is a repeat; `outcomes` are then complete.
bool Sequencer::State::answer_from_memory(Submission& submission) {
    submission.outcomes.clear();
    std::span<const std::byte> rest = submission.commands.bytes();
    while (!rest.empty()) {
        const auto command = ledger::CommandView::read(rest);
        ASSERT(command.has_value());
        const auto known = ledger.peek(*command);
        if (!known) return false;
        submission.outcomes.push_back(*known);
        rest = rest.subspan(command->size());
    }
    return true;
}

void Sequencer::State::form_batch() {
    in_batch.clear();
    batch_commands.clear();
    for (const Taken& taken : gathered) {
        const auto first = ledger::CommandView::read(taken.submission->commands.bytes());
        if (first) ledger.prefetch_index(*first);
    }
    for (Taken& taken : gathered) {
        Submission& submission = *taken.submission;
        if (answer_from_memory(submission)) {
            MARK("sequencer.repeat_answered_without_journalling");
            statistics.repeats_answered.fetch_add(1, std::memory_order_relaxed);
            taken.submission = nullptr;
            submission.applied(ledger.last_sequence());
            continue;
        }
        batch_commands.add(submission.commands);
        in_batch.push_back(std::exchange(taken, Taken{}));
    }
}

void Sequencer::State::seal() {
    const journal::BatchHeader& tail = journal.tail();
    batch.payload = batch_commands.bytes();
    batch.header = journal::BatchHeader{};
    batch.header.number = tail.number.next();
    batch.header.first_sequence = tail.last_sequence().next();
    batch.header.command_count = static_cast<std::uint32_t>(batch_commands.count());
    batch.header.epoch = epoch;
    batch.header.timestamp = journal_clock->now();
    batch.header.digest_batch = tail.number;
    batch.header.digest = ledger.digest();
    batch.header.previous_hash = tail.hash;
    batch.header.hash = journal::hash_of(batch);
    ASSERT(batch.header.first_sequence == ledger.last_sequence().next());
    ASSERT(batch.header.timestamp >= tail.timestamp);
    has_batch = true;
}

bool Sequencer::State::append() {
    FAULT_POINT("sequencer.before_append");
    const nanoseconds before = clock.steady();
    const journal::AppendOutcome outcome = journal.append(batch);
    statistics.append_nanoseconds.fetch_add(
        static_cast<std::uint64_t>((clock.steady() - before).count()), std::memory_order_relaxed);
    switch (outcome) {
        case journal::AppendOutcome::appended:
            FAULT_POINT("sequencer.appended");
            appended_at = clock.steady();
            in_doubt_since.reset();
            statistics.is_stalled.store(false, std::memory_order_relaxed);
            visibility.became_durable(batch.header.last_sequence());
            statistics.durable_sequence.store(batch.header.last_sequence().value(),
                                              std::memory_order_relaxed);
            return true;
        case journal::AppendOutcome::in_doubt:
            MARK("sequencer.append_in_doubt");
            statistics.appends_in_doubt.fetch_add(1, std::memory_order_relaxed);
            stay_in_doubt(before);
            return false;
        case journal::AppendOutcome::no_space:
            MARK("sequencer.append_without_space");
            statistics.appends_without_space.fetch_add(1, std::memory_order_relaxed);
            give_way_for_want_of_space();
            return false;
        case journal::AppendOutcome::lost_leadership:
            // I8: whoever holds the position now goes on; this process must not answer anybody.
            MARK("sequencer.lost_leadership");
            has_batch = false;
            if (!statistics.is_leading.load()) return false;  // it never led
            statistics.is_leading.store(false);
            stopping.store(true);
            abandon(in_batch);
            return false;
    }
    UNREACHABLE("append outcome");
}

void Sequencer::State::stay_in_doubt(nanoseconds asked_at) {
    if (!in_doubt_since) in_doubt_since = asked_at;
    if (clock.steady() - *in_doubt_since < options.stalled_after) return;
    MARK("sequencer.stalled");
    statistics.is_stalled.store(true, std::memory_order_relaxed);
}

/// Nothing was written: new work is sent away, what ends reservations is kept for the next try.
void Sequencer::State::give_way_for_want_of_space() {
    statistics.has_space.store(false, std::memory_order_relaxed);
    has_batch = false;
    const auto is_kept = [](const Taken& taken) { return taken.lane == Lane::progress; };
    const auto sent_away = std::stable_partition(in_batch.begin(), in_batch.end(), is_kept);
    gathered.assign(sent_away, in_batch.end());
    in_batch.erase(sent_away, in_batch.end());
    batch_commands.clear();
    for (const Taken& taken : in_batch) batch_commands.add(taken.submission->commands);
    if (!batch_commands.empty()) {
        MARK("sequencer.progress_waits_for_space");
        seal();
    }
    abandon(gathered);
}

void Sequencer::State::apply() {
    const nanoseconds before = clock.steady();
    views.clear();
    const bool is_well_formed = ledger::for_each_command(
        batch_commands.bytes(), [&](ledger::CommandView command) { views.push_back(command); });
    ASSERT(is_well_formed);
    ASSERT(views.size() == batch.header.command_count);

    ledger.begin_batch(batch.header.first_sequence, batch.header.timestamp, follower);
    std::size_t next = 0;
    const auto apply_next = [&] {
        if (next + prefetch_index_distance < views.size()) {
            ledger.prefetch_index(views[next + prefetch_index_distance]);
        }
        if (next + prefetch_records_distance < views.size()) {
            ledger.prefetch_records(views[next + prefetch_records_distance]);
        }
        return ledger.apply(views[next++], follower);
    };
    for (const Taken& taken : in_batch) {
        Submission& submission = *taken.submission;
        submission.outcomes.resize(submission.commands.count());
        for (ledger::Outcome& outcome : submission.outcomes) outcome = apply_next();
    }
    while (next < views.size()) static_cast<void>(apply_next());  // a tick of our own
    digests.add(batch.header.number, ledger.digest());
    has_batch = false;
    FAULT_POINT("sequencer.batch_applied");

    statistics.batches.fetch_add(1, std::memory_order_relaxed);
    statistics.commands.fetch_add(views.size(), std::memory_order_relaxed);
    statistics.applied_sequence.store(ledger.last_sequence().value(), std::memory_order_relaxed);
    statistics.apply_nanoseconds.fetch_add(
        static_cast<std::uint64_t>((clock.steady() - before).count()), std::memory_order_relaxed);
}

/// With nothing else to write: something expires, or it is time to see that this process leads.
bool Sequencer::State::needs_tick() {
    const auto deadline = ledger.next_deadline();
    if (deadline && *deadline <= journal_clock->now()) {
        MARK("sequencer.tick_of_its_own");
        return true;
    }
    if (options.heartbeat.count() == 0) return false;
    if (clock.steady() - appended_at < options.heartbeat) return false;
    MARK("sequencer.heartbeat");
    return true;
}

void Sequencer::State::answer(Submission& submission) {
    ASSERT(visibility.may_show(ledger.last_sequence()));
    submission.applied(ledger.last_sequence());
}

bool Sequencer::State::run_queries() {
    bool any = false;
    for (std::size_t i = 0; i < queries_per_pass; ++i) {
        Query* query = queries.try_pop();
        if (query == nullptr) break;
        ASSERT(visibility.may_show(ledger.last_sequence()));
        query->run(ledger);
        statistics.queries.fetch_add(1, std::memory_order_relaxed);
        any = true;
    }
    return any;
}

void Sequencer::State::check_space(nanoseconds now) {
    if (now < next_space_check) return;
    next_space_check = now + space_check_interval;
    const bool has_space = journal.bytes_free() >= options.admission_needs_bytes;
    statistics.has_space.store(has_space, std::memory_order_relaxed);
}

void Sequencer::State::abandon(std::vector<Taken>& taken) {
    for (Taken& one : taken) {
        Submission* submission = std::exchange(one.submission, nullptr);
        if (submission != nullptr) submission->abandoned();
    }
    taken.clear();
}

void Sequencer::State::abandon_everything() {
    abandon(in_batch);
    abandon(gathered);
    has_batch = false;
    for (Taken taken = take(); taken.submission != nullptr; taken = take()) {
        taken.submission->abandoned();
    }
    while (Query* query = queries.try_pop()) query->abandoned();
}

base::Result<void> Sequencer::State::replay(base::BatchNumber stands_after) {
    ASSERT(caught_up_to || stands_after.is_zero() == ledger.last_sequence().is_zero());
    base::BatchNumber first = stands_after;
    if (caught_up_to) {
        first = caught_up_to->next();
    } else if (!stands_after.is_zero()) {
        MARK("sequencer.started_from_a_snapshot");
        // The next header says what the digest must be: a snapshot of another history ends there.
        digests.add(stands_after, ledger.digest());
        first = stands_after.next();
    }
    base::Result<void> applied;
    const auto read = journal.replay(first, [&](const journal::Batch& replayed) {
        if (applied) applied = apply_replayed(replayed);
    });
    if (!read) return read;
    if (!applied) return applied;
    if (ledger.last_sequence() != journal.tail().last_sequence()) {
        return base::failure(
            "journal",
            fmt::format("ends at sequence {}, and the ledger stands at {}",
                        journal.tail().last_sequence().value(), ledger.last_sequence().value()));
    }
    caught_up_to = journal.tail().number;
    visibility.became_durable(ledger.last_sequence());
    statistics.durable_sequence.store(ledger.last_sequence().value(), std::memory_order_relaxed);
    statistics.applied_sequence.store(ledger.last_sequence().value());
    return {};
}

base::Result<void> Sequencer::State::apply_replayed(const journal::Batch& replayed) {
    const auto failed = [&](std::string_view why) {
        return base::failure(fmt::format("batch {}", replayed.header.number.value()),
                             std::string(why));
    };
    if (replayed.header.command_count == 0) {  // genesis
        digests.add(replayed.header.number, ledger.digest());
        return {};
    }
    if (replayed.header.first_sequence != ledger.last_sequence().next()) {
        return failed("does not begin where the one before it ended");
    }
    if (!digests.agree(replayed.header)) {
        return failed(
            "says another digest of the ledger than replay gives: it was written by a "
            "build that behaves differently");
    }
    views.clear();
    if (!ledger::for_each_command(replayed.payload,
                                  [&](ledger::CommandView command) { views.push_back(command); })) {
        return failed("holds bytes that are no command of this build");
    }
    if (views.size() != replayed.header.command_count) {
        return failed("does not hold as many commands as its header says");
    }
    for (const ledger::CommandView& command : views) {
        if (command.kind() != ledger::CommandKind::started || command.limits() == nullptr) continue;
        auto has_room = ledger::check_room(*command.limits(), ledger.options());
        if (!has_room) return has_room;
    }
    ledger.begin_batch(replayed.header.first_sequence, replayed.header.timestamp, follower);
    for (std::size_t i = 0; i < views.size(); ++i) {
        if (i + prefetch_index_distance < views.size()) {
            ledger.prefetch_index(views[i + prefetch_index_distance]);
        }
        if (i + prefetch_records_distance < views.size()) {
            ledger.prefetch_records(views[i + prefetch_records_distance]);
        }
        static_cast<void>(ledger.apply(views[i], follower));
    }
    digests.add(replayed.header.number, ledger.digest());
    statistics.replayed_commands.fetch_add(views.size(), std::memory_order_relaxed);
    statistics.applied_sequence.store(ledger.last_sequence().value(), std::memory_order_relaxed);
    return {};
}

void Sequencer::State::append_started() {
    batch_commands.clear();
    batch_commands.add({.epoch = epoch.value(), .wall_nanoseconds = clock.wall().count()},
                       ledger::limits_of(ledger.options()));
    seal();
}

Sequencer::Sequencer(const Options& options, ledger::Ledger& ledger, journal::Journal& journal,
                     const base::Clock& clock, Follower* follower)
    : state_(std::make_unique<State>(options, ledger, journal, clock, follower)) {}

Sequencer::~Sequencer() { state_->abandon_everything(); }

bool Sequencer::submit(Submission* submission, Lane lane) {
    State& state = *state_;
    ASSERT(!submission->commands.empty());
    if (state.stopping.load(std::memory_order_relaxed)) return false;
    if (!state.statistics.is_leading.load(std::memory_order_relaxed)) return false;
    const bool is_new_work = lane == Lane::admission;
    if (is_new_work && !state.statistics.has_space.load(std::memory_order_relaxed)) {
        MARK("sequencer.no_admission_without_space");
        return false;
    }
    if (is_new_work && state.statistics.is_stalled.load(std::memory_order_relaxed)) {
        MARK("sequencer.no_admission_while_stalled");
        return false;
    }
    if (!(is_new_work ? state.admission : state.progress).try_push(submission)) {
        MARK("sequencer.lane_is_full");
        return false;
    }
    state.wakeup.notify();
    return true;
}

bool Sequencer::query(Query* query) {
    if (state_->stopping.load(std::memory_order_relaxed)) return false;
    if (!state_->queries.try_push(query)) return false;
    state_->wakeup.notify();
    return true;
}

void Sequencer::stop() {
    state_->stopping.store(true);
    state_->wakeup.notify();
}

base::Result<void> Sequencer::catch_up(base::BatchNumber stands_after) {
    ASSERT(!state_->statistics.is_leading.load());
    return state_->replay(stands_after);
}

void Sequencer::answer_queries() { static_cast<void>(state_->run_queries()); }

base::Result<void> Sequencer::start(base::BatchNumber stands_after) {
    if (auto done = catch_up(stands_after); !done) return done;
    const auto leads = lead();
    if (!leads) return tl::unexpected(leads.error());
    if (!*leads) return base::failure("journal", "another process leads");
    return {};
}

base::Result<bool> Sequencer::lead() {
    State& state = *state_;
    ASSERT(state.caught_up_to.has_value());
    const journal::BatchHeader& tail = state.journal.tail();
    const nanoseconds behind = nanoseconds(tail.timestamp.nanoseconds) - state.clock.wall();
    if (behind > state.options.max_clock_behind) {
        MARK("sequencer.clock_behind_journal");
        return base::failure(
            "clock", fmt::format("the wall clock is {} s behind the journal's last batch",
                                 std::chrono::duration_cast<std::chrono::seconds>(behind).count()));
    }
    state.journal_clock = std::make_unique<JournalClock>(state.clock, tail.timestamp);
    state.epoch = tail.epoch.next();
    state.append_started();
    while (state.has_batch && !state.append()) {
        static_cast<void>(state.run_queries());
        if (state.stopping.load()) return base::failure("sequencer", "was told to stop");
        if (!state.has_batch) {
            MARK("sequencer.started_refused");
            return false;
        }
    }
    state.apply();
    state.statistics.epoch.store(state.epoch.value());
    state.statistics.is_leading.store(true);
    state.follower.replayed(state.ledger);
    return true;
}

bool Sequencer::run_once() {
    State& state = *state_;
    if (state.stopping.load(std::memory_order_relaxed)) return false;
    bool worked = false;
    state.check_space(state.clock.steady());
    worked = state.run_queries();
    if (!state.has_batch) {
        state.gather();
        state.form_batch();
        worked = worked || !state.gathered.empty();
        if (state.batch_commands.empty() && state.needs_tick()) state.batch_commands.add_tick();
        if (!state.batch_commands.empty()) state.seal();
    }
    if (state.has_batch && state.append()) {
        state.apply();
        for (State::Taken& taken : state.in_batch) {
            FAULT_POINT("sequencer.before_answer");
            state.answer(*std::exchange(taken.submission, nullptr));
        }
        state.in_batch.clear();
        FAULT_POINT("sequencer.answered");
        state.follower.batch_applied(state.ledger);
        worked = true;
    }
    const nanoseconds now = state.clock.steady();
    if (!state.stopping.load(std::memory_order_relaxed) && state.follower.next_due() <= now) {
        state.follower.run_due(state.ledger, now);
        worked = true;
    }
    return worked;
}

nanoseconds Sequencer::next_wake() const {
    State& state = *state_;
    if (state.has_batch) return state.clock.steady() + retry_pause;
    nanoseconds wake = state.follower.next_due();
    if (state.options.heartbeat.count() != 0) {
        wake = std::min(wake, state.appended_at + state.options.heartbeat);
    }
    if (const auto deadline = state.ledger.next_deadline()) {
        const nanoseconds left = *deadline - state.journal_clock->now();
        wake = std::min(wake, state.clock.steady() + std::max(left, nanoseconds(0)));
    }
    return wake;
}

void Sequencer::run() {
    State& state = *state_;
    while (!state.stopping.load()) {
        if (run_once()) continue;
        const nanoseconds now = state.clock.steady();
        const nanoseconds wake = next_wake();
        const nanoseconds sleep =
            wake <= now ? nanoseconds(0) : std::min(wake - now, longest_sleep);
        if (sleep.count() == 0) continue;
        state.wakeup.wait(sleep, [&] {
            return state.stopping.load() || (!state.has_batch && state.has_arrivals());
        });
    }
    state.abandon_everything();
    state.follower.stopped();
}

const Sequencer::Statistics& Sequencer::statistics() const { return state_->statistics; }

}  // namespace ayni::sequencer
