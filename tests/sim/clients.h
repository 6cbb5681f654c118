#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "sim/auditor.h"
#include "sim/faults.h"
#include "sim/node.h"

namespace ayni::sim {

/// Those who ask: institutions that pay and keep accounts, agencies that claim files, operators.
/// Each keeps what it sent until it is answered, and sends it again when it is not.
class Clients {
public:
    /// How a request finds a process: null while there is none that listens.
    using Door = std::function<Node*()>;

    Clients(base::ManualClock& clock, std::chrono::nanoseconds wall_start, base::Random& random,
            Faults& faults, Trace& trace, Auditor& auditor, Door door)
        : clock_(clock),
          wall_start_(wall_start),
          random_(random),
          faults_(faults),
          trace_(trace),
          auditor_(auditor),
          door_(std::move(door)) {}

    /// Institutions, their money and caps, and some accounts. Sent like everything else.
    void onboard(std::uint32_t participants);
    [[nodiscard]] base::ParticipantId participant(std::uint32_t index) const {
        return base::ParticipantId(first_participant + index);
    }

    /// What comes to their minds now.
    void act();
    /// Sends what is due. True when anything was.
    bool deliver();
    [[nodiscard]] std::chrono::nanoseconds next_due() const;

    /// Everybody asks again for everything that was never answered.
    void ask_everything_again();
    [[nodiscard]] std::size_t unanswered() const { return unanswered_; }

    /// An answer that must not have come, in words.
    [[nodiscard]] const std::string& violation() const { return violation_; }

    struct Counts {
        std::uint64_t payments = 0;
        std::uint64_t requests = 0;
        std::uint64_t looks = 0;
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    struct Ask {
        ledger::CommandBuffer command;             ///< Exactly one.
        std::unique_ptr<router::Payment> payment;  ///< Of a payment: without its callbacks.
        sequencer::Lane lane = sequencer::Lane::admission;
        bool is_answered = false;
        bool is_known = false;  ///< Its id has an outcome that is remembered.
        bool is_given_up = false;
        bool may_follow_up = false;  ///< A raw reservation that its maker means to end.
        std::uint32_t attempts = 0;

        [[nodiscard]] ledger::CommandView view() const {
            return *ledger::CommandView::read(command.bytes());
        }
    };
    class Errand;
    class Look;

    static constexpr std::uint32_t first_participant = 2;

    // What they ask (client_requests.cc).
    Ask& add(Ask ask);
    template <typename Command>
    Ask& add_command(const Command& command, sequencer::Lane lane = sequencer::Lane::admission) {
        Ask ask;
        ask.command.add(command);
        ask.lane = lane;
        return add(std::move(ask));
    }
    void new_payment();
    void new_posting();
    void new_claim();
    void new_funds();
    void bring_in(base::ParticipantId participant, base::Currency currency);
    void new_state();
    void new_cap();
    void new_account();
    void new_participant();
    void new_version();
    void modify_something();
    void follow_up(const Ask& reserved);
    void look();
    [[nodiscard]] base::ParticipantId someone();
    [[nodiscard]] base::ParticipantId somebody_or_nobody();
    [[nodiscard]] base::AccountId some_account(base::ParticipantId owner);
    [[nodiscard]] base::Currency some_currency();
    [[nodiscard]] std::int64_t some_amount();
    [[nodiscard]] base::TransferId new_id();
    [[nodiscard]] std::uint32_t some_timeout_ms();

    // How it travels (clients.cc).
    void send_later(std::size_t index, std::chrono::nanoseconds delay, bool is_retry = false);
    void send(const std::vector<std::size_t>& indices);
    void send_payments(Node& node, const std::vector<std::size_t>& indices);
    void send_commands(Node& node, const std::vector<std::size_t>& indices);
    void expect_answer(std::size_t index);
    void answered(const Life& by, std::size_t index, const ledger::Outcome& outcome,
                  base::Sequence as_of);

    base::ManualClock& clock_;
    const std::chrono::nanoseconds wall_start_;
    base::Random& random_;
    Faults& faults_;
    Trace& trace_;
    Auditor& auditor_;
    Door door_;
    std::uint32_t participants_ = 0;
    std::vector<std::unique_ptr<Ask>> asks_;
    std::vector<std::pair<base::ParticipantId, base::AccountId>> accounts_;
    struct Due {
        std::size_t index = 0;
        bool is_retry = false;  ///< Not needed once there is an answer.
    };
    std::multimap<std::chrono::nanoseconds, Due> due_;
    std::string violation_;
    std::uint64_t last_claim_ = 0;
    bool gives_up_ = true;
    std::size_t unanswered_ = 0;
    Counts counts_;
};

}  // namespace ayni::sim
