#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>

namespace ayni::base {

/// A number that names one kind of thing. Two kinds never mix, and there is no way back to the
/// number but `value()`.
template <typename Tag, std::unsigned_integral Representation>
class StrongId {
public:
    using representation = Representation;

    constexpr StrongId() = default;
    constexpr explicit StrongId(Representation value) : value_(value) {}

    [[nodiscard]] constexpr Representation value() const { return value_; }
    [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }
    [[nodiscard]] constexpr StrongId next() const {
        return StrongId(static_cast<Representation>(value_ + 1));
    }

    friend constexpr auto operator<=>(StrongId, StrongId) = default;

private:
    Representation value_ = 0;
};

/// Names an institution in the ledger. Zero names nobody; 1 is the hub itself.
using ParticipantId = StrongId<struct ParticipantTag, std::uint32_t>;

/// Names an account in the ledger. Zero names nothing.
using AccountId = StrongId<struct AccountTag, std::uint64_t>;

/// Position of a command in the journal: 1 is the first command ever.
using Sequence = StrongId<struct SequenceTag, std::uint64_t>;

/// Position of a batch in the journal: 0 is genesis.
using BatchNumber = StrongId<struct BatchNumberTag, std::uint64_t>;

/// Counts leaders: each leadership has a larger one than all before it.
using Epoch = StrongId<struct EpochTag, std::uint64_t>;

}  // namespace ayni::base

template <typename Tag, std::unsigned_integral Representation>
struct std::hash<ayni::base::StrongId<Tag, Representation>> {
    std::size_t operator()(ayni::base::StrongId<Tag, Representation> id) const noexcept {
        return std::hash<Representation>{}(id.value());
    }
};
