#include "sim/wallets.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace ayni::sim {
namespace {

using namespace std::chrono_literals;

}  // namespace

void Wallets::attach(adapter::WalletReplies* replies) {
    replies_ = replies;
    ++link_generation_;
    if (replies_ == nullptr) return;
    for (const auto& [participant, is_up] : connected_) {
        if (is_up) static_cast<void>(replies_->connected(participant));
    }
}

void Wallets::set_connected(base::ParticipantId participant, bool is_connected) {
    bool& is_up = connected_[participant];
    const bool came_up = is_connected && !is_up;
    is_up = is_connected;
    if (came_up && replies_ != nullptr) static_cast<void>(replies_->connected(participant));
}

bool Wallets::is_connected(base::ParticipantId participant) const {
    const auto found = connected_.find(participant);
    return found != connected_.end() && found->second;
}

std::chrono::nanoseconds Wallets::some_delay() {
    return std::chrono::microseconds(50 + random_.below(5'000));
}

void Wallets::later(std::chrono::nanoseconds delay, Delivery delivery) {
    in_flight_.emplace(clock_.steady() + delay, std::move(delivery));
}

void Wallets::reply(std::chrono::nanoseconds delay,
                    const std::function<bool(adapter::WalletReplies&)>& call) {
    if (one_of_hundred(manners_.loses)) return;
    later(delay, [this, call, generation = link_generation_] {
        if (replies_ == nullptr || generation != link_generation_) return;
        // A switch that can not take it now is asked again a little later.
        if (!call(*replies_)) reply(1ms, call);
    });
}

bool Wallets::send_accept(base::ParticipantId payee, const adapter::AcceptRequest& request) {
    if (!is_connected(payee)) return false;
    if (one_of_hundred(manners_.loses)) return true;
    later(some_delay(), [this, payee, request] { hear_accept(payee, request); });
    return true;
}

bool Wallets::send_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice) {
    if (!is_connected(to)) return false;
    if (one_of_hundred(manners_.loses)) return true;
    later(some_delay(), [this, to, notice] { hear_outcome(to, notice); });
    return true;
}

void Wallets::hear_accept(base::ParticipantId payee, const adapter::AcceptRequest& request) {
    note(1, request.id);
    const base::TransferId id = request.id;
    Incoming& incoming = incoming_[{payee, id}];
    if (incoming.hold == Hold::none) {
        incoming.amount = request.amount.minor_units();
        incoming.hold = one_of_hundred(manners_.refuses) ? Hold::refused : Hold::promised;
        incoming.refuses_commit = one_of_hundred(manners_.refuses_after_commit);
    }
    if (one_of_hundred(manners_.silent)) return;
    const auto delay =
        one_of_hundred(manners_.late) ? request.remaining + some_delay() : some_delay();
    const bool promises = incoming.hold != Hold::refused;
    const auto answer = [payee, id](bool yes) {
        return [payee, id, yes](adapter::WalletReplies& replies) {
            return yes ? replies.accepted(payee, id) : replies.refused(payee, id, "AC04");
        };
    };
    reply(delay, answer(promises));
    if (one_of_hundred(manners_.duplicates)) reply(delay + some_delay(), answer(promises));
    if (one_of_hundred(manners_.contradicts)) reply(delay + some_delay(), answer(!promises));
}

void Wallets::hear_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice) {
    note(2 + static_cast<std::uint64_t>(notice.decision), notice.id);
    const base::TransferId id = notice.id;
    const auto [told, is_first] = told_.emplace(Key{to, id}, notice.decision);
    const bool became_returned = told->second == adapter::Decision::committed &&
                                 notice.decision == adapter::Decision::returned;
    if (!is_first && told->second != notice.decision && !became_returned) {
        violation_ = fmt::format("participant {} was told {} and then {} of {}", to.value(),
                                 static_cast<int>(told->second), static_cast<int>(notice.decision),
                                 base::to_string(id));
    }
    told->second = notice.decision;
    Incoming& incoming = incoming_[{to, id}];
    const bool is_commit = notice.decision == adapter::Decision::committed;
    if (is_commit && incoming.refuses_commit) {
        incoming.hold = Hold::released;
        reply(some_delay(), [to, id](adapter::WalletReplies& replies) {
            return replies.refused_after_commit(to, id, "AC06");
        });
        return;
    }
    if (is_commit) {
        incoming.amount = notice.amount.minor_units();
        incoming.hold = Hold::credited;
    } else {
        incoming.hold = Hold::released;
    }
    reply(some_delay(),
          [to, id](adapter::WalletReplies& replies) { return replies.acknowledged(to, id); });
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

std::chrono::nanoseconds Wallets::next_due() const {
    return in_flight_.empty() ? std::chrono::nanoseconds::max() : in_flight_.begin()->first;
}

std::int64_t Wallets::credited(base::ParticipantId participant) const {
    std::int64_t sum = 0;
    for (const auto& [key, incoming] : incoming_) {
        if (key.first == participant && incoming.hold == Hold::credited) sum += incoming.amount;
    }
    return sum;
}

std::size_t Wallets::holds() const {
    std::size_t count = 0;
    for (const auto& [key, incoming] : incoming_) {
        if (incoming.hold == Hold::promised) ++count;
    }
    return count;
}

void Wallets::note(std::uint64_t what, const base::TransferId& id) {
    trace_ = base::hash64(id, trace_ ^ what ^ static_cast<std::uint64_t>(clock_.steady().count()));
}

}  // namespace ayni::sim
