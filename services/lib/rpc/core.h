#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "rpc/completion.h"
#include "rpc/errors.h"
#include "rpc/participants.h"
#include "rpc/server.h"
#include "rpc/worker_pool.h"

/// What all services share. Private to this library.
namespace ayni::rpc {

/// A stream that is asked to end when the server stops.
class Drainable {
public:
    /// Reads no more, answers what is in work, ends. Any thread.
    virtual void drain() = 0;

protected:
    ~Drainable() = default;
};

/// The open streams. Thread-safe; `remove` waits for a `drain` of that stream that is under way.
class OpenStreams {
public:
    void add(Drainable* stream) {
        const std::lock_guard lock(mutex_);
        streams_.insert(stream);
    }
    void remove(Drainable* stream) {
        const std::lock_guard lock(mutex_);
        streams_.erase(stream);
    }
    [[nodiscard]] bool empty() const {
        const std::lock_guard lock(mutex_);
        return streams_.empty();
    }
    void drain_all() {
        const std::lock_guard lock(mutex_);
        for (Drainable* stream : streams_) stream->drain();
    }

private:
    mutable std::mutex mutex_;
    std::set<Drainable*> streams_;
};

struct Core {
    static constexpr std::size_t history_threads = 4;

    Core(const Options& with, const Server::Parts& of)
        : options(with),
          parts(of),
          in_flight(with.limits.items_in_flight),
          participants(with.limits.items_in_flight_per_participant, with.limits.reads_per_second,
                       with.limits.reads_burst),
          workers(2, 4'096),
          history_workers(history_threads, 4'096) {}

    const Options options;
    const Server::Parts parts;
    InFlight in_flight;
    Participants participants;
    OpenStreams streams;
    OpenStreams gateways;  // apart: calls in work need them
    Metrics metrics;
    std::atomic<bool> is_stopping{false};
    std::atomic<std::uint64_t> open_calls{0};
    Completion completion;
    WorkerPool workers;          // the journal
    WorkerPool history_workers;  // apart: a database that stands still holds up nothing else

    [[nodiscard]] std::chrono::nanoseconds now() const { return parts.clock.steady(); }
    [[nodiscard]] IdentitySource identity_source() const {
        return options.insecure_loopback ? IdentitySource::metadata : IdentitySource::certificate;
    }
};

/// Who calls, once that is known to be allowed.
struct Caller {
    Role role = Role::participant;
    std::string name;
    /// Of a participant; null until it was met in the ledger.
    Participants::Entry* participant = nullptr;

    [[nodiscard]] base::ParticipantId id() const {
        return participant == nullptr ? base::ParticipantId() : participant->id;
    }
    /// Participants see what is theirs; operators and auditors see all.
    [[nodiscard]] bool sees_all() const { return role != Role::participant; }
};

/// Why the sequencer takes nothing now: this process stops or does not lead, the journal does not
/// answer, or too much is in work.
[[nodiscard]] ErrorDetail refusal(const Core& core);

/// Checks who calls and whether that role may; the error otherwise. The participant is looked up in
/// the directory only.
[[nodiscard]] tl::expected<Caller, ErrorDetail> authorise(Core& core,
                                                          const grpc::ServerContextBase& context,
                                                          Rpc rpc);

/// Of a caller whose certificate names a participant that the ledger does not have.
[[nodiscard]] ErrorDetail unknown_participant(const Caller& caller);

/// Room in the limits of the server and of the participant (if any) for `items`. False, and nothing
/// taken, when there is too little.
[[nodiscard]] bool try_enter(Core& core, Participants::Entry* participant, std::uint32_t items);
void leave(Core& core, Participants::Entry* participant, std::uint32_t items);

/// The same, given back when it goes.
class Ticket {
public:
    Ticket() = default;
    ~Ticket() { release(); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// False, and nothing held, when a limit is reached. Once.
    [[nodiscard]] bool try_take(Core& core, Participants::Entry* participant, std::uint32_t items);
    void release();

private:
    Core* core_ = nullptr;
    Participants::Entry* participant_ = nullptr;
    std::uint32_t items_ = 0;
};

}  // namespace ayni::rpc
