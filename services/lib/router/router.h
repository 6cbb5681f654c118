#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "adapter/wallet_adapter.h"
#include "base/clock.h"
#include "base/result.h"
#include "sequencer/sequencer.h"

namespace ayni::router {

/// How far a payment is, for both sides to see. Not durable: after a restart a reserved one counts
/// as sent.
enum class Stage : std::uint8_t { none, queued, sent, accepted, unacknowledged, finished };

/// One payment in flight, owned by the router from `pay` until it is answered.
struct Payment {
    base::TransferId id;
    base::ParticipantId payer;
    base::ParticipantId payee;
    base::Amount amount;
    base::Currency currency = base::Currency::pen;
    std::chrono::milliseconds timeout{0};   ///< Of the reservation.
    std::chrono::nanoseconds answer_by{0};  ///< Steady time: answer with the current state by then.
    std::string payer_code;
    std::string payer_account;
    std::string payee_account;
    std::string end_to_end_id;
    std::string purpose;
    std::string remittance_text;
    ledger::PaymentDetails details;  ///< The tokens of the above, as they go into the journal.

    /// Called exactly once, on the sequencer's thread: with the final state, or with the current
    /// one at `answer_by`. Hand over, do not work here.
    std::function<void(const ledger::Outcome& outcome, base::Sequence as_of)> answer;
    /// Called instead of `answer` when the process stops first.
    std::function<void()> abandoned;
};

/// reserve → accept → commit | abort → notify (DESIGN §7). Decides nothing about money: every
/// decision is a ledger command. Tells outcomes, commits and aborts alike, until they are
/// acknowledged, across restarts.
///
/// Replies and `pay` may come on any thread; everything else happens on the sequencer's thread.
class Router final : public sequencer::Follower, public adapter::WalletReplies {
public:
    struct Options {
        /// Before an outcome that was not acknowledged is told again; doubles up to the maximum.
        std::chrono::milliseconds retell_after{1'000};
        std::chrono::milliseconds retell_at_most{30'000};
        /// Outcomes told again to one participant in one pass.
        std::size_t retell_burst = 1'000;
    };

    /// `network` and `clock` must outlive it. Call `attach` before the sequencer starts.
    Router(const Options& options, adapter::WalletNetwork& network, const base::Clock& clock);
    ~Router() override;
    void attach(sequencer::Sequencer& sequencer);

    /// Any thread. False when the admission lane is full: nothing was taken, `payment` is
    /// unchanged.
    [[nodiscard]] bool pay(std::unique_ptr<Payment>& payment);

    /// Several payments that are journalled together. False: none was taken.
    [[nodiscard]] bool pay(std::vector<std::unique_ptr<Payment>>& payments);

    /// The sequencer's thread (inside a Query).
    [[nodiscard]] Stage stage_of(const base::TransferId& id) const;

    // adapter::WalletReplies, any thread.
    [[nodiscard]] bool accepted(base::ParticipantId by, const base::TransferId& id) override;
    [[nodiscard]] bool refused(base::ParticipantId by, const base::TransferId& id,
                               const adapter::Reason& reason) override;
    [[nodiscard]] bool acknowledged(base::ParticipantId by, const base::TransferId& id) override;
    [[nodiscard]] bool refused_after_commit(base::ParticipantId by, const base::TransferId& id,
                                            const adapter::Reason& reason) override;
    [[nodiscard]] bool connected(base::ParticipantId participant) override;

    // sequencer::Follower, the sequencer's thread.
    void transfer_changed(const ledger::TransferView& transfer) override;
    void outcome_acknowledged(const ledger::TransferView& transfer,
                              base::ParticipantId by) override;
    void replayed(const ledger::Ledger& ledger) override;
    void batch_applied(const ledger::Ledger& ledger) override;
    void run_due(const ledger::Ledger& ledger, std::chrono::nanoseconds steady_now) override;
    [[nodiscard]] std::chrono::nanoseconds next_due() const override;
    void stopped() override;

    /// Any thread: for metrics.
    struct Statistics {
        std::atomic<std::uint64_t> accepts_sent{0};
        std::atomic<std::uint64_t> accepts_unsendable{0};  ///< Aborted with AB08.
        std::atomic<std::uint64_t> outcomes_told{0};
        std::atomic<std::uint64_t> outcomes_retold{0};
        std::atomic<std::uint64_t> contradictions{0};   ///< Replies that deny an earlier one.
        std::atomic<std::uint64_t> unknown_replies{0};  ///< About transfers that are not theirs.
        std::atomic<std::uint64_t> payments_in_flight{0};
        std::atomic<std::uint64_t> committed{0};
        std::atomic<std::uint64_t> aborted{0};
        std::atomic<std::uint64_t> rejected{0};
        std::atomic<std::uint64_t> returned{0};
        std::atomic<std::uint64_t> unacknowledged{0};
    };
    [[nodiscard]] const Statistics& statistics() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::router
