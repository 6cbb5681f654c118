#pragma once

namespace ayni::base {

/// Counts that a rare branch was taken, in builds with AYNI_MARKS; costs nothing elsewhere. A named
/// test proves that each mark is hit (STYLE 27).
void hit_mark(const char* name);

/// How often `name` was hit in this process so far.
[[nodiscard]] unsigned long mark_hits(const char* name);

}  // namespace ayni::base

#ifdef AYNI_MARKS
#define MARK(name) ::ayni::base::hit_mark(name)
#else
#define MARK(name) static_cast<void>(0)
#endif
