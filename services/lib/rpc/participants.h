#pragma once

#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ledger/ledger.h"
#include "rpc/admission.h"

namespace ayni::rpc {

/// The participants that the API has met: code ↔ id, and what each has in work. Filled from the
/// ledger by queries, on a miss; entries are never removed or changed, since neither are
/// participants' codes. Whether one is suspended only the ledger knows. Thread-safe.
class Participants {
public:
    struct Entry {
        Entry(base::ParticipantId participant, std::string_view name, std::uint32_t in_flight_limit,
              std::uint32_t reads_per_second, std::uint32_t reads_burst)
            : id(participant),
              code(name),
              in_flight(in_flight_limit),
              reads(reads_per_second, reads_burst) {}

        const base::ParticipantId id;
        const std::string code;
        InFlight in_flight;
        TokenBucket reads;
    };

    Participants(std::uint32_t in_flight_limit, std::uint32_t reads_per_second,
                 std::uint32_t reads_burst)
        : in_flight_limit_(in_flight_limit),
          reads_per_second_(reads_per_second),
          reads_burst_(reads_burst) {}

    /// Null when it is not known here (yet). Entries live as long as the directory.
    [[nodiscard]] Entry* find(std::string_view code) const;
    [[nodiscard]] Entry* find(base::ParticipantId id) const;

    /// Known from now on. May be called on the sequencer's thread, inside a Query.
    Entry& remember(const ledger::Participant& participant);

    /// The directory's entry, else the ledger's participant of that code, remembered; null when
    /// there is none. The sequencer's thread.
    Entry* find_or_remember(const ledger::Ledger& ledger, std::string_view code);
    Entry* find_or_remember(const ledger::Ledger& ledger, base::ParticipantId id);

private:
    const std::uint32_t in_flight_limit_;
    const std::uint32_t reads_per_second_;
    const std::uint32_t reads_burst_;
    mutable std::shared_mutex mutex_;
    std::deque<Entry> entries_;
    std::unordered_map<std::string_view, Entry*> by_code_;
    std::unordered_map<base::ParticipantId, Entry*> by_id_;
};

}  // namespace ayni::rpc
