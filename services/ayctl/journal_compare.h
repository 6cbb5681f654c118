#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ayctl/journal_source.h"

namespace ayni::ayctl {

/// Two journals, held beside each other from genesis on.
struct Comparison {
    enum class Verdict : std::uint8_t {
        same,
        first_is_longer,   ///< The second is its beginning.
        second_is_longer,  ///< The first is its beginning.
        different,         ///< Both hold a batch of some number, and not the same one.
    };
    struct Difference {
        std::string field;
        std::string in_first;
        std::string in_second;
    };

    Verdict verdict = Verdict::same;
    std::optional<journal::BatchHeader> last_common;  ///< Nothing: not even genesis is the same.
    /// The end of the longer one; without one, what `last_common` is.
    std::optional<journal::BatchHeader> end;
    std::vector<Difference> differences;  ///< Of the batch behind `last_common`, if `different`.
};

/// Reads both to their ends, or to the first batch that differs. An error is one of theirs.
[[nodiscard]] base::Result<Comparison> compare(const NextBatch& first, const NextBatch& second);

}  // namespace ayni::ayctl
