#include "history/entry_codec.h"

#include <bit>
#include <cstring>

#include "base/assert.h"

namespace ayni::history {
namespace {

static_assert(std::endian::native == std::endian::little);

template <typename T>
void put(char* at, const T& value) {
    std::memcpy(at, &value, sizeof value);
}
template <typename T>
T get(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

}  // namespace

IdKey id_key_of(const base::TransferId& id) {
    IdKey key;
    put(key.data(), __builtin_bswap64(id.high));
    put(key.data() + 8, __builtin_bswap64(id.low));
    return key;
}

base::TransferId id_of_key(std::string_view key) {
    ASSERT(key.size() == id_key_bytes);
    return {.high = __builtin_bswap64(get<std::uint64_t>(key.data())),
            .low = __builtin_bswap64(get<std::uint64_t>(key.data() + 8))};
}

PaymentKey payment_key_of(base::ParticipantId participant, base::Sequence created) {
    PaymentKey key;
    put(key.data(), __builtin_bswap32(participant.value()));
    put(key.data() + 4, __builtin_bswap64(created.value()));
    return key;
}

EntryValue value_of(const Entry& entry) {
    EntryValue value;
    put(value.data(), entry.created_sequence.value());
    put(value.data() + 8, entry.decided_sequence.value());
    put(value.data() + 16, entry.decided_at.nanoseconds);
    put(value.data() + 24, entry.initiator.value());
    put(value.data() + 28, entry.payee.value());
    std::memcpy(value.data() + 32, entry.reason, sizeof entry.reason);
    put(value.data() + 36, entry.status);
    put(value.data() + 37, entry.state);
    put(value.data() + 38, entry.type);
    put(value.data() + 39, entry.reserved);
    return value;
}

std::optional<Entry> entry_of(const base::TransferId& id, std::string_view value) {
    if (value.size() != entry_value_bytes) return std::nullopt;
    Entry entry;
    entry.id = id;
    entry.created_sequence = base::Sequence(get<std::uint64_t>(value.data()));
    entry.decided_sequence = base::Sequence(get<std::uint64_t>(value.data() + 8));
    entry.decided_at = {get<std::int64_t>(value.data() + 16)};
    entry.initiator = base::ParticipantId(get<std::uint32_t>(value.data() + 24));
    entry.payee = base::ParticipantId(get<std::uint32_t>(value.data() + 28));
    std::memcpy(entry.reason, value.data() + 32, sizeof entry.reason);
    entry.status = get<std::uint8_t>(value.data() + 36);
    entry.state = get<std::uint8_t>(value.data() + 37);
    entry.type = get<std::uint8_t>(value.data() + 38);
    entry.reserved = get<std::uint8_t>(value.data() + 39);
    return entry;
}

}  // namespace ayni::history
