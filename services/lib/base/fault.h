#pragma once

namespace ayni::base {

/// Hears of every mark and fault point that its thread reaches, in builds with AYNI_MARKS. The
/// simulator's throws an exception of its own: that is how a simulated process ends at a named
/// place, with whatever was done by then. Null in every real process.
using FaultHook = void (*)(const char* name);

/// Of the calling thread.
void set_fault_hook(FaultHook hook);
void fault_point_reached(const char* name);

}  // namespace ayni::base

/// A place where a crash is of interest, named after what is done by then. Costs nothing in builds
/// without AYNI_MARKS. What owns memory there must let an exception pass without a leak.
#ifdef AYNI_MARKS
#define FAULT_POINT(name) ::ayni::base::fault_point_reached(name)
#else
#define FAULT_POINT(name) static_cast<void>(0)
#endif
