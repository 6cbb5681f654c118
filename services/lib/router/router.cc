#include "router/router.h"

#include <algorithm>
#include <map>
#include <queue>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/mark.h"
#include "router/tellings.h"

namespace ayni::router {
namespace {

using std::chrono::nanoseconds;

/// Ids carry random bits, and nobody iterates in hash order.
struct IdHash {
    std::size_t operator()(const base::TransferId& id) const { return base::hash64(id, 0); }
};

ledger::ReasonCode reason_code(const adapter::Reason& reason) {
    ledger::ReasonCode code("MS03");  // not specified
    if (reason.size() == code.text.size()) {
        std::copy(reason.begin(), reason.end(), code.text.begin());
    }
    return code;
}

adapter::Decision decision_of(ledger::TransferState state) {
    switch (state) {
        case ledger::TransferState::committed: return adapter::Decision::committed;
        case ledger::TransferState::aborted: return adapter::Decision::aborted;
        case ledger::TransferState::returned: return adapter::Decision::returned;
        case ledger::TransferState::reserved:
        case ledger::TransferState::rejected: break;
    }
    UNREACHABLE("nobody is told of a transfer that is reserved or rejected");
}

adapter::OutcomeNotice notice_of(const ledger::TransferView& transfer) {
    adapter::OutcomeNotice notice;
    notice.id = transfer.record.id;
    notice.decision = decision_of(transfer.record.state);
    notice.reason = std::string(transfer.record.reason.view());
    if (transfer.live != nullptr) {
        notice.amount = transfer.live->amount();
        notice.currency = transfer.live->currency;
    }
    notice.decided_at = transfer.record.decided_at;
    notice.decided_sequence = transfer.record.decided_sequence;
    return notice;
}

ledger::Outcome outcome_of(const ledger::RememberedTransfer& record) {
    return {.status = record.status,
            .state = record.state,
            .reason = record.reason,
            .replayed = false,
            .decided_sequence = record.decided_sequence,
            .decided_at = record.decided_at};
}

adapter::AcceptRequest accept_request_of(const Payment& payment) {
    return {.id = payment.id,
            .payer_participant = payment.payer_code,
            .payer_account = payment.payer_account,
            .payee_account = payment.payee_account,
            .amount = payment.amount,
            .currency = payment.currency,
            .end_to_end_id = payment.end_to_end_id,
            .purpose = payment.purpose,
            .remittance_text = payment.remittance_text,
            .remaining = payment.timeout};
}

void add_command(ledger::CommandBuffer& commands, const Payment& payment) {
    ledger::CreateTransfer create;
    create.id = payment.id;
    create.initiator = payment.payer;
    create.payee = payment.payee;
    create.timeout_ms = static_cast<std::uint32_t>(payment.timeout.count());
    create.currency = payment.currency;
    create.type = ledger::TransferType::payment;
    const ledger::CommandPosting principal{
        .debit =
            ledger::system_account(payment.payer, ledger::AccountKind::position, payment.currency),
        .credit =
            ledger::system_account(payment.payee, ledger::AccountKind::position, payment.currency),
        .amount = payment.amount.minor_units()};
    commands.add(create, std::span(&principal, 1), &payment.details);
}

/// A reply that denies what the same institution said before, rather than one that came late.
bool is_contradiction(ledger::CommandView command, const ledger::Outcome& outcome) {
    switch (outcome.status) {
        case ledger::Status::already_aborted:
            return command.kind() == ledger::CommandKind::commit_transfer &&
                   outcome.reason != ledger::ReasonCode("AB05") &&
                   outcome.reason != ledger::ReasonCode("AB08");
        case ledger::Status::already_committed:
            return command.kind() == ledger::CommandKind::abort_transfer;
        case ledger::Status::already_returned: return true;
        case ledger::Status::not_committed:
        case ledger::Status::outcome_already_acknowledged:
            return command.kind() == ledger::CommandKind::refuse_committed;
        default: return false;
    }
}

bool is_unknown(const ledger::Outcome& outcome) {
    return outcome.status == ledger::Status::transfer_unknown ||
           outcome.status == ledger::Status::not_authorised;
}

constexpr nanoseconds outbox_pause = std::chrono::milliseconds(20);

}  // namespace

struct Router::State {
    State(const Options& given_options, adapter::WalletNetwork& given_network,
          const base::Clock& given_clock)
        : options(given_options), network(given_network), clock(given_clock) {}

    /// A payment whose caller waits for its final state.
    struct Waiter {
        std::uint64_t serial = 0;
        std::unique_ptr<Payment> payment;
    };
    struct InFlight {
        Stage stage = Stage::queued;
        std::vector<Waiter> waiters;
    };
    struct AnswerDue {
        nanoseconds due{0};
        std::uint64_t serial = 0;
        base::TransferId id;
        friend bool operator>(const AnswerDue& a, const AnswerDue& b) {
            return std::pair(a.due, a.serial) > std::pair(b.due, b.serial);
        }
    };
    class PaySubmission;
    class ProgressSubmission;
    class Reconnected;

    const Options options;
    adapter::WalletNetwork& network;
    const base::Clock& clock;
    sequencer::Sequencer* sequencer = nullptr;
    Statistics statistics;

    // Below: the sequencer's thread only.

    const ledger::Ledger* ledger = nullptr;  ///< Null until replay is over.
    std::unordered_map<base::TransferId, InFlight, IdHash> in_flight;
    std::priority_queue<AnswerDue, std::vector<AnswerDue>, std::greater<>> answers_due;
    std::uint64_t last_serial = 0;
    /// Decided in the batch in hand; answered and told once the batch is over.
    std::vector<ledger::RememberedTransfer> decided;
    Tellings tellings;
    /// What is to be told to institutions that are not connected.
    std::map<base::ParticipantId, std::vector<Tellings::Entry>> parked;
    /// Aborts of our own that found the progress lane full.
    std::vector<ledger::AbortTransfer> unsubmitted;

    template <typename Command>
    [[nodiscard]] bool submit(const Command& command);
    void begin(std::unique_ptr<Payment> payment, const ledger::Outcome& outcome,
               base::Sequence as_of);
    void answer(const Payment& payment, const ledger::Outcome& outcome, base::Sequence as_of);
    void offer(const Payment& payment, InFlight& flight, bool was_offered_before);
    void abort_unreachable(const base::TransferId& id, bool payee_was_asked);
    void retry_unsubmitted();
    void answer_waiters(const ledger::RememberedTransfer& record);
    [[nodiscard]] std::unique_ptr<Payment> take_next_waiting();
    void answer_due(nanoseconds now);
    void abandon_waiters();
    void tell_untold(const ledger::TransferView& transfer, nanoseconds now);
    void tell(Tellings::Entry entry, nanoseconds now);
    void tell_due(nanoseconds now);
    void take_in_reply(ledger::CommandView command, const ledger::Outcome& outcome);
    void reconnected(base::ParticipantId participant);
    [[nodiscard]] nanoseconds pause_after(std::uint32_t attempt) const;
};

/// New payments on their way to the ledger. Owns itself once it is submitted.
class Router::State::PaySubmission final : public sequencer::Submission {
public:
    PaySubmission(State& state, std::vector<std::unique_ptr<Payment>> payments)
        : state_(state), payments_(std::move(payments)) {
        for (const auto& payment : payments_) add_command(commands, *payment);
    }

    void applied(base::Sequence as_of) override {
        const std::unique_ptr<PaySubmission> self(this);
        for (std::size_t i = 0; i < payments_.size(); ++i) {
            state_.begin(std::move(payments_[i]), outcomes[i], as_of);
        }
    }

    void abandoned() override {
        const std::unique_ptr<PaySubmission> self(this);
        for (const auto& payment : payments_) {
            state_.statistics.payments_in_flight.fetch_sub(1, std::memory_order_relaxed);
            payment->abandoned();
        }
    }

    [[nodiscard]] std::vector<std::unique_ptr<Payment>> take_back() { return std::move(payments_); }

private:
    State& state_;
    std::vector<std::unique_ptr<Payment>> payments_;
};

/// A reply of an institution on its way to the ledger. Owns itself once it is submitted.
class Router::State::ProgressSubmission final : public sequencer::Submission {
public:
    explicit ProgressSubmission(State& state) : state_(state) {}

    void applied(base::Sequence /*as_of*/) override {
        const std::unique_ptr<ProgressSubmission> self(this);
        const auto command = ledger::CommandView::read(commands.bytes());
        ASSERT(command.has_value());
        state_.take_in_reply(*command, outcomes[0]);
    }

    void abandoned() override { const std::unique_ptr<ProgressSubmission> self(this); }

private:
    State& state_;
};

/// Brings the news of a link that is up to the sequencer's thread.
class Router::State::Reconnected final : public sequencer::Query {
public:
    Reconnected(State& state, base::ParticipantId participant)
        : state_(state), participant_(participant) {}

    void run(const ledger::Ledger& /*ledger*/) override {
        const std::unique_ptr<Reconnected> self(this);
        state_.reconnected(participant_);
    }
    void abandoned() override { const std::unique_ptr<Reconnected> self(this); }

private:
    State& state_;
    base::ParticipantId participant_;
};

template <typename Command>
bool Router::State::submit(const Command& command) {
    auto submission = std::make_unique<ProgressSubmission>(*this);
    submission->commands.add(command);
    if (!sequencer->submit(submission.get(), sequencer::Lane::progress)) return false;
    static_cast<void>(submission.release());
    return true;
}

void Router::State::answer(const Payment& payment, const ledger::Outcome& outcome,
                           base::Sequence as_of) {
    statistics.payments_in_flight.fetch_sub(1, std::memory_order_relaxed);
    payment.answer(outcome, as_of);
}

void Router::State::begin(std::unique_ptr<Payment> payment, const ledger::Outcome& outcome,
                          base::Sequence as_of) {
    if (outcome.status != ledger::Status::ok || outcome.state != ledger::TransferState::reserved) {
        answer(*payment, outcome, as_of);
        return;
    }
    const auto [at, is_new] = in_flight.try_emplace(payment->id);
    InFlight& flight = at->second;
    // A repeat of one that this process did not offer (it was reserved before a restart, and the
    // journal holds no payee's account to offer it with) brings what is needed to offer it again.
    if (is_new) {
        // An earlier process may have offered it already, so its payee counts as asked.
        if (outcome.replayed) MARK("router.offered_again_after_restart");
        offer(*payment, flight, outcome.replayed);
    }
    const std::uint64_t serial = ++last_serial;
    answers_due.push({.due = payment->answer_by, .serial = serial, .id = payment->id});
    flight.waiters.push_back({.serial = serial, .payment = std::move(payment)});
}

void Router::State::offer(const Payment& payment, InFlight& flight, bool was_offered_before) {
    if (network.send_accept(payment.payee, accept_request_of(payment))) {
        FAULT_POINT("router.accept_sent");
        flight.stage = Stage::sent;
        statistics.accepts_sent.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    MARK("router.payee_not_reachable");
    statistics.accepts_unsendable.fetch_add(1, std::memory_order_relaxed);
    abort_unreachable(payment.id, was_offered_before);
}

void Router::State::abort_unreachable(const base::TransferId& id, bool payee_was_asked) {
    const ledger::AbortTransfer abort{.id = id,
                                      .by = ledger::hub,
                                      .reason = ledger::ReasonCode("AB08"),
                                      .payee_was_asked = payee_was_asked ? 1U : 0U,
                                      .reserved = 0};
    if (submit(abort)) return;
    MARK("router.abort_waits_for_its_lane");
    unsubmitted.push_back(abort);
}

void Router::State::retry_unsubmitted() {
    while (!unsubmitted.empty() && submit(unsubmitted.back())) unsubmitted.pop_back();
}

void Router::State::answer_waiters(const ledger::RememberedTransfer& record) {
    const auto found = in_flight.find(record.id);
    if (found == in_flight.end()) return;
    const InFlight flight = std::move(found->second);
    in_flight.erase(found);
    for (const Waiter& waiter : flight.waiters) {
        answer(*waiter.payment, outcome_of(record), ledger->last_sequence());
    }
}

/// Removes the caller who wants an answer first; null when it was answered already.
std::unique_ptr<Payment> Router::State::take_next_waiting() {
    const AnswerDue due = answers_due.top();
    answers_due.pop();
    const auto found = in_flight.find(due.id);
    if (found == in_flight.end()) return nullptr;
    auto& waiters = found->second.waiters;
    const auto waiter = std::find_if(waiters.begin(), waiters.end(),
                                     [&](const Waiter& one) { return one.serial == due.serial; });
    if (waiter == waiters.end()) return nullptr;
    std::unique_ptr<Payment> payment = std::move(waiter->payment);
    waiters.erase(waiter);
    return payment;
}

void Router::State::abandon_waiters() {
    while (!answers_due.empty()) {
        const std::unique_ptr<Payment> payment = take_next_waiting();
        if (payment == nullptr) continue;
        MARK("router.caller_abandoned");
        statistics.payments_in_flight.fetch_sub(1, std::memory_order_relaxed);
        payment->abandoned();
    }
}

void Router::State::answer_due(nanoseconds now) {
    while (!answers_due.empty() && answers_due.top().due <= now) {
        const std::unique_ptr<Payment> payment = take_next_waiting();
        if (payment == nullptr) continue;
        const auto transfer = ledger->find_transfer(payment->id);
        ASSERT(transfer.has_value());
        MARK("router.answered_before_final");
        answer(*payment, outcome_of(transfer->record), ledger->last_sequence());
    }
}

nanoseconds Router::State::pause_after(std::uint32_t attempt) const {
    constexpr std::uint32_t most_doublings = 20;
    const nanoseconds pause = options.retell_after * (1LL << std::min(attempt, most_doublings));
    return std::min<nanoseconds>(pause, options.retell_at_most);
}

void Router::State::tell_untold(const ledger::TransferView& transfer, nanoseconds now) {
    if (transfer.live == nullptr || transfer.live->state == ledger::TransferState::reserved) return;
    const auto entry_for = [&](base::ParticipantId to) {
        return Tellings::Entry{.due = now, .id = transfer.record.id, .to = to, .attempt = 0};
    };
    if (transfer.live->payee_untold) tell(entry_for(transfer.record.payee), now);
    if (transfer.live->payer_untold) tell(entry_for(transfer.record.initiator), now);
}

void Router::State::tell(Tellings::Entry entry, nanoseconds now) {
    const auto transfer = ledger->find_transfer(entry.id);
    if (!transfer || transfer->live == nullptr) return;
    const bool is_payee = entry.to == transfer->record.payee;
    if (!(is_payee ? transfer->live->payee_untold : transfer->live->payer_untold)) return;
    if (!network.is_connected(entry.to)) {
        MARK("router.outcome_parked");
        parked[entry.to].push_back(entry);
        return;
    }
    if (!network.send_outcome(entry.to, notice_of(*transfer))) {
        MARK("router.outbox_is_full");
        entry.due = now + outbox_pause;
        tellings.add(entry);
        return;
    }
    if (entry.attempt == 0) {
        statistics.outcomes_told.fetch_add(1, std::memory_order_relaxed);
    } else {
        MARK("router.outcome_told_again");
        statistics.outcomes_retold.fetch_add(1, std::memory_order_relaxed);
    }
    entry.due = now + pause_after(entry.attempt);
    ++entry.attempt;
    tellings.add(entry);
}

void Router::State::tell_due(nanoseconds now) {
    for (std::size_t told = 0; told < options.retell_burst && tellings.next_due() <= now; ++told) {
        tell(tellings.take(), now);
    }
}

void Router::State::reconnected(base::ParticipantId participant) {
    const auto found = parked.find(participant);
    if (found == parked.end()) return;
    MARK("router.parked_outcomes_told");
    const nanoseconds now = clock.steady();
    for (Tellings::Entry entry : found->second) {
        entry.due = now;
        tellings.add(entry);
    }
    parked.erase(found);
}

void Router::State::take_in_reply(ledger::CommandView command, const ledger::Outcome& outcome) {
    if (is_contradiction(command, outcome)) {
        MARK("router.contradiction");
        statistics.contradictions.fetch_add(1, std::memory_order_relaxed);
    }
    if (is_unknown(outcome)) {
        MARK("router.reply_about_nothing");
        statistics.unknown_replies.fetch_add(1, std::memory_order_relaxed);
    }
    const bool is_late = command.kind() == ledger::CommandKind::commit_transfer &&
                         outcome.status == ledger::Status::already_aborted;
    if (!is_late) return;
    // It accepted what is aborted. It will be told until it acknowledges; when it has done so
    // already, once more, or it would hold the money for ever.
    MARK("router.accepted_too_late");
    const auto& body = command.as<ledger::CommitTransfer>();
    const auto transfer = ledger->find_transfer(body.id);
    if (transfer && transfer->live == nullptr) {
        MARK("router.told_once_more");
        static_cast<void>(network.send_outcome(body.by, notice_of(*transfer)));
    }
}

Router::Router(const Options& options, adapter::WalletNetwork& network, const base::Clock& clock)
    : state_(std::make_unique<State>(options, network, clock)) {}

Router::~Router() = default;

void Router::attach(sequencer::Sequencer& sequencer) { state_->sequencer = &sequencer; }

bool Router::pay(std::unique_ptr<Payment>& payment) {
    std::vector<std::unique_ptr<Payment>> payments;
    payments.push_back(std::move(payment));
    const bool taken = pay(payments);
    if (!taken) payment = std::move(payments.front());
    return taken;
}

bool Router::pay(std::vector<std::unique_ptr<Payment>>& payments) {
    ASSERT(!payments.empty());
    const std::size_t count = payments.size();
    state_->statistics.payments_in_flight.fetch_add(count, std::memory_order_relaxed);
    auto submission = std::make_unique<State::PaySubmission>(*state_, std::move(payments));
    if (state_->sequencer->submit(submission.get(), sequencer::Lane::admission)) {
        static_cast<void>(submission.release());
        return true;
    }
    state_->statistics.payments_in_flight.fetch_sub(count, std::memory_order_relaxed);
    payments = submission->take_back();
    return false;
}

Stage Router::stage_of(const base::TransferId& id) const {
    const auto found = state_->in_flight.find(id);
    return found == state_->in_flight.end() ? Stage::none : found->second.stage;
}

bool Router::accepted(base::ParticipantId by, const base::TransferId& id) {
    return state_->submit(ledger::CommitTransfer{.id = id, .by = by, .reserved = 0});
}

bool Router::refused(base::ParticipantId by, const base::TransferId& id,
                     const adapter::Reason& reason) {
    return state_->submit(ledger::AbortTransfer{
        .id = id, .by = by, .reason = reason_code(reason), .payee_was_asked = 1, .reserved = 0});
}

bool Router::acknowledged(base::ParticipantId by, const base::TransferId& id) {
    return state_->submit(ledger::AcknowledgeOutcome{.id = id, .by = by, .reserved = 0});
}

bool Router::refused_after_commit(base::ParticipantId by, const base::TransferId& id,
                                  const adapter::Reason& reason) {
    return state_->submit(
        ledger::RefuseCommitted{.id = id, .by = by, .reason = reason_code(reason)});
}

bool Router::connected(base::ParticipantId participant) {
    auto query = std::make_unique<State::Reconnected>(*state_, participant);
    if (!state_->sequencer->query(query.get())) return false;
    static_cast<void>(query.release());
    return true;
}

void Router::transfer_changed(const ledger::TransferView& transfer) {
    State& state = *state_;
    if (state.ledger == nullptr || transfer.record.type != ledger::TransferType::payment) return;
    const auto count = [](std::atomic<std::uint64_t>& counter) {
        counter.fetch_add(1, std::memory_order_relaxed);
    };
    switch (transfer.record.state) {
        case ledger::TransferState::reserved: return;
        case ledger::TransferState::rejected: count(state.statistics.rejected); return;
        case ledger::TransferState::committed: count(state.statistics.committed); break;
        case ledger::TransferState::aborted: count(state.statistics.aborted); break;
        case ledger::TransferState::returned: count(state.statistics.returned); break;
    }
    state.decided.push_back(transfer.record);
}

void Router::outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                                  base::ParticipantId /*by*/) {}

void Router::replayed(const ledger::Ledger& ledger) {
    State& state = *state_;
    state.ledger = &ledger;
    ledger.for_each_live(
        [](const ledger::TransferView& transfer, void* context) {
            auto& into = *static_cast<State*>(context);
            into.tell_untold(transfer, into.clock.steady());
        },
        &state);
}

void Router::batch_applied(const ledger::Ledger& ledger) {
    State& state = *state_;
    const nanoseconds now = state.clock.steady();
    for (const ledger::RememberedTransfer& record : state.decided) {
        FAULT_POINT("router.decided");
        state.answer_waiters(record);
        if (const auto transfer = ledger.find_transfer(record.id)) {
            state.tell_untold(*transfer, now);
        }
    }
    state.decided.clear();
    const ledger::Ledger::Usage usage = ledger.usage();
    state.statistics.unacknowledged.store(usage.live_transfers - usage.reserved_transfers,
                                          std::memory_order_relaxed);
}

void Router::run_due(const ledger::Ledger& /*ledger*/, nanoseconds steady_now) {
    state_->answer_due(steady_now);
    state_->tell_due(steady_now);
    state_->retry_unsubmitted();
}

nanoseconds Router::next_due() const {
    const State& state = *state_;
    if (!state.unsubmitted.empty()) return state.clock.steady();
    nanoseconds due = state.tellings.next_due();
    if (!state.answers_due.empty()) due = std::min(due, state.answers_due.top().due);
    return due;
}

void Router::stopped() { state_->abandon_waiters(); }

const Router::Statistics& Router::statistics() const { return state_->statistics; }

}  // namespace ayni::router
