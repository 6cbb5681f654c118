#pragma once

#include <exception>
#include <functional>
#include <string>

#include "base/result.h"

/// libpqxx throws, we return results; here the two meet.
namespace ayni::database {

/// What `error` says, in one line: PostgreSQL's messages have several.
[[nodiscard]] base::Error error_of(std::string field, const std::exception& error);

template <typename Value>
struct AsResult {
    using Type = base::Result<Value>;
};
template <typename Value>
struct AsResult<base::Result<Value>> {
    using Type = base::Result<Value>;
};

/// Runs `work` and gives what it returns as a result, which it may be already. `field` names what
/// was done: "journal".
template <typename Work>
[[nodiscard]] auto attempt(const std::string& field, Work&& work) ->
    typename AsResult<std::invoke_result_t<Work>>::Type {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
            std::invoke(std::forward<Work>(work));
            return {};
        } else {
            return std::invoke(std::forward<Work>(work));
        }
    } catch (const std::exception& error) {
        return tl::unexpected(error_of(field, error));
    }
}

}  // namespace ayni::database
