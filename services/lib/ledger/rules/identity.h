#pragma once

#include "ledger/model.h"

/// Pure functions over ids, states and codes.
namespace ayni::ledger::rules {

/// Whether `id`, which is not remembered, may begin a transfer at `now`.
[[nodiscard]] constexpr Status check_transfer_id(const TransferId& id, std::uint64_t floor_ms,
                                                 JournalTime now) {
    constexpr auto tolerance_ms =
        static_cast<std::uint64_t>(std::chrono::milliseconds(id_future_tolerance).count());
    if (id.is_zero()) return Status::transfer_id_zero;
    if (id.time_ms() < floor_ms) return Status::id_too_old;
    if (id.time_ms() > now.milliseconds() + tolerance_ms) return Status::id_in_future;
    return Status::ok;
}

[[nodiscard]] constexpr bool may_send(ParticipantState state) {
    return state == ParticipantState::active || state == ParticipantState::send_only;
}

[[nodiscard]] constexpr bool may_receive(ParticipantState state) {
    return state == ParticipantState::active || state == ParticipantState::receive_only;
}

/// 1 to 16 of a-z, 0-9 and '-', starting with a letter, zero padded.
[[nodiscard]] constexpr bool is_participant_code(
    const std::array<char, participant_code_bytes>& code) {
    if (code[0] < 'a' || code[0] > 'z') return false;
    bool ended = false;
    for (const char character : code) {
        if (character == '\0') {
            ended = true;
            continue;
        }
        const bool is_letter = character >= 'a' && character <= 'z';
        const bool is_digit = character >= '0' && character <= '9';
        if (ended || (!is_letter && !is_digit && character != '-')) return false;
    }
    return true;
}

/// A time-out is none (one step) or within its bounds.
[[nodiscard]] constexpr bool is_timeout(std::uint32_t timeout_ms) {
    const std::chrono::milliseconds timeout{timeout_ms};
    return timeout_ms == 0 || (timeout >= min_timeout && timeout <= max_timeout);
}

}  // namespace ayni::ledger::rules
