#pragma once

namespace ayni::base {

/// Prints the condition and its place on stderr and aborts. Never returns, never allocates.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace ayni::base

/// An invariant of the program itself. Stays on in every build: a switch that has a bug must stop
/// before it writes one more journal entry. Never used for what a client, a wallet or a disk does.
#define ASSERT(condition)         \
    (static_cast<bool>(condition) \
         ? static_cast<void>(0)   \
         : ::ayni::base::assertion_failed(#condition, __FILE__, __LINE__))

/// A place that control can not reach unless there is a bug, such as past an exhaustive switch.
#define UNREACHABLE(why) ::ayni::base::assertion_failed("unreachable: " why, __FILE__, __LINE__)
