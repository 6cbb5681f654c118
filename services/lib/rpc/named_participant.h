#pragma once

#include "rpc/call.h"

namespace ayni::rpc {

/// Finds the participant of `code` in the ledger and goes on with it, or finishes with
/// PARTICIPANT_UNKNOWN.
inline void with_participant(Call& call, const std::string& code,
                             std::function<void(Call&, base::ParticipantId)> then) {
    const auto found = std::make_shared<base::ParticipantId>();
    Core& core = call.core();
    call.look(
        [&core, found, code](const ledger::Ledger& ledger) {
            const auto* entry = core.participants.find_or_remember(ledger, code);
            if (entry != nullptr) *found = entry->id;
        },
        [found, then = std::move(then)](Call& looked) {
            if (!found->is_zero()) return then(looked, *found);
            looked.finish(error_of(ledger::Status::participant_unknown, looked.as_of()));
        });
}

}  // namespace ayni::rpc
