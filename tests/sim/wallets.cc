#include "sim/wallets.h"

#include <fmt/format.h>

namespace ayni::sim {
namespace {

using namespace std::chrono_literals;
using adapter::Decision;
using std::chrono::nanoseconds;

ledger::ReasonCode refusal() { return ledger::ReasonCode("AC04"); }
ledger::ReasonCode late_refusal() { return ledger::ReasonCode("AC06"); }

}  // namespace

/// The links as one process sees them.
class Wallets::Port final : public adapter::WalletNetwork {
public:
    Port(Wallets& wallets, NodeSerial node) : wallets_(wallets), node_(node) {}

    bool is_connected(base::ParticipantId participant) const override {
        return wallets_.is_connected(node_, participant);
    }
    bool send_accept(base::ParticipantId payee, const adapter::AcceptRequest& request) override {
        // The process, and this with it, may be gone when it arrives.
        return send(payee,
                    [&wallets = wallets_, payee, request] { wallets.hear_accept(payee, request); });
    }
    bool send_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice) override {
        return send(to, [&wallets = wallets_, to, notice] { wallets.hear_outcome(to, notice); });
    }

private:
    bool send(base::ParticipantId to, Delivery delivery) {
        if (!is_connected(to) || wallets_.faults_.strikes(Fault::outbox_full)) return false;
        if (wallets_.faults_.strikes(Fault::message_lost)) return true;
        wallets_.later(wallets_.some_delay(), std::move(delivery));
        return true;
    }

    Wallets& wallets_;
    NodeSerial node_;
};

void Wallets::add(base::ParticipantId participant) { links_[participant] = {}; }

std::unique_ptr<adapter::WalletNetwork> Wallets::port(NodeSerial node) {
    return std::make_unique<Port>(*this, node);
}

void Wallets::open(NodeSerial node, adapter::WalletReplies& replies) {
    open_[node] = &replies;
    for (auto& [participant, link] : links_) {
        const bool comes_at_once = open_.count(link.node) == 0 && random_.one_in(2);
        const nanoseconds delay = comes_at_once ? 0ns : nanoseconds(random_.below(200'000'000));
        later(delay, [this, who = participant, node] {
            Link& its = links_[who];
            if (open_.count(node) == 0 || its.node > node) return;
            its.node = node;
            announce(who);
        });
    }
}

void Wallets::close(NodeSerial node) { open_.erase(node); }

bool Wallets::is_connected(NodeSerial node, base::ParticipantId participant) const {
    const auto link = links_.find(participant);
    return link != links_.end() && link->second.is_up && link->second.node == node &&
           open_.count(node) != 0;
}

/// Tells the process that the link is up; one that can not take it is told again.
void Wallets::announce(base::ParticipantId participant) {
    const Link& link = links_[participant];
    if (!is_connected(link.node, participant)) return;
    if (open_[link.node]->connected(participant)) return;
    faults_.happened(Fault::queue_full);
    later(1ms, [this, participant] { announce(participant); });
}

void Wallets::flap(base::ParticipantId participant) {
    Link& link = links_[participant];
    link.is_up = !link.is_up;
    announce(participant);
}

void Wallets::connect_all(NodeSerial node) {
    for (auto& [participant, link] : links_) {
        if (is_connected(node, participant)) continue;
        link.is_up = true;
        link.node = node;
        announce(participant);
    }
}

nanoseconds Wallets::some_delay() { return std::chrono::microseconds(50 + random_.below(5'000)); }

void Wallets::later(nanoseconds delay, Delivery delivery) {
    in_flight_.emplace(clock_.steady() + delay, std::move(delivery));
}

void Wallets::reply(base::ParticipantId from, nanoseconds delay, Reply call) {
    if (faults_.strikes(Fault::message_lost)) return;
    later(delay, [this, from, call = std::move(call)] {
        const Link& link = links_[from];
        if (!is_connected(link.node, from)) return;
        if (call(*open_[link.node])) return;
        // A switch that can not take it now is asked again a little later.
        faults_.happened(Fault::queue_full);
        reply(from, 1ms, call);
    });
}

void Wallets::say_accepted(base::ParticipantId by, const base::TransferId& id, nanoseconds delay) {
    auditor_.asked(ledger::CommitTransfer{.id = id, .by = by, .reserved = 0});
    reply(by, delay, [by, id](adapter::WalletReplies& to) { return to.accepted(by, id); });
}

void Wallets::say_refused(base::ParticipantId by, const base::TransferId& id, nanoseconds delay) {
    auditor_.asked(ledger::AbortTransfer{
        .id = id, .by = by, .reason = refusal(), .payee_was_asked = 1, .reserved = 0});
    reply(by, delay, [by, id](adapter::WalletReplies& to) {
        return to.refused(by, id, std::string(refusal().view()));
    });
}

void Wallets::say_acknowledged(base::ParticipantId by, const base::TransferId& id,
                               nanoseconds delay) {
    auditor_.asked(ledger::AcknowledgeOutcome{.id = id, .by = by, .reserved = 0});
    reply(by, delay, [by, id](adapter::WalletReplies& to) { return to.acknowledged(by, id); });
}

void Wallets::say_refused_after_commit(base::ParticipantId by, const base::TransferId& id,
                                       nanoseconds delay) {
    auditor_.asked(ledger::RefuseCommitted{.id = id, .by = by, .reason = late_refusal()});
    reply(by, delay, [by, id](adapter::WalletReplies& to) {
        return to.refused_after_commit(by, id, std::string(late_refusal().view()));
    });
}

void Wallets::hear_accept(base::ParticipantId payee, const adapter::AcceptRequest& request) {
    const base::TransferId& id = request.id;
    trace_.add("hears accept", id, payee.value());
    Incoming& incoming = incoming_[{payee, id}];
    if (incoming.hold == Hold::none) {
        incoming.amount = request.amount.minor_units();
        incoming.hold = faults_.strikes(Fault::wallet_refuses) ? Hold::refused : Hold::promised;
        incoming.refuses_commit = faults_.strikes(Fault::wallet_refuses_after_commit);
    }
    if (faults_.strikes(Fault::wallet_babbles)) babble(id);
    if (faults_.strikes(Fault::wallet_silent)) return;
    const bool is_late = faults_.strikes(Fault::wallet_late);
    const nanoseconds delay = some_delay() + (is_late ? request.remaining : 0ms);
    const auto say = [&](bool yes, nanoseconds after) {
        yes ? say_accepted(payee, id, after) : say_refused(payee, id, after);
    };
    const bool promises = incoming.hold != Hold::refused;
    say(promises, delay);
    if (faults_.strikes(Fault::wallet_duplicates)) say(promises, delay + some_delay());
    if (faults_.strikes(Fault::wallet_contradicts)) say(!promises, delay + some_delay());
}

/// Says things about a payment that are not its to say.
void Wallets::babble(const base::TransferId& id) {
    auto at = links_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(links_.size())));
    const base::ParticipantId by = at->first;
    base::TransferId about = id;
    if (random_.one_in(3)) about.low ^= 1;  // of which nobody ever heard
    if (about == id && incoming_.count({by, id}) != 0) return;
    switch (random_.below(4)) {
        case 0: return say_accepted(by, about, some_delay());
        case 1: return say_refused(by, about, some_delay());
        case 2: return say_refused_after_commit(by, about, some_delay());
        default: break;
    }
    // The payer may acknowledge: a return that it was told of. This one it never heard of.
    if (about != id) say_acknowledged(by, about, some_delay());
}

void Wallets::check_first_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice) {
    const auto [told, is_first] = told_.emplace(Key{to, notice.id}, notice.decision);
    const bool became_returned =
        told->second == Decision::committed && notice.decision == Decision::returned;
    if (!is_first && told->second != notice.decision && !became_returned) {
        violation_ = fmt::format("participant {} was told {} and then {} of {}", to.value(),
                                 static_cast<int>(told->second), static_cast<int>(notice.decision),
                                 base::to_string(notice.id));
    }
    told->second = notice.decision;
}

void Wallets::hear_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice) {
    const base::TransferId& id = notice.id;
    trace_.add("hears outcome", id, to.value(), static_cast<std::uint64_t>(notice.decision));
    auditor_.told(notice);
    check_first_outcome(to, notice);
    Incoming& incoming = incoming_[{to, id}];
    if (notice.decision == Decision::committed) return credit(to, notice, incoming);
    // Of its own payment an initiator only hears that it was returned; that is no credit.
    incoming.hold = Hold::released;
    say_acknowledged(to, id, some_delay());
    if (faults_.strikes(Fault::wallet_duplicates)) say_acknowledged(to, id, some_delay());
}

void Wallets::credit(base::ParticipantId to, const adapter::OutcomeNotice& notice,
                     Incoming& incoming) {
    const base::TransferId& id = notice.id;
    if (incoming.refuses_commit) {
        incoming.hold = Hold::released;
        return say_refused_after_commit(to, id, some_delay());
    }
    incoming.amount = notice.amount.minor_units();
    incoming.hold = Hold::credited;
    say_acknowledged(to, id, some_delay());
    if (faults_.strikes(Fault::wallet_contradicts)) {
        incoming.is_contradictory = true;
        say_refused_after_commit(to, id, some_delay());
    }
}

bool Wallets::deliver() {
    bool any = false;
    while (!in_flight_.empty() && in_flight_.begin()->first <= clock_.steady()) {
        const Delivery delivery = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        delivery();
        any = true;
    }
    return any;
}

nanoseconds Wallets::next_due() const {
    return in_flight_.empty() ? nanoseconds::max() : in_flight_.begin()->first;
}

void Wallets::for_each_credit(const std::function<void(base::ParticipantId, const base::TransferId&,
                                                       std::int64_t)>& visit) const {
    for (const auto& [key, incoming] : incoming_) {
        if (incoming.hold == Hold::credited) visit(key.first, key.second, incoming.amount);
    }
}

bool Wallets::is_contradictory(base::ParticipantId participant, const base::TransferId& id) const {
    const auto found = incoming_.find({participant, id});
    return found != incoming_.end() && found->second.is_contradictory;
}

std::size_t Wallets::holds() const {
    std::size_t count = 0;
    for (const auto& [key, incoming] : incoming_) {
        if (incoming.hold == Hold::promised) ++count;
    }
    return count;
}

}  // namespace ayni::sim
