#include "rpc/call.h"

#include <utility>

namespace ayni::rpc {
namespace {

/// What the reads of history take out of a participant's budget; zero for all others.
std::uint32_t read_cost_of(Rpc rpc) {
    if (rpc == Rpc::get_transfer) return 1;
    if (rpc == Rpc::list_transfers || rpc == Rpc::get_statement) return 10;
    return 0;
}

/// Reads are refused first: over the participant's budget, and when the server is nearly full.
bool may_read(Core& core, Rpc rpc, Participants::Entry* participant) {
    const std::uint32_t cost = read_cost_of(rpc);
    if (cost == 0) return true;
    if (core.in_flight.is_busy()) return false;
    return participant == nullptr || participant->reads.try_take(cost, core.now());
}

/// What ends reservations is let in over every limit: it makes room.
bool needs_room(Rpc rpc) {
    return rpc != Rpc::commit_ledger_transfers && rpc != Rpc::abort_ledger_transfers;
}

class ParticipantLook final : public sequencer::Query, public Completable {
public:
    ParticipantLook(Core& core, Caller& caller,
                    std::function<void(std::optional<ErrorDetail>)> then)
        : core_(core), caller_(caller), then_(std::move(then)) {}

    void run(const ledger::Ledger& ledger) override {
        caller_.participant = core_.participants.find_or_remember(ledger, caller_.name);
        if (caller_.participant == nullptr) error_ = unknown_participant(caller_);
        core_.completion.push(this);
    }
    void abandoned() override {
        error_ = stopping();
        core_.completion.push(this);
    }
    void complete() override {
        then_(std::move(error_));
        delete this;
    }

private:
    Core& core_;
    Caller& caller_;
    std::function<void(std::optional<ErrorDetail>)> then_;
    std::optional<ErrorDetail> error_;
};

}  // namespace

void find_participant_of(Core& core, Caller& caller,
                         std::function<void(std::optional<ErrorDetail>)> then) {
    auto look = std::make_unique<ParticipantLook>(core, caller, std::move(then));
    if (core.parts.sequencer.query(look.get())) {
        static_cast<void>(look.release());  // destroys itself
    } else {
        look->abandoned();
        static_cast<void>(look.release());
    }
}

UnaryCall::UnaryCall(Core& core, Rpc rpc, std::uint32_t items)
    : core_(core), rpc_(rpc), items_(items), started_(core.now()) {
    core_.open_calls.fetch_add(1, std::memory_order_relaxed);
}

UnaryCall::~UnaryCall() { core_.open_calls.fetch_sub(1, std::memory_order_release); }

grpc::ServerUnaryReactor* UnaryCall::begin(grpc::CallbackServerContext& context) {
    grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
    reactor_ = reactor;
    auto caller = authorise(core_, context, rpc_);
    if (!caller) {
        finish(caller.error());
        return reactor;
    }
    caller_ = std::move(*caller);
    if (caller_.role != Role::participant || caller_.participant != nullptr) {
        admit();
        return reactor;
    }
    find_participant_of(core_, caller_, [this](std::optional<ErrorDetail> error) {
        error ? finish(*error) : admit();
    });
    return reactor;
}

void UnaryCall::admit() {
    if (!may_read(core_, rpc_, caller_.participant)) return finish(reads_limited());
    if (needs_room(rpc_) && !ticket_.try_take(core_, caller_.participant, std::max(1U, items_))) {
        return finish(overloaded());
    }
    admitted();
}

void UnaryCall::end(grpc::StatusCode code, const grpc::Status& status) {
    core_.metrics.count(rpc_, code, items_, core_.now() - started_);
    ticket_.release();
    reactor_->Finish(status);  // which serialises the response, so nothing of the call is needed
    delete this;
}

void UnaryCall::finish() { end(grpc::StatusCode::OK, grpc::Status::OK); }

void UnaryCall::finish(const ErrorDetail& error) { end(error.code, to_grpc_status(error)); }

grpc::ServerUnaryReactor* Call::start(Core& core, grpc::CallbackServerContext& context, Rpc rpc,
                                      Step body) {
    return (new Call(core, rpc, std::move(body)))->begin(context);
}

const ledger::Outcome& Call::outcome() const {
    ASSERT(outcomes.size() == 1);
    return outcomes.front();
}

void Call::admitted() { go_on(); }

void Call::go_on() {
    const Step step = std::exchange(step_, nullptr);  // it sets the next one
    step(*this);
}

void Call::submit(Step then) {
    step_ = std::move(then);
    if (!core().parts.sequencer.submit(this, sequencer::Lane::admission)) finish(refusal(core()));
}

void Call::submit_one(Step then) {
    ASSERT(commands.count() == 1);
    submit([then = std::move(then)](Call& call) {
        const ledger::Outcome& outcome = call.outcome();
        if (outcome.status != ledger::Status::ok)
            return call.finish(error_of(outcome, call.as_of()));
        then(call);
    });
}

void Call::look(std::function<void(const ledger::Ledger&)> at_ledger, Step then) {
    at_ledger_ = std::move(at_ledger);
    step_ = std::move(then);
    if (!core().parts.sequencer.query(this)) finish(overloaded());
}

void Call::work(Step task) { work_on(core().workers, std::move(task)); }

void Call::work_with_history(Step task) { work_on(core().history_workers, std::move(task)); }

void Call::work_on(WorkerPool& pool, Step task) {
    step_ = std::move(task);
    if (!pool.submit([this] { go_on(); })) finish(overloaded());
}

void Call::applied(base::Sequence as_of) {
    as_of_ = as_of;
    core().completion.push(this);
}

void Call::run(const ledger::Ledger& ledger) {
    as_of_ = ledger.last_sequence();
    at_ledger_(ledger);
    core().completion.push(this);
}

void Call::abandoned() {
    was_abandoned_ = true;
    core().completion.push(this);
}

void Call::complete() {
    if (was_abandoned_) return finish(stopping());
    go_on();
}

}  // namespace ayni::rpc
