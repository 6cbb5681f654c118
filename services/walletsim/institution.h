#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapter/credentials.h"
#include "base/result.h"
#include "walletsim/behaviour.h"
#include "walletsim/switch_client.h"

namespace ayni::walletsim {

/// How one simulated institution is to run.
struct InstitutionOptions {
    std::string participant;
    std::string listen = "127.0.0.1:0";
    std::vector<std::string> switch_endpoints{"127.0.0.1:7400"};
    std::string directory;
    /// Ignored when `insecure`.
    adapter::TlsFiles tls;
    /// No TLS, identities are believed: loopback only.
    bool insecure = false;
    SwitchClient::Style payer_style = SwitchClient::Style::stream;
    Behaviour behaviour;
    bool session = true;
    /// It calls the switch in order to be paid, and needs not be called.
    bool calls_switch = false;
    bool open_on_credit = false;
    bool sync = true;
    base::Currency currency = base::Currency::pen;
    /// Where /metrics is served; nowhere when empty.
    std::string metrics_listen;
};

/// One institution: its books, its service for the switch and for its customers, and its payments
/// to the switch.
class Institution {
public:
    /// Opens its books, resumes what is pending and serves. An error names the option.
    [[nodiscard]] static base::Result<std::unique_ptr<Institution>> start(
        const InstitutionOptions& options);
    /// Stops cleanly: what was answered is durable, what is pending is resumed at the next start.
    ~Institution();

    /// "127.0.0.1:7501", the port as it really is.
    [[nodiscard]] const std::string& address() const;

private:
    struct State;
    explicit Institution(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::walletsim
