#pragma once

#include <grpcpp/security/credentials.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "walletsim/books.h"

namespace ayni::walletsim {

/// How one payment ended, as the switch says.
struct Decided {
    base::TransferId id;
    Ending ending = Ending::aborted;
    bool was_rejected = false;  ///< Aborted before anything was reserved.
    std::string reason;
};

/// Who learns it. Any thread; must not block.
class PaymentResults {
public:
    virtual ~PaymentResults() = default;
    /// False when it can not take them now: they are offered again by asking the switch again.
    [[nodiscard]] virtual bool decided(std::vector<Decided> results) = 0;
};

/// Sends payments to the switch until it says how each ended: the same id with the same body, over
/// restarts of the switch and from one switch to another that leads in its place, with growing
/// pauses. What the switch refuses to record is asked for by GetTransfer, which decides (an id that
/// became too old may have happened). Thread-safe; nothing but `stop` blocks.
class SwitchClient {
public:
    enum class Style : std::uint8_t { unary, stream };

    struct Options {
        std::vector<std::string> endpoints;  ///< HOST:PORT of each switch; one of them leads.
        Style style = Style::stream;
        /// "participant/yape" where there is no mTLS; empty with mTLS.
        std::string insecure_identity;
        std::size_t unary_calls_in_flight = 1'024;
        int payments_per_message = 512;
        std::chrono::milliseconds retry_at_first{100};
        std::chrono::milliseconds retry_at_most{1'000};
        /// Beyond a payment's own timeout, before it is sent again.
        std::chrono::milliseconds patience{5'000};
    };

    struct Statistics {
        std::atomic<std::uint64_t> payments_sent{0};  ///< Repeats included.
        std::atomic<std::uint64_t> writes{0};         ///< Calls or stream messages.
        std::atomic<std::uint64_t> repeats{0};
        std::atomic<std::uint64_t> failures{0};  ///< Answers that say nothing about the payment.
        std::atomic<std::uint64_t> questions{0};
        std::atomic<std::uint64_t> pending{0};
    };

    SwitchClient(const Options& options, base::Currency currency,
                 const std::shared_ptr<grpc::ChannelCredentials>& credentials);
    ~SwitchClient();

    /// `results` must outlive `stop`. Once.
    void start(PaymentResults& results);
    /// Ends every call; `results` is called no more. Idempotent.
    void stop();

    /// The payment must be durable already.
    void submit(std::vector<Payment> payments);

    [[nodiscard]] const Statistics& statistics() const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace ayni::walletsim
