#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ayni::adapter {

/// An institution's end of `ParticipantGatewayService`, for one that has a WalletAdapterService and
/// can not be called: it calls a switch, opens a Session with that service, and passes on what
/// either says, as fast as the other one takes it. When an end is lost it begins again: with
/// several switches at the next one, until it finds the one that leads.
class GatewayTunnel {
public:
    struct Options {
        std::vector<std::string> switches;  ///< HOST:PORT; at least one.
        /// Said to a switch as `x-ayni-identity` where there is no mTLS, "participant/coopac".
        std::string insecure_identity;
        /// Said to the institution in the same way, "switch/ayni"; empty with mTLS.
        std::string identity_of_switch;
        std::chrono::milliseconds backoff_at_first{100};
        std::chrono::milliseconds backoff_at_most{2'000};
    };
    struct Statistics {
        std::atomic<std::uint64_t> connections{0};  ///< Times that a switch said something.
        std::atomic<std::uint64_t> failures{0};
        std::atomic<bool> is_connected{false};
    };

    /// `institution` serves WalletAdapterService. Calls at once, on threads of its own.
    GatewayTunnel(Options options, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                  const std::shared_ptr<grpc::Channel>& institution);
    /// Hangs up.
    ~GatewayTunnel();

    [[nodiscard]] const Statistics& statistics() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ayni::adapter
