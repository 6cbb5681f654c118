#include "switchd/standby.h"

#include <fmt/format.h>

#include "telemetry/log.h"

namespace ayni::switchd {
namespace {

using namespace std::chrono_literals;
using base::Result;
using journal_postgres::Claim;
using telemetry::Severity;

/// How often the database is asked for what is new, and for the lock of leadership.
constexpr std::chrono::milliseconds poll_interval{20};
constexpr std::chrono::milliseconds claim_interval{200};

}  // namespace

Result<bool> Standby::until_leading(const std::string& address) {
    telemetry::log(Severity::info, "following",
                   {{"sequence", fmt::format("{}", journal_.tail().last_sequence().value())}});
    do {
        if (auto done = sequencer_.catch_up(); !done) return tl::unexpected(done.error());
        sequencer_.answer_queries();
        learn_leader(address);
        if (!may_take_over()) continue;
        if (const auto leads = take_over(address); !leads || *leads) return leads;
    } while (wait());
    return false;
}

bool Standby::may_take_over() {
    if (clock_.steady() < next_claim_) return false;
    const Claim claim = journal_.claim(link_.heard());
    if (claim == Claim::granted) return true;
    // Without an answer the claim is still in flight.
    if (claim != Claim::unknown) next_claim_ = clock_.steady() + claim_interval;
    return false;
}

/// Whatever was appended before the lock was free is read first. False when another switch was
/// faster, or the old leader, without its lock, still appends.
Result<bool> Standby::take_over(const std::string& address) {
    if (auto done = sequencer_.catch_up(); !done) return tl::unexpected(done.error());
    const auto leads = sequencer_.lead();
    if (!leads) return leads;
    if (!*leads) {
        telemetry::log(Severity::info, "takeover_lost");
        next_claim_ = clock_.steady() + claim_interval;
        return false;
    }
    const base::Epoch epoch(sequencer_.statistics().epoch.load());
    link_.listen_to({});
    journal_.announce(epoch, address);
    telemetry::log(Severity::info, "leading", {{"epoch", fmt::format("{}", epoch.value())}});
    return true;
}

void Standby::learn_leader(const std::string& own_address) {
    const std::string& leader = journal_.leader();
    link_.listen_to(leader == own_address ? std::string() : leader);
    const std::lock_guard lock(mutex_);
    leader_ = leader;
}

bool Standby::wait() {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, poll_interval, [this] { return is_stopping_; });
}

void Standby::stop() {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    stopped_.notify_all();
}

std::string Standby::leader() const {
    const std::lock_guard lock(mutex_);
    return leader_;
}

}  // namespace ayni::switchd
