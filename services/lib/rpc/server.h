#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "adapter/gateway.h"
#include "adapter/wallet_adapter.h"
#include "base/clock.h"
#include "base/result.h"
#include "history/history.h"
#include "history/statements.h"
#include "identity/tokens.h"
#include "journal/journal.h"
#include "router/router.h"
#include "rpc/metrics.h"
#include "sequencer/sequencer.h"

namespace ayni::rpc {

/// How much the API takes at once. What is over a limit is refused at once with RESOURCE_EXHAUSTED
/// and a RetryInfo; nothing waits.
struct Limits {
    /// Payments, ledger transfers and other calls in work, of all callers.
    std::uint32_t items_in_flight = 262'144;
    /// The same, of one participant.
    std::uint32_t items_in_flight_per_participant = 131'072;
    /// Payments in work or with an answer unwritten on one StreamTransfers; beyond it the stream is
    /// not read.
    std::uint32_t stream_payments = 8'192;
    /// Requests, and transfers in them, in work on one StreamCreateTransfers.
    std::uint32_t stream_requests = 1'024;
    std::uint32_t stream_transfers = 65'536;
    /// GetTransfer calls of one participant; ListTransfers and GetStatement count as ten.
    std::uint32_t reads_per_second = 5'000;
    std::uint32_t reads_burst = 10'000;
    /// What gRPC may use for buffers.
    std::size_t memory_bytes = std::size_t{512} << 20U;
    int concurrent_streams_per_connection = 1'000;
};

struct Options {
    std::string listen;  ///< "127.0.0.1:7400"; port 0 takes a free one.
    /// Mutual TLS 1.3. Read again when they change; replace each by an atomic rename.
    std::filesystem::path ca_file;
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    /// No TLS, and identities from metadata. Refused unless `listen` is a loopback address.
    bool insecure_loopback = false;
    Limits limits;
    /// LedgerService calls of at most this many items are finished on the sequencer's thread, which
    /// saves a change of threads: on two cores, with the durable journal and 64 callers of one item
    /// each, 0.60 to 0.66 of the rate of an echo call became 0.68 to 0.82. Where there are cores to
    /// spare a thread of its own finishes them, so that the sequencer goes on meanwhile.
    std::uint32_t finish_at_once_items = std::thread::hardware_concurrency() <= 4 ? 16 : 0;
    /// How long calls in work may take to finish when the server stops.
    std::chrono::milliseconds drain{30'000};
    /// Hears of faults that callers are told of as INTERNAL only: a journal or a history that can
    /// not be read. Any thread. May be null.
    std::function<void(const base::Error& fault)> report_fault;
    /// HOST:PORT of the switch that leads, for callers of one that does not; empty when it is not
    /// known. Any thread. Null where one switch leads always.
    std::function<std::string()> leader;
};

/// The API: everything that has to do with gRPC on the institutions' side. Answers calls from
/// `start` until `stop`; every decision about money is a ledger command that it submits. The first
/// `start` of a process prepares it for gRPC, which main should have done (adapter/grpc_process.h).
class Server {
public:
    /// All outlive the server. The sequencer must run, or have stopped and abandoned its queues,
    /// from `start` until `stop` has returned.
    struct Parts {
        router::Router& router;
        sequencer::Sequencer& sequencer;
        const history::History& history;
        const history::Statements* statements;  ///< Null where no books are kept.
        const journal::CommandReader& commands;
        const adapter::WalletNetwork& network;
        adapter::Gateway* gateway;  ///< Null where no institution calls in order to be paid.
        const identity::Tokeniser& tokeniser;
        const base::Clock& clock;
    };

    Server(const Options& options, const Parts& parts);
    /// Stops, if it was not done.
    ~Server();

    /// Listens and serves, with gRPC health (for each service by its full name, and for "") and
    /// reflection. Once. An error names the option that is wrong.
    [[nodiscard]] base::Result<void> start();

    /// Health turns to NOT_SERVING, new calls get UNAVAILABLE, and those in work are finished;
    /// behind `Options::drain` their callers are told that they are cancelled. Returns when the
    /// last is over, which a payment is at its time-out, or when the sequencer stops and sends it
    /// away: whoever can not wait for the former stops the sequencer meanwhile. Institutions that
    /// called stay connected until then. Idempotent.
    void stop();

    /// The port it listens on, once started.
    [[nodiscard]] int port() const;

    /// Tells the switches that follow this one that `durable` is, and waits for them, for a second
    /// at most. Before anybody is answered for what is in it; one thread, started or not.
    void tell_followers(const journal::BatchHeader& durable);

    // Any thread: for metrics.

    /// Switches that are told.
    [[nodiscard]] std::size_t followers() const;
    [[nodiscard]] const Metrics& metrics() const;
    [[nodiscard]] std::uint32_t items_in_flight() const;
    [[nodiscard]] const Limits& limits() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::rpc
