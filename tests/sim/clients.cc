#include "sim/clients.h"

namespace ayni::sim {
namespace {

using namespace std::chrono_literals;
using ledger::Status;
using ledger::TransferState;
using std::chrono::nanoseconds;

constexpr std::uint32_t most_attempts_for_now = 4;

}  // namespace

/// Raw commands on their way. Destroys itself when it is over.
class Clients::Errand final : public sequencer::Submission {
public:
    Errand(Clients& clients, std::shared_ptr<Life> life, std::vector<std::size_t> indices)
        : clients_(clients), life_(std::move(life)), indices_(std::move(indices)) {
        for (const std::size_t index : indices_) commands.add(clients_.asks_[index]->view());
    }

    void applied(base::Sequence as_of) override {
        const std::unique_ptr<Errand> self(this);
        if (!life_->is_there) return;
        for (std::size_t i = 0; i < indices_.size(); ++i) {
            clients_.answered(*life_, indices_[i], outcomes[i], as_of);
        }
    }
    void abandoned() override {
        const std::unique_ptr<Errand> self(this);
        if (life_->is_there) clients_.trace_.add("abandoned", {}, indices_.front());
    }

private:
    Clients& clients_;
    std::shared_ptr<Life> life_;
    std::vector<std::size_t> indices_;
};

/// A look at somebody's position. Destroys itself when it is over.
class Clients::Look final : public sequencer::Query {
public:
    Look(Clients& clients, base::ParticipantId participant, base::Currency currency)
        : clients_(clients), participant_(participant), currency_(currency) {}

    void run(const ledger::Ledger& ledger) override {
        const std::unique_ptr<Look> self(this);
        const auto position = ledger.position(participant_, currency_);
        if (!position) return;
        ++clients_.counts_.looks;
        clients_.trace_.add("looks", {}, participant_.value(),
                            static_cast<std::uint64_t>(position->available));
        clients_.auditor_.saw(participant_, currency_, *position, ledger.last_sequence());
    }
    void abandoned() override { const std::unique_ptr<Look> self(this); }

private:
    Clients& clients_;
    base::ParticipantId participant_;
    base::Currency currency_;
};

void Clients::look() {
    Node* node = door_();
    if (node == nullptr) return;
    auto query = std::make_unique<Look>(*this, someone(), some_currency());
    if (node->sequencer().query(query.get())) {
        static_cast<void>(query.release());
    } else {
        faults_.happened(Fault::queue_full);
    }
}

Clients::Ask& Clients::add(Ask ask) {
    const std::size_t index = asks_.size();
    asks_.push_back(std::make_unique<Ask>(std::move(ask)));
    Ask& added = *asks_.back();
    auditor_.asked(added.view());
    ++counts_.requests;
    ++unanswered_;
    added.is_given_up = gives_up_ && faults_.strikes(Fault::request_abandoned);
    // A request that travels for long is overtaken by others, and by its own repetitions.
    const bool is_delayed = faults_.strikes(Fault::request_delayed);
    send_later(index, is_delayed ? nanoseconds(random_.below(500'000'000)) : 0ns);
    if (faults_.strikes(Fault::request_repeated)) {
        send_later(index, nanoseconds(random_.below(1'000'000'000)));
    }
    return added;
}

void Clients::send_later(std::size_t index, nanoseconds delay, bool is_retry) {
    due_.emplace(clock_.steady() + delay, Due{.index = index, .is_retry = is_retry});
}

nanoseconds Clients::next_due() const {
    return due_.empty() ? nanoseconds::max() : due_.begin()->first;
}

bool Clients::deliver() {
    constexpr std::size_t most_together = 4;
    std::vector<std::size_t> together;
    bool any = false;
    while (!due_.empty() && due_.begin()->first <= clock_.steady()) {
        const auto [index, is_retry] = due_.begin()->second;
        due_.erase(due_.begin());
        const Ask& ask = *asks_[index];
        if (is_retry && ask.is_answered) continue;
        any = true;
        if (!together.empty()) {
            const Ask& first = *asks_[together.front()];
            const bool go_together = (first.payment == nullptr) == (ask.payment == nullptr) &&
                                     first.lane == ask.lane && together.size() < most_together &&
                                     random_.one_in(3);
            if (!go_together) {
                send(together);
                together.clear();
            }
        }
        together.push_back(index);
    }
    if (!together.empty()) send(together);
    return any;
}

void Clients::send(const std::vector<std::size_t>& indices) {
    Node* node = door_();
    for (const std::size_t index : indices) {
        ++asks_[index]->attempts;
        expect_answer(index);
    }
    if (node == nullptr) return;
    const bool are_payments = asks_[indices.front()]->payment != nullptr;
    are_payments ? send_payments(*node, indices) : send_commands(*node, indices);
}

/// Asks again after a while, unless it is answered by then.
void Clients::expect_answer(std::size_t index) {
    const Ask& ask = *asks_[index];
    if (ask.is_answered || ask.is_given_up) return;
    const auto patience = nanoseconds(200'000'000 + random_.below(1'800'000'000));
    send_later(index, patience * std::min<std::uint32_t>(ask.attempts, 5), true);
}

void Clients::send_payments(Node& node, const std::vector<std::size_t>& indices) {
    std::vector<std::unique_ptr<router::Payment>> payments;
    for (const std::size_t index : indices) {
        auto payment = std::make_unique<router::Payment>(*asks_[index]->payment);
        payment->answer_by = clock_.steady() + std::chrono::milliseconds(random_.below(3'000));
        // Exactly one of the two is called, once, unless the process dies.
        auto hung_up = std::make_shared<bool>(false);
        const auto hang_up = [this, life = node.life(), hung_up] {
            --life->callers;
            if (std::exchange(*hung_up, true)) violation_ = "a payment was answered twice";
            return life->is_there;
        };
        payment->answer = [this, index, life = node.life(), hang_up](const ledger::Outcome& outcome,
                                                                     base::Sequence as_of) {
            if (hang_up()) answered(*life, index, outcome, as_of);
        };
        payment->abandoned = [this, index, hang_up] {
            if (hang_up()) trace_.add("abandoned", asks_[index]->payment->id);
        };
        trace_.add("pays", payment->id, node.serial());
        payments.push_back(std::move(payment));
    }
    const bool is_taken =
        payments.size() == 1 ? node.router().pay(payments.front()) : node.router().pay(payments);
    if (is_taken) {
        node.life()->callers += static_cast<std::int64_t>(indices.size());
    } else {
        faults_.happened(Fault::queue_full);
    }
}

void Clients::send_commands(Node& node, const std::vector<std::size_t>& indices) {
    auto errand = std::make_unique<Errand>(*this, node.life(), indices);
    trace_.add("sends", {}, static_cast<std::uint64_t>(asks_[indices.front()]->view().kind()),
               indices.front());
    if (node.sequencer().submit(errand.get(), asks_[indices.front()]->lane)) {
        static_cast<void>(errand.release());
    } else {
        faults_.happened(Fault::queue_full);
    }
}

void Clients::answered(const Life& by, std::size_t index, const ledger::Outcome& outcome,
                       base::Sequence as_of) {
    if (by.has_lost) violation_ = "I8: a process that had lost its place gave an answer";
    Ask& ask = *asks_[index];
    const ledger::CommandView command = ask.view();
    trace_.add(ledger::to_string(outcome.status),
               ask.payment != nullptr ? ask.payment->id : base::TransferId{}, index,
               static_cast<std::uint64_t>(outcome.state));
    auditor_.answered(command, outcome, as_of);
    const bool is_for_now =
        outcome.status == Status::id_in_future || outcome.status == Status::payee_outcomes_full ||
        outcome.status == Status::live_transfers_full || outcome.status == Status::claims_full;
    const bool is_pending = ask.payment != nullptr && outcome.status == Status::ok &&
                            outcome.state == TransferState::reserved;
    if (is_for_now && ask.attempts < most_attempts_for_now) return;
    if (is_pending) return;
    if (ask.is_answered) return;
    ask.is_answered = true;
    --unanswered_;
    ask.is_known = !ledger::is_transient(outcome.status);
    const bool is_reserved =
        outcome.status == Status::ok && outcome.state == TransferState::reserved;
    if (ask.may_follow_up && is_reserved) follow_up(ask);
}

void Clients::ask_everything_again() {
    gives_up_ = false;
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        if (asks_[i]->is_answered || !asks_[i]->is_given_up) continue;
        asks_[i]->is_given_up = false;
        send_later(i, nanoseconds(random_.below(2'000'000'000)));
    }
}

}  // namespace ayni::sim
