#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>

#include "rpc/core.h"

/// A unary call from its arrival to its end. Private to this library.
namespace ayni::rpc {

/// What all unary calls do: authorise, find the caller in the ledger, take room, count, finish.
///
/// Not a reactor of its own: gRPC hands the end of a call with one over to another thread, that of
/// the default reactor it deals with at once (0.61 of the rate of an echo became 0.75).
class UnaryCall {
public:
    UnaryCall(const UnaryCall&) = delete;
    UnaryCall& operator=(const UnaryCall&) = delete;

    /// Checks the caller, then calls `admitted`, or finishes with an error. What is returned is for
    /// gRPC; the call itself may be over by then.
    [[nodiscard]] grpc::ServerUnaryReactor* begin(grpc::CallbackServerContext& context);

    /// Exactly once, on any thread. Destroys the call.
    void finish();
    void finish(const ErrorDetail& error);

    [[nodiscard]] Core& core() { return core_; }
    [[nodiscard]] const Caller& caller() const { return caller_; }

protected:
    /// `items` is how much room it takes: the transfers that it carries.
    UnaryCall(Core& core, Rpc rpc, std::uint32_t items);
    virtual ~UnaryCall();

    virtual void admitted() = 0;

private:
    void admit();
    void end(grpc::StatusCode code, const grpc::Status& status);

    grpc::ServerUnaryReactor* reactor_ = nullptr;
    Core& core_;
    const Rpc rpc_;
    const std::uint32_t items_;
    const std::chrono::nanoseconds started_;
    Caller caller_;
    Ticket ticket_;
};

/// Looks up `caller` in the ledger and calls `then` on the completion thread: with an error when
/// there is no such participant or the switch is stopping. `caller` outlives that.
void find_participant_of(Core& core, Caller& caller,
                         std::function<void(std::optional<ErrorDetail>)> then);

/// A call that is written as a chain of steps, for everything that is not on the hot path.
class Call final : public UnaryCall,
                   private sequencer::Submission,
                   private sequencer::Query,
                   private Completable {
public:
    using Step = std::function<void(Call&)>;

    /// `body` runs once the caller is admitted; the chain that it starts ends in `finish`.
    static grpc::ServerUnaryReactor* start(Core& core, grpc::CallbackServerContext& context,
                                           Rpc rpc, Step body);

    using sequencer::Submission::commands;
    using sequencer::Submission::outcomes;
    /// Of the last `submit` or `look`.
    [[nodiscard]] base::Sequence as_of() const { return as_of_; }
    /// Of a submission of one command.
    [[nodiscard]] const ledger::Outcome& outcome() const;

    /// Has `commands` applied, then goes on with `then` on the completion thread.
    void submit(Step then);
    /// The same for one command; a refusal finishes the call.
    void submit_one(Step then);
    /// Runs `at_ledger` on the sequencer's thread, then `then` on the completion thread.
    void look(std::function<void(const ledger::Ledger&)> at_ledger, Step then);
    /// Runs `task` on a thread that may wait for a disk.
    void work(Step task);
    /// Runs `task` on a thread that may wait for history.
    void work_with_history(Step task);

private:
    Call(Core& core, Rpc rpc, Step body) : UnaryCall(core, rpc, 1), step_(std::move(body)) {}
    void admitted() override;
    void go_on();
    void work_on(WorkerPool& pool, Step task);
    void applied(base::Sequence as_of) override;
    void run(const ledger::Ledger& ledger) override;
    void abandoned() override;
    void complete() override;

    Step step_;
    std::function<void(const ledger::Ledger&)> at_ledger_;
    base::Sequence as_of_;
    bool was_abandoned_ = false;
};

}  // namespace ayni::rpc
