#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/switch_config.h"

namespace ayni::switchd {

/// The whole switch, wired: clock, journal, ledger, sequencer, router, history, institutions, API
/// and metrics. The sequencer has a thread of its own. One for each process.
///
/// With a replicated journal it follows until it leads: reads are answered from the first moment,
/// everything else, and what has to do with institutions, from when it leads.
class Switch {
public:
    /// Serves /startupz from here on, recovers the journal, replays it, connects to institutions
    /// and serves the API. When it returns, everything that was ever acknowledged is in memory. An
    /// error says what is wrong with which key, file or journal segment; nothing was served then.
    ///
    /// A process may be ended at any moment before it returns: nothing was acknowledged.
    ///
    /// `ended` is called, on the sequencer's thread, when the switch can not go on by itself:
    /// another one leads, or the journal is not what was applied here. Then stop it.
    [[nodiscard]] static base::Result<std::unique_ptr<Switch>> start(
        const config::SwitchConfig& config, std::function<void()> ended);

    /// Stops, if it was not done.
    ~Switch();

    /// Takes no new calls, finishes those in work (at most 30 s), then stops. Once.
    void stop();

    /// Whether `ended` was called.
    [[nodiscard]] bool has_ended() const;

    /// "127.0.0.1:7400", with the port as it really is.
    [[nodiscard]] const std::string& address() const;

private:
    struct State;
    explicit Switch(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::switchd
