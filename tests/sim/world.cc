#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"

namespace ayni::sim {
namespace {

using namespace std::chrono_literals;
using journal::AppendOutcome;
using std::chrono::nanoseconds;

/// Places that the process in hand still passes before it ends at one; 0: it does not.
thread_local std::uint64_t places_until_end = 0;

/// A process is working: what it passes counts, what others pass while they hand over does not.
thread_local bool is_working = false;

void end_at_place(const char* name) {
    if (is_working && places_until_end > 0 && --places_until_end == 0) throw ProcessEnds{name};
}

class Working {
public:
    Working() { is_working = true; }
    ~Working() { is_working = false; }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;
};

}  // namespace

/// Remembers what a process was told about its appends.
class World::Witness final : public journal::Journal {
public:
    Witness(std::unique_ptr<journal::Journal> inner, std::shared_ptr<Life> life,
            std::optional<Durable>& durable, const base::Clock& clock)
        : inner_(std::move(inner)), life_(std::move(life)), durable_(durable), clock_(clock) {}

    AppendOutcome append(const journal::Batch& batch) override {
        const AppendOutcome outcome = inner_->append(batch);
        life_->waits_for_append = outcome == AppendOutcome::in_doubt;
        if (outcome == AppendOutcome::appended) {
            // A process whose append was in doubt may learn late that it landed.
            const bool is_newer = !durable_ || durable_->number < batch.header.number;
            if (is_newer) durable_ = {.number = batch.header.number, .hash = batch.header.hash};
            life_->last_append = clock_.steady();
        }
        if (outcome == AppendOutcome::lost_leadership) life_->has_lost = true;
        return outcome;
    }
    const journal::BatchHeader& tail() const override { return inner_->tail(); }
    base::Result<void> replay(
        base::BatchNumber from,
        const std::function<void(const journal::Batch&)>& visit) const override {
        return inner_->replay(from, visit);
    }
    std::uint64_t bytes_free() const override { return inner_->bytes_free(); }

private:
    std::unique_ptr<journal::Journal> inner_;
    std::shared_ptr<Life> life_;
    std::optional<Durable>& durable_;
    const base::Clock& clock_;
};

World::World(base::ManualClock& clock, nanoseconds wall_start, base::Random& random, Faults& faults,
             Trace& trace, Wallets& wallets)
    : clock_(clock),
      wall_start_(wall_start),
      random_(random),
      faults_(faults),
      trace_(trace),
      wallets_(wallets) {
    base::set_fault_hook(end_at_place);
    draw_options();
    if (random_.one_in(2)) {
        disk_.emplace(random_, faults_);
    } else {
        log_.emplace(wall_start_, clock_, random_, faults_);
    }
}

World::~World() {
    places_until_end = 0;
    base::set_fault_hook(nullptr);
}

void World::draw_options() {
    const auto between = [&](std::uint64_t least, std::uint64_t most) {
        return least + random_.below(most - least + 1);
    };
    const bool is_tight = random_.one_in(2);
    const std::uint64_t live = is_tight ? between(8, 64) : 512;
    options_.ledger = {.participants = between(6, 16),
                       .accounts = between(45, 90),
                       .live_transfers = live,
                       .remembered_transfers = is_tight ? between(2 * live, 2'000) : 8'192,
                       .claims = between(2, 8),
                       .unacknowledged_per_participant =
                           static_cast<std::uint32_t>(is_tight ? between(4, 40) : 400),
                       .hash_seed = random_.next()};
    options_.sequencer = {
        .admission_capacity = between(4, is_tight ? 16 : 64),
        .progress_capacity = between(4, is_tight ? 16 : 64),
        .query_capacity = between(4, 32),
        .max_batch_commands = between(4, 32),
        .max_batch_bytes = between(2, 12) * 1'024,
        .admission_needs_bytes = random_.below(200'000),
        .heartbeat = std::chrono::minutes(random_.one_in(2) ? 0 : between(10, 600)),
        .stalled_after = std::chrono::milliseconds(between(1, 2'000))};
    options_.router = {.retell_after = std::chrono::milliseconds(between(50, 500)),
                       .retell_at_most = 2s,
                       .retell_burst = between(1, 64)};
    segment_bytes_ = (std::uint64_t{32} << random_.below(3)) * 1'024;
}

/// The operator gives the next process larger tables, as he does when one was full.
void World::grow_tables() {
    ledger::Options& tables = options_.ledger;
    tables.participants += random_.below(2);
    tables.accounts += random_.below(8);
    tables.live_transfers += random_.below(4);
    tables.remembered_transfers += 8 + random_.below(32);
    tables.claims += random_.below(2);
    tables.unacknowledged_per_participant += static_cast<std::uint32_t>(random_.below(4));
}

journal::FileJournal::Options World::file_options() {
    return {.directory = "journal",
            .segment_bytes = segment_bytes_,
            .low_water_bytes = 64 << 10,
            .sync = true,
            .in_background = false,
            .files = &*disk_};
}

base::Result<World::Opened> World::open_journal(const Snapshot* snapshot) {
    if (log_) return Opened{.journal = log_->open(), .file = nullptr};
    auto options = file_options();
    if (snapshot != nullptr) options.start = snapshot->start;
    auto opened = journal::FileJournal::open(options, clock_, random_);
    if (!opened) return tl::unexpected(opened.error());
    const journal::FileJournal* file = opened->get();
    return Opened{.journal = std::move(*opened), .file = file};
}

/// Whoever replays may take one; that costs the leader nothing, so here the leader's state serves.
void World::take_snapshot() {
    const Node& node = *nodes_.back();
    const journal::BatchHeader& tail = nodes_.back()->journal().tail();
    Snapshot taken;
    taken.start = {.number = tail.number, .hash = tail.hash, .segment = 0, .offset = 0};
    if (node.file_journal != nullptr) taken.start = node.file_journal->tail_start();
    if (node.ledger().last_sequence() != tail.last_sequence()) return;  // it is about to be applied
    const ledger::SnapshotStand stand{.batch_hash = tail.hash, .batch = tail.number.value()};
    const auto written = ledger::write_snapshot(node.ledger(), stand, taken.bytes);
    if (!written) return fail("a snapshot can not be written: " + written.error().to_string());
    snapshots_.push_back(std::move(taken));
}

/// History reads single commands, also those from before the snapshot that the process began with.
void World::look_back() {
    const journal::FileJournal* journal = nodes_.back()->file_journal;
    if (journal == nullptr) return;
    const std::uint64_t last = journal->tail().last_sequence().value();
    const base::Sequence sequence(1 + random_.below(last));
    faults_.pause(true);
    const auto found = journal->read_command(sequence);
    faults_.pause(false);
    if (!found) return fail("a command can not be read: " + found.error().to_string());
    const bool is_it = *found && (*found)->header.first_sequence <= sequence &&
                       sequence <= (*found)->header.last_sequence();
    if (!is_it) fail(fmt::format("command {} is not there", sequence.value()));
}

const World::Snapshot* World::some_snapshot() {
    if (snapshots_.empty() || !faults_.strikes(Fault::old_snapshot)) return nullptr;
    return &snapshots_[random_.below(snapshots_.size())];
}

/// Whatever was called durable is still there: nothing that was acknowledged can be lost.
std::string World::check_durable(const journal::Journal& journal) const {
    if (!durable_) return {};
    if (journal.tail().number < durable_->number) {
        return fmt::format("batch {} was durable, and the journal ends at {}",
                           durable_->number.value(), journal.tail().number.value());
    }
    bool is_there = false;
    const auto read = journal.replay(durable_->number, [&](const journal::Batch& batch) {
        const bool is_it = batch.header.number == durable_->number;
        is_there = is_there || (is_it && batch.header.hash == durable_->hash);
    });
    if (!read) return "the journal does not replay: " + read.error().to_string();
    if (!is_there) return fmt::format("batch {} is another one now", durable_->number.value());
    return {};
}

Node* World::door() {
    if (nodes_.empty()) return nullptr;
    if (random_.one_in(8)) return nodes_[random_.below(nodes_.size())].get();
    return nodes_.back().get();
}

/// A process that replays what the leader appends, to be there when it ends.
void World::begin_to_follow() {
    const NodeSerial serial = ++last_serial_;
    auto life = std::make_shared<Life>();
    auto witness = std::make_unique<Witness>(log_->open(), life, durable_, clock_);
    options_.ledger.hash_seed = random_.next();
    follower_ = std::make_unique<Node>(serial, options_, life, std::move(witness),
                                       wallets_.port(serial), clock_);
    trace_.add("follows", {}, serial);
    follow();
}

/// False when the process is to end.
bool World::catch_up(Node& node) {
    try {
        const Working working;
        const auto done = node.sequencer().catch_up();
        if (done) return true;
        // Only the operator's tables may be in its way: the leader was given larger ones.
        if (!done.error().field.starts_with("ledger.")) {
            fail("does not follow: " + done.error().to_string());
        }
        trace_.add("has too little room to follow", {}, node.serial());
    } catch (const ProcessEnds& ends) {
        faults_.happened(Fault::crash_at_mark);
        trace_.add(ends.where, {}, node.serial());
    }
    return false;
}

/// At the same sequence its state is the leader's.
void World::follow() {
    if (!follower_ || !catch_up(*follower_)) return follower_.reset();
    const Node* leader = nodes_.empty() ? nullptr : nodes_.back().get();
    if (leader == nullptr) return;
    const ledger::Ledger& ours = follower_->ledger();
    const bool is_level = ours.last_sequence() == leader->ledger().last_sequence();
    if (is_level && ours.digest() != leader->ledger().digest()) {
        fail("a follower has another state than the leader");
    }
}

/// The follower leads, if nobody was faster.
base::Result<bool> World::take_over() {
    follow();
    if (!follower_) return false;
    std::unique_ptr<Node> node = std::move(follower_);
    journal_time_ = node->journal().tail().timestamp;
    const auto leads = node->sequencer().lead();
    if (!leads) return leads;
    if (!*leads) {
        trace_.add("was not fast enough", {}, node->serial());
        follower_ = std::move(node);  // it goes on to follow
        return false;
    }
    trace_.add("takes over", {}, node->serial(), node->ledger().last_sequence().value());
    wallets_.open(node->serial(), node->router());
    nodes_.push_back(std::move(node));
    return true;
}

base::Result<void> World::try_start() {
    if (follower_ && !random_.one_in(3)) {
        const auto leads = take_over();
        if (!leads) return tl::unexpected(leads.error());
        if (*leads) return {};
    }
    const Snapshot* snapshot = some_snapshot();
    auto opened = open_journal(snapshot);
    if (!opened) return tl::unexpected(opened.error());
    faults_.pause(true);
    if (std::string lost = check_durable(*opened->journal); !lost.empty()) fail(std::move(lost));
    faults_.pause(false);
    journal_time_ = opened->journal->tail().timestamp;
    const NodeSerial serial = ++last_serial_;
    auto life = std::make_shared<Life>();
    auto witness = std::make_unique<Witness>(std::move(opened->journal), life, durable_, clock_);
    options_.ledger.hash_seed = random_.next();
    if (random_.one_in(4)) grow_tables();
    auto node = std::make_unique<Node>(serial, options_, life, std::move(witness),
                                       wallets_.port(serial), clock_);
    node->file_journal = opened->file;
    base::BatchNumber stands_after(0);
    if (snapshot != nullptr) {
        ledger::SnapshotSpan source(snapshot->bytes.bytes());
        const auto read = ledger::read_snapshot(source, node->ledger_to_load());
        if (!read) fail("a snapshot does not load: " + read.error().to_string());
        stands_after = snapshot->start.number;
    }
    if (const auto started = node->sequencer().start(stands_after); !started) return started;
    trace_.add("leads", {}, serial, node->ledger().last_sequence().value());
    wallets_.open(serial, node->router());
    nodes_.push_back(std::move(node));
    return {};
}

void World::start() {
    try {
        const Working working;
        const auto started = try_start();
        if (!started) cannot_start(started.error());
    } catch (const ProcessEnds& end) {
        trace_.add(end.where);
        if (!std::string_view(end.where).starts_with("disk.")) {
            faults_.happened(Fault::crash_at_mark);
        }
        if (disk_) disk_->crash();
        start_later();
    }
}

void World::start_later() {
    start_at_ = clock_.steady() + std::chrono::milliseconds(random_.below(3'000));
}

/// A start may be refused for what is wrong with the machine, and for nothing else.
void World::cannot_start(const base::Error& error) {
    trace_.add("does not start");
    if (error.field == "clock") return correct_clock();
    const auto says = [&](std::string_view words) {
        return error.message.find(words) != std::string::npos;
    };
    const bool is_disk = disk_ && (says("can not be read") || says("can not be synced") ||
                                   says("can not be written") || says("no room"));
    const bool is_refused = says("another process leads");
    if (!is_disk && !is_refused) fail("does not start: " + error.to_string());
    if (is_mended_ && is_disk) fail("does not start on a good disk: " + error.to_string());
    if (disk_ && random_.one_in(2)) disk_->crash();
    start_later();
}

/// The operator sets it right; when the journal is still ahead of that, he waits.
void World::correct_clock() {
    const nanoseconds right = wall_start_ + clock_.steady();
    if (clock_.wall() < right) {
        clock_.jump_wall(right - clock_.wall());
    } else {
        clock_.advance(nanoseconds(journal_time_.nanoseconds) - clock_.wall());
    }
    start_at_ = clock_.steady();
}

bool World::run(Node& node) {
    if (node.frozen_until > clock_.steady()) return false;
    bool worked = false;
    try {
        const Working working;
        worked = node.sequencer().run_once();
    } catch (const ProcessEnds& ends) {
        const std::string_view where = ends.where;
        if (!where.starts_with("disk.")) faults_.happened(Fault::crash_at_mark);
        end(node, ends.where);
        return true;
    }
    if (node.sequencer().statistics().is_leading.load()) return worked;
    // I8: the loser stops.
    trace_.add("lost its place", {}, node.serial());
    stop_politely(node);
    return true;
}

void World::remove(Node& node) {
    wallets_.close(node.serial());
    std::erase_if(nodes_, [&](const auto& one) { return one.get() == &node; });
    if (nodes_.empty()) start_later();
}

void World::end(Node& node, const char* where) {
    places_until_end = 0;
    trace_.add(where, {}, node.serial());
    node.life()->is_there = false;
    remove(node);
    // A killed process leaves what it wrote in the machine's memory; a machine does not.
    if (disk_ && random_.one_in(2)) disk_->crash();
}

void World::end_all(const char* where) {
    while (!nodes_.empty()) end(*nodes_.back(), where);
}

void World::stop_politely(Node& node) {
    places_until_end = 0;
    node.sequencer().stop();
    node.sequencer().run();
    const std::shared_ptr<Life> life = node.life();
    remove(node);
    if (life->callers != 0) {
        fail(fmt::format("a process stopped politely, and {} callers still wait", life->callers));
    }
}

bool World::work() {
    if (log_) log_->deliver();
    bool any = false;
    if (nodes_.empty() && start_at_ <= clock_.steady()) {
        start();
        any = true;
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (run(*nodes_[i])) any = true;
    }
    if (any && random_.one_in(4)) follow();
    return any;
}

nanoseconds World::next_due() {
    nanoseconds due = log_ ? log_->next_due() : nanoseconds::max();
    if (nodes_.empty()) due = std::min(due, start_at_);
    for (const auto& node : nodes_) {
        const bool is_frozen = node->frozen_until > clock_.steady();
        due = std::min(due, is_frozen ? node->frozen_until : node->sequencer().next_wake());
    }
    return due;
}

/// Another process takes over while this one does not know of it. A directory has one owner only.
void World::second_leader() {
    faults_.happened(Fault::second_leader);
    if (log_) return start();
    const auto opened = open_journal(nullptr);
    const bool is_refused =
        !opened && opened.error().message.find("in use by another process") != std::string::npos;
    if (!is_refused) fail("a second process opened the journal's directory");
}

/// Bit rot, while nothing runs: it is found, or it did no harm. The operator then puts a copy back.
void World::flip_a_bit() {
    end_all("power fails");
    disk_->crash();
    disk_->set_full(false);  // who opens it next must be able to say what is wrong
    const Disk::Image image = disk_->image();
    if (!disk_->flip_bit()) return;
    faults_.happened(Fault::bit_flip);
    faults_.pause(true);
    {
        auto opened = journal::FileJournal::open(file_options(), clock_, random_);
        const auto whole =
            opened ? (*opened)->replay(base::BatchNumber(0), [](const journal::Batch&) {})
                   : base::Result<void>(tl::unexpected(opened.error()));
        const bool is_reported = opened && (*opened)->recovery().torn_bytes > 0;
        if (!whole) {
            const bool is_named = whole.error().field.find(".journal") != std::string::npos;
            if (!is_named) fail("bit rot: no place is named: " + whole.error().to_string());
        } else if (!is_reported) {
            if (std::string lost = check_durable(**opened); !lost.empty()) {
                fail("bit rot went unnoticed: " + lost);
            }
        }
    }
    faults_.pause(false);
    disk_->restore(image);
}

void World::befall() {
    if (disk_) {
        if (faults_.strikes(Fault::disk_full)) {
            full_until_ = clock_.steady() + std::chrono::milliseconds(random_.below(5'000));
        }
        disk_->set_full(full_until_ > clock_.steady());
        if (faults_.draws(Fault::bit_flip)) flip_a_bit();
    }
    if (faults_.strikes(Fault::wall_clock_jump)) {
        const auto by = random_.one_in(2) ? std::chrono::milliseconds(random_.below(10'000))
                                          : std::chrono::milliseconds(random_.below(3'600'000));
        clock_.jump_wall(random_.one_in(2) ? by : -by);
    }
    if (faults_.strikes(Fault::long_time)) {
        const bool is_very_long = random_.one_in(10);
        clock_.advance(is_very_long ? std::chrono::hours(24 * 401)
                                    : std::chrono::hours(1 + random_.below(30)));
    }
    if (nodes_.empty()) return;
    if (log_ && !follower_ && random_.one_in(100)) begin_to_follow();
    if (random_.one_in(30)) take_snapshot();
    if (random_.one_in(30)) look_back();
    if (faults_.draws(Fault::crash_at_mark)) places_until_end = 1 + random_.below(80);
    if (faults_.draws(Fault::second_leader)) second_leader();
    if (leader() != nullptr && faults_.strikes(Fault::leader_paused)) {
        leader()->frozen_until = clock_.steady() + std::chrono::milliseconds(random_.below(20'000));
        if (log_ && !random_.one_in(3)) second_leader();
    }
    if (leader() != nullptr && faults_.strikes(Fault::crash_between)) {
        end(*nodes_[random_.below(nodes_.size())], "killed");
    }
    if (leader() != nullptr && faults_.strikes(Fault::polite_restart)) stop_politely(*leader());
}

void World::mend() {
    places_until_end = 0;
    is_mended_ = true;
    if (disk_) disk_->set_full(false);
    clock_.jump_wall(wall_start_ + clock_.steady() - clock_.wall());
    // Whoever was displaced and never wrote since does not know of it.
    while (nodes_.size() > 1) stop_politely(*nodes_.front());
    for (const auto& node : nodes_) node->frozen_until = nanoseconds(0);
    start_in_the_end();
}

/// On good machines only the clock can be in the way, and one correction is enough.
void World::start_in_the_end() {
    constexpr int most_tries = 4;
    for (int i = 0; i < most_tries && nodes_.empty(); ++i) start();
    if (nodes_.empty()) fail("does not start on good machines");
}

void World::start_afresh() {
    while (!nodes_.empty()) stop_politely(*nodes_.back());
    start_in_the_end();
}

}  // namespace ayni::sim
