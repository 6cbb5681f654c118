#include "rpc/participants.h"

#include <mutex>

namespace ayni::rpc {

Participants::Entry* Participants::find(std::string_view code) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_code_.find(code);
    return found == by_code_.end() ? nullptr : found->second;
}

Participants::Entry* Participants::find(base::ParticipantId id) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Participants::Entry& Participants::remember(const ledger::Participant& participant) {
    const std::unique_lock lock(mutex_);
    const auto found = by_id_.find(participant.id);
    if (found != by_id_.end()) return *found->second;
    Entry& entry = entries_.emplace_back(participant.id, participant.code_view(), in_flight_limit_,
                                         reads_per_second_, reads_burst_);
    by_code_.emplace(entry.code, &entry);
    by_id_.emplace(entry.id, &entry);
    return entry;
}

Participants::Entry* Participants::find_or_remember(const ledger::Ledger& ledger,
                                                    std::string_view code) {
    if (Entry* entry = find(code)) return entry;
    const ledger::Participant* participant = ledger.find_participant(code);
    return participant == nullptr ? nullptr : &remember(*participant);
}

Participants::Entry* Participants::find_or_remember(const ledger::Ledger& ledger,
                                                    base::ParticipantId id) {
    if (Entry* entry = find(id)) return entry;
    const ledger::Participant* participant = ledger.find_participant(id);
    return participant == nullptr ? nullptr : &remember(*participant);
}

}  // namespace ayni::rpc
