#include "base/random.h"

#include <sys/random.h>

#include "base/assert.h"

namespace ayni::base {

std::uint64_t Random::below(std::uint64_t bound) {
    ASSERT(bound > 0);
    // Lemire's multiply-shift; the bias is below bound / 2^64.
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64U);
}

std::uint64_t SeededRandom::next() {
    state_ += 0x9E37'79B9'7F4A'7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31U);
}

std::uint64_t SystemRandom::next() {
    if (used_ == buffer_words) {
        const auto got = getrandom(buffer_, sizeof buffer_, 0);
        ASSERT(got == sizeof buffer_);
        used_ = 0;
    }
    return buffer_[used_++];
}

}  // namespace ayni::base
