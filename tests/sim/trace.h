#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id128.h"

namespace ayni::sim {

/// Everything observable that happened, in order: a hash over all of it, and the last lines in
/// words. Two runs are the same exactly when their hashes are.
class Trace {
public:
    Trace(const base::Clock& clock, bool prints_all) : clock_(clock), prints_all_(prints_all) {}

    /// `what` is a literal: its text is kept by reference.
    void add(std::string_view what, const base::TransferId& id = {}, std::uint64_t a = 0,
             std::uint64_t b = 0);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] std::uint64_t lines() const { return count_; }
    /// The last lines, oldest first.
    [[nodiscard]] std::vector<std::string> tail() const;

private:
    struct Line {
        std::int64_t at = 0;
        std::string_view what;
        base::TransferId id;
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        [[nodiscard]] std::string to_string() const;
    };
    static constexpr std::size_t kept = 200;

    const base::Clock& clock_;
    const bool prints_all_;
    std::array<Line, kept> ring_{};
    std::uint64_t count_ = 0;
    std::uint64_t hash_ = 0;
};

}  // namespace ayni::sim
