#include "base/fault.h"

namespace ayni::base {
namespace {

thread_local FaultHook fault_hook = nullptr;

}  // namespace

void set_fault_hook(FaultHook hook) { fault_hook = hook; }

void fault_point_reached(const char* name) {
    if (fault_hook != nullptr) fault_hook(name);
}

}  // namespace ayni::base
