#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapter/wallet_adapter.h"
#include "base/clock.h"
#include "sim/auditor.h"
#include "sim/faults.h"
#include "sim/node.h"

namespace ayni::sim {

/// Institutions as payees, with books of their own, and the links between them and the processes of
/// the switch: messages arrive when the clock gets there, if they do.
class Wallets {
public:
    Wallets(base::ManualClock& clock, base::Random& random, Faults& faults, Trace& trace,
            Auditor& auditor)
        : clock_(clock), random_(random), faults_(faults), trace_(trace), auditor_(auditor) {}

    void add(base::ParticipantId participant);

    /// The links of one process.
    [[nodiscard]] std::unique_ptr<adapter::WalletNetwork> port(NodeSerial node);
    /// The process takes replies from here on; institutions come over to it one by one.
    void open(NodeSerial node, adapter::WalletReplies& replies);
    void close(NodeSerial node);

    /// Takes down or puts up one link.
    void flap(base::ParticipantId participant);
    /// Puts up every link, to `node`.
    void connect_all(NodeSerial node);

    /// Delivers what is due. True when anything was.
    bool deliver();
    [[nodiscard]] std::chrono::nanoseconds next_due() const;

    /// Every payment that `participant` credited to its customers, and keeps credited.
    void for_each_credit(const std::function<void(base::ParticipantId, const base::TransferId&,
                                                  std::int64_t amount)>& visit) const;
    /// Whether it ever denied what it had said about this payment: its books are its own matter
    /// then.
    [[nodiscard]] bool is_contradictory(base::ParticipantId participant,
                                        const base::TransferId& id) const;
    /// Payments that an institution holds money for without knowing the outcome.
    [[nodiscard]] std::size_t holds() const;
    /// An outcome that contradicts an earlier one, in words.
    [[nodiscard]] const std::string& violation() const { return violation_; }

private:
    /// What an institution keeps of a payment that it was asked to accept.
    enum class Hold : std::uint8_t { none, promised, refused, credited, released };
    struct Incoming {
        Hold hold = Hold::none;
        std::int64_t amount = 0;
        bool refuses_commit = false;
        bool is_contradictory = false;
    };
    struct Link {
        bool is_up = true;
        NodeSerial node = 0;
    };
    using Key = std::pair<base::ParticipantId, base::TransferId>;
    using Delivery = std::function<void()>;
    using Reply = std::function<bool(adapter::WalletReplies&)>;
    class Port;

    void later(std::chrono::nanoseconds delay, Delivery delivery);
    /// Sends `call` to the process that is linked to `from` when it arrives.
    void reply(base::ParticipantId from, std::chrono::nanoseconds delay, Reply call);
    void announce(base::ParticipantId participant);
    [[nodiscard]] std::chrono::nanoseconds some_delay();
    [[nodiscard]] bool is_connected(NodeSerial node, base::ParticipantId participant) const;

    void hear_accept(base::ParticipantId payee, const adapter::AcceptRequest& request);
    void hear_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice);
    void check_first_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice);
    void credit(base::ParticipantId to, const adapter::OutcomeNotice& notice, Incoming& incoming);
    void babble(const base::TransferId& id);

    void say_accepted(base::ParticipantId by, const base::TransferId& id,
                      std::chrono::nanoseconds delay);
    void say_refused(base::ParticipantId by, const base::TransferId& id,
                     std::chrono::nanoseconds delay);
    void say_acknowledged(base::ParticipantId by, const base::TransferId& id,
                          std::chrono::nanoseconds delay);
    void say_refused_after_commit(base::ParticipantId by, const base::TransferId& id,
                                  std::chrono::nanoseconds delay);

    base::ManualClock& clock_;
    base::Random& random_;
    Faults& faults_;
    Trace& trace_;
    Auditor& auditor_;
    std::map<base::ParticipantId, Link> links_;
    std::map<NodeSerial, adapter::WalletReplies*> open_;
    std::map<Key, Incoming> incoming_;
    std::map<Key, adapter::Decision> told_;
    std::multimap<std::chrono::nanoseconds, Delivery> in_flight_;
    std::string violation_;
};

}  // namespace ayni::sim
