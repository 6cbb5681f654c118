#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "journal/file_journal.h"
#include "ledger/snapshot.h"
#include "sim/auditor.h"
#include "sim/clients.h"
#include "sim/disk.h"
#include "sim/shared_log.h"
#include "sim/wallets.h"

namespace ayni::sim {

/// The machines: where the journal is, which processes there are, and what befalls both.
class World {
public:
    World(base::ManualClock& clock, std::chrono::nanoseconds wall_start, base::Random& random,
          Faults& faults, Trace& trace, Wallets& wallets);
    ~World();

    /// The process that took the lead last; null while there is none.
    [[nodiscard]] Node* leader() { return nodes_.empty() ? nullptr : nodes_.back().get(); }
    /// A process that a request may find: mostly the leader.
    [[nodiscard]] Node* door();

    /// What may happen to processes, journal and disk at this moment.
    void befall();
    /// Everything is as it should be from here on.
    void mend();

    /// Lets all processes work. True when anything was done.
    bool work();
    [[nodiscard]] std::chrono::nanoseconds next_due();

    /// Stops all processes politely, and starts one more from what they left.
    void start_afresh();

    [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
    [[nodiscard]] std::uint64_t starts() const { return last_serial_; }
    [[nodiscard]] bool is_on_disk() const { return disk_.has_value(); }
    [[nodiscard]] const NodeOptions& options() const { return options_; }
    [[nodiscard]] const std::string& violation() const { return violation_; }

private:
    class Witness;
    /// The last batch that any process was told to be durable.
    struct Durable {
        base::BatchNumber number;
        journal::Hash hash{};
    };

    /// The state of some process behind a batch, for a later one to begin with.
    struct Snapshot {
        ledger::SnapshotBytes bytes;
        journal::FileJournal::Start start;
    };

    void take_snapshot();
    void look_back();
    [[nodiscard]] const Snapshot* some_snapshot();
    void draw_options();
    void grow_tables();
    [[nodiscard]] journal::FileJournal::Options file_options();
    struct Opened {
        std::unique_ptr<journal::Journal> journal;
        const journal::FileJournal* file = nullptr;
    };
    [[nodiscard]] base::Result<Opened> open_journal(const Snapshot* snapshot);
    [[nodiscard]] std::string check_durable(const journal::Journal& journal) const;
    void begin_to_follow();
    void follow();
    [[nodiscard]] bool catch_up(Node& node);
    [[nodiscard]] base::Result<bool> take_over();
    void start();
    [[nodiscard]] base::Result<void> try_start();
    void cannot_start(const base::Error& error);
    void correct_clock();
    void start_in_the_end();
    bool run(Node& node);
    void end(Node& node, const char* where);
    void end_all(const char* where);
    void stop_politely(Node& node);
    void remove(Node& node);
    void start_later();
    void second_leader();
    void flip_a_bit();
    void fail(std::string violation) {
        if (violation_.empty()) violation_ = std::move(violation);
    }

    base::ManualClock& clock_;
    const std::chrono::nanoseconds wall_start_;
    base::Random& random_;
    Faults& faults_;
    Trace& trace_;
    Wallets& wallets_;
    NodeOptions options_;
    std::uint64_t segment_bytes_ = 0;
    std::optional<SharedLog> log_;
    std::optional<Disk> disk_;
    std::optional<Durable> durable_;
    std::vector<Snapshot> snapshots_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::unique_ptr<Node> follower_;  ///< With the shared log: applies, and may take over.
    NodeSerial last_serial_ = 0;
    std::chrono::nanoseconds start_at_{0};
    base::JournalTime journal_time_;
    std::chrono::nanoseconds full_until_{0};
    bool is_mended_ = false;
    std::string violation_;
};

}  // namespace ayni::sim
