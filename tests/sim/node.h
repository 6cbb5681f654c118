#pragma once

#include <memory>

#include "journal/file_journal.h"
#include "router/router.h"

namespace ayni::sim {

/// Names a process of the switch; each start has another one.
using NodeSerial = std::uint64_t;

/// What outlives a process: those who wait for its answers ask this whether it is still there.
struct Life {
    bool is_there = true;
    bool has_lost = false;     ///< It was told that another one leads.
    std::int64_t callers = 0;  ///< Who gave it a payment and was neither answered nor sent away.
    std::chrono::nanoseconds last_append{0};  ///< Steady time of its last durable batch.
    bool waits_for_append = false;            ///< Its last append has no final outcome yet.
};

/// How much one process takes. Small, and drawn for each run, so that every bound is met.
struct NodeOptions {
    ledger::Options ledger;
    sequencer::Sequencer::Options sequencer;
    router::Router::Options router;
};

/// One process of the switch: everything that dies with it.
class Node {
public:
    Node(NodeSerial serial, const NodeOptions& options, std::shared_ptr<Life> life,
         std::unique_ptr<journal::Journal> journal, std::unique_ptr<adapter::WalletNetwork> network,
         const base::Clock& clock)
        : serial_(serial),
          life_(std::move(life)),
          journal_(std::move(journal)),
          network_(std::move(network)),
          ledger_(options.ledger),
          router_(options.router, *network_, clock),
          sequencer_(options.sequencer, ledger_, *journal_, clock, &router_) {
        router_.attach(sequencer_);
    }
    ~Node() { life_->is_there = false; }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] NodeSerial serial() const { return serial_; }
    [[nodiscard]] const std::shared_ptr<Life>& life() const { return life_; }
    [[nodiscard]] journal::Journal& journal() { return *journal_; }
    [[nodiscard]] const ledger::Ledger& ledger() const { return ledger_; }
    /// Before it starts only.
    [[nodiscard]] ledger::Ledger& ledger_to_load() { return ledger_; }
    [[nodiscard]] router::Router& router() { return router_; }
    [[nodiscard]] sequencer::Sequencer& sequencer() { return sequencer_; }

    /// Its journal, when that is one of files.
    const journal::FileJournal* file_journal = nullptr;

    /// Until then (steady time) it is frozen: it does nothing, and nobody notices.
    std::chrono::nanoseconds frozen_until{0};

private:
    const NodeSerial serial_;
    const std::shared_ptr<Life> life_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<adapter::WalletNetwork> network_;
    ledger::Ledger ledger_;
    router::Router router_;
    sequencer::Sequencer sequencer_;
};

}  // namespace ayni::sim
