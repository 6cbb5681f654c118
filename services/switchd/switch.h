#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/switch_config.h"

namespace ayni::switchd {

/// The whole switch, wired: clock, journal, ledger, sequencer, router, history, institutions, API
/// and metrics. The sequencer has a thread of its own. One for each process.
class Switch {
public:
    /// Serves /startupz from here on, recovers the journal, replays it, connects to institutions
    /// and serves the API. When it returns, everything that was ever acknowledged is in memory. An
    /// error says what is wrong with which key, file or journal segment; nothing was served then.
    ///
    /// A process may be ended at any moment before it returns: nothing was acknowledged.
    [[nodiscard]] static base::Result<std::unique_ptr<Switch>> start(
        const config::SwitchConfig& config);

    /// Stops, if it was not done.
    ~Switch();

    /// Takes no new calls, finishes those in work (at most 30 s), then stops. Once.
    void stop();

    /// "127.0.0.1:7400", with the port as it really is.
    [[nodiscard]] const std::string& address() const;

private:
    struct State;
    explicit Switch(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::switchd
