#pragma once

#include <string>
#include <tl/expected.hpp>

namespace ayni::base {

/// Why an input was refused, for the person who sent it: which field, where, and why. Outcomes of
/// ledger commands are `ledger::Status`, bugs are ASSERT; this is for everything a reader parses.
struct Error {
    std::string field;  ///< "transfer_id", "line 12, column 3", "journal.directory"; may be empty.
    std::string message;  ///< One sentence in the present tense, no trailing period.

    [[nodiscard]] std::string to_string() const {
        return field.empty() ? message : field + ": " + message;
    }
};

template <typename Value>
using Result = tl::expected<Value, Error>;

[[nodiscard]] inline tl::unexpected<Error> failure(std::string field, std::string message) {
    return tl::unexpected<Error>(Error{std::move(field), std::move(message)});
}

}  // namespace ayni::base
