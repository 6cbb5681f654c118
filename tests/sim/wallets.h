#pragma once

#include <functional>
#include <map>
#include <vector>

#include "adapter/wallet_adapter.h"
#include "base/clock.h"
#include "base/random.h"

namespace ayni::sim {

/// What an institution keeps of a transfer that it was asked to accept.
enum class Hold : std::uint8_t { none, promised, refused, credited, released };

/// How often out of a hundred an institution misbehaves in each way.
struct Manners {
    std::uint64_t refuses = 0;
    std::uint64_t silent = 0;
    std::uint64_t late = 0;  ///< Answers after the deadline.
    std::uint64_t duplicates = 0;
    std::uint64_t contradicts = 0;
    std::uint64_t refuses_after_commit = 0;
    std::uint64_t loses = 0;  ///< A message in either direction is lost.
};

/// Institutions and the links to them, in one thread: messages arrive when the clock gets there.
class Wallets final : public adapter::WalletNetwork {
public:
    Wallets(base::ManualClock& clock, base::Random& random) : clock_(clock), random_(random) {}

    void set_manners(const Manners& manners) { manners_ = manners; }
    /// Who takes the replies; null while the switch is down.
    void attach(adapter::WalletReplies* replies);
    void set_connected(base::ParticipantId participant, bool is_connected);

    [[nodiscard]] bool is_connected(base::ParticipantId participant) const override;
    [[nodiscard]] bool send_accept(base::ParticipantId payee,
                                   const adapter::AcceptRequest& request) override;
    [[nodiscard]] bool send_outcome(base::ParticipantId to,
                                    const adapter::OutcomeNotice& notice) override;

    /// Delivers what is due. True when anything was.
    bool deliver();
    [[nodiscard]] std::chrono::nanoseconds next_due() const;

    /// Credits less refunds that `participant` gave its customers for incoming payments.
    [[nodiscard]] std::int64_t credited(base::ParticipantId participant) const;
    /// Ids that an institution holds money for without knowing the outcome.
    [[nodiscard]] std::size_t holds() const;
    /// An outcome that contradicts an earlier one, in words.
    [[nodiscard]] const std::string& violation() const { return violation_; }
    /// A hash of all that was ever delivered, in order.
    [[nodiscard]] std::uint64_t trace() const { return trace_; }

private:
    struct Incoming {
        Hold hold = Hold::none;
        std::int64_t amount = 0;
        bool refuses_commit = false;
    };
    using Key = std::pair<base::ParticipantId, base::TransferId>;
    using Delivery = std::function<void()>;

    void later(std::chrono::nanoseconds delay, Delivery delivery);
    void reply(std::chrono::nanoseconds delay,
               const std::function<bool(adapter::WalletReplies&)>& call);
    [[nodiscard]] bool one_of_hundred(std::uint64_t times) { return random_.below(100) < times; }
    [[nodiscard]] std::chrono::nanoseconds some_delay();
    void hear_accept(base::ParticipantId payee, const adapter::AcceptRequest& request);
    void hear_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice);
    void note(std::uint64_t what, const base::TransferId& id);

    base::ManualClock& clock_;
    base::Random& random_;
    Manners manners_;
    adapter::WalletReplies* replies_ = nullptr;
    std::uint64_t link_generation_ = 0;  ///< Replies to a switch that is gone are gone, too.
    std::map<base::ParticipantId, bool> connected_;
    std::map<Key, Incoming> incoming_;
    std::map<Key, adapter::Decision> told_;
    std::multimap<std::chrono::nanoseconds, Delivery> in_flight_;
    std::string violation_;
    std::uint64_t trace_ = 0;
};

}  // namespace ayni::sim
