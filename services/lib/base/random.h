#pragma once

#include <cstdint>

namespace ayni::base {

/// A source of randomness, always a constructor argument (DESIGN decision 6).
class Random {
public:
    virtual ~Random() = default;

    /// 64 uniformly distributed bits.
    virtual std::uint64_t next() = 0;

    /// Uniform in [0, bound). `bound` must be positive.
    std::uint64_t below(std::uint64_t bound);

    /// True once in `denominator` times.
    bool one_in(std::uint64_t denominator) { return below(denominator) == 0; }
};

/// Equal seeds give equal sequences on every compiler (SplitMix64). For simulation, tests and load
/// generators; not for secrets.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() override;

private:
    std::uint64_t state_;
};

/// The operating system's generator (getrandom), buffered. Not thread-safe: one for each owner.
class SystemRandom final : public Random {
public:
    std::uint64_t next() override;

private:
    static constexpr unsigned buffer_words = 32;
    std::uint64_t buffer_[buffer_words] = {};
    unsigned used_ = buffer_words;
};

}  // namespace ayni::base
