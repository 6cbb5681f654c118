#pragma once

#include <chrono>
#include <functional>
#include <unordered_map>

#include "ayni/walletsim/v1/wallet_sim_service.pb.h"
#include "base/random.h"
#include "walletsim/bookkeeper.h"
#include "walletsim/switch_client.h"

namespace ayni::walletsim {

/// Where outgoing payments come together: holds the customer's money under a new id, has the switch
/// told, and answers whoever waits when the end is durable. Everything on the bookkeeper's thread,
/// unless it says otherwise.
class PaymentDesk final : public PaymentResults {
public:
    using Answered = std::function<void(v1::PayResponse&&)>;

    struct Statistics {
        std::atomic<std::uint64_t> committed{0};
        std::atomic<std::uint64_t> aborted{0};
        std::atomic<std::uint64_t> rejected{0};
        std::atomic<std::uint64_t> returned{0};
        std::atomic<std::uint64_t> refused{0};  ///< By the institution itself.
    };

    /// All must outlive it.
    PaymentDesk(Bookkeeper& bookkeeper, SwitchClient& client);

    /// Any thread, before calls come in: everything that is still pending is sent again.
    void resume(const Books& books);

    /// Holds the money of `request`'s payer. The payment is to be given to `send` once it is
    /// durable; a refusal is in the response, whose state is then REFUSED.
    struct Begun {
        Payment payment;
        v1::PayResponse response;
        [[nodiscard]] bool is_refused() const { return !response.state().empty(); }
    };
    [[nodiscard]] Begun begin(Books& books, const v1::PayRequest& request);

    /// `answered` is called once: with the end, or with PENDING at `answer_by`.
    void expect(const Begun& begun, std::chrono::steady_clock::time_point answer_by,
                Answered answered);
    void send(std::vector<Payment> payments);

    /// PaymentResults: any thread.
    [[nodiscard]] bool decided(std::vector<Decided> results) override;

    [[nodiscard]] const Statistics& statistics() const { return statistics_; }

private:
    class Settlement;
    class Sweep;

    struct Waiter {
        v1::PayResponse response;
        std::chrono::steady_clock::time_point answer_by;
        Answered answered;
    };

    void answer(const base::TransferId& id, std::string_view state, const std::string& reason);
    void sweep();

    Bookkeeper& bookkeeper_;
    SwitchClient& client_;
    base::SystemRandom random_;
    std::unordered_map<base::TransferId, Waiter, TransferIdHash> waiters_;
    bool is_sweeping_ = false;
    Statistics statistics_;
};

}  // namespace ayni::walletsim
