#pragma once

#include <grpcpp/security/credentials.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapter/gateway.h"
#include "adapter/wallet_adapter.h"
#include "base/clock.h"
#include "base/random.h"

namespace ayni::adapter {

/// How an institution is spoken to. `session` falls back to `unary` by itself when the institution
/// answers UNIMPLEMENTED, until the switch starts again. `gateway`: it calls the switch.
enum class LinkStyle : std::uint8_t { session, unary, gateway };

/// One institution.
struct LinkConfiguration {
    base::ParticipantId participant;
    std::string code;      ///< "yape".
    std::string endpoint;  ///< "127.0.0.1:7501", as in its certificate; empty with a gateway.
    LinkStyle style = LinkStyle::session;
};

/// What a link did so far. Any thread may read.
struct LinkStatistics {
    std::atomic<bool> connected{false};
    /// False after five failures in a row, or 30 s without a connection: somebody should look.
    std::atomic<bool> up{false};
    std::atomic<bool> speaks_unary{false};
    std::atomic<std::uint64_t> frames_sent{0};
    std::atomic<std::uint64_t> frames_received{0};
    std::atomic<std::uint64_t> writes{0};         ///< Messages on the wire; each holds frames.
    std::atomic<std::uint64_t> outbox_frames{0};  ///< Accepted from the switch, not yet written.
    std::atomic<std::uint64_t> outbox_refusals{0};
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> disconnections{0};
    std::atomic<std::uint64_t> failed_attempts{0};
    std::atomic<std::uint64_t> failed_calls{0};  ///< Unary calls that got no answer.
    std::atomic<std::uint64_t> malformed_frames{0};
    /// Times that the switch could not take an answer and reading stopped for a moment.
    std::atomic<std::uint64_t> reads_paused{0};
};

struct WalletNetworkOptions {
    /// Frames that may wait for one institution; send_* returns false above it.
    std::size_t outbox_frames = 65'536;
    std::size_t frames_per_message = 512;
    std::size_t bytes_per_message = 256 * 1024;
    int received_message_bytes = 1024 * 1024;
    std::size_t unary_calls_in_flight = 256;
    std::chrono::milliseconds heartbeat{5'000};
    int heartbeats_missed = 2;
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds unary_timeout{10'000};
    std::chrono::milliseconds backoff_at_first{100};
    std::chrono::milliseconds backoff_at_most{5'000};
    int failures_until_down = 5;
    std::chrono::milliseconds down_after{30'000};
    /// Before an answer that the switch could not take is offered again.
    std::chrono::milliseconds reply_retry{2};
    /// Sent as `x-ayni-identity` where there is no mTLS, "switch/ayni"; empty with mTLS.
    std::string insecure_identity;
};

/// The switch's end of `ayni.adapter.v1`: one link per institution, over mTLS. It calls
/// WalletAdapterService, or is called by way of `Gateway`.
///
/// A link is connected from the first answered Echo. While it is, frames wait in its outbox until
/// the write before them is done, and all that wait go in one message. A frame that was taken may
/// still be lost with the link: the switch repeats outcomes until they are acknowledged, and an
/// accept that nobody answers ends at its deadline.
///
/// Institutions are not trusted: frames that can not be understood are counted and dropped.
/// Runs one thread for timers beside gRPC's own. Thread-safe; nothing but `stop` blocks.
class GrpcWalletNetwork final : public WalletNetwork, public Gateway {
public:
    /// `clock` must outlive it; `random` is used here only.
    GrpcWalletNetwork(const WalletNetworkOptions& options, std::vector<LinkConfiguration> links,
                      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                      const base::Clock& clock, base::Random& random);
    ~GrpcWalletNetwork() override;

    /// Starts to connect. `replies` must outlive `stop`. Once.
    void start(WalletReplies& replies);
    /// Ends every call; when it returns, `replies` is called no more. Idempotent.
    void stop();

    [[nodiscard]] bool is_connected(base::ParticipantId participant) const override;
    [[nodiscard]] bool send_accept(base::ParticipantId payee,
                                   const AcceptRequest& request) override;
    [[nodiscard]] bool send_outcome(base::ParticipantId to, const OutcomeNotice& notice) override;

    [[nodiscard]] bool attach(std::string_view code, GatewayStream& stream) override;
    [[nodiscard]] bool expects(std::string_view code) const override;

    [[nodiscard]] const std::vector<LinkConfiguration>& links() const;
    /// Of `links()[index]`.
    [[nodiscard]] const LinkStatistics& statistics(std::size_t index) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::adapter
