#pragma once

#include "base/assert.h"
#include "history/history.h"
#include "rpc/core.h"

/// What callers are told of history that gave no answer. Private to this library.
namespace ayni::rpc {

inline void report_fault(Core& core, const base::Error& fault) {
    if (core.options.report_fault) core.options.report_fault(fault);
}

inline ErrorDetail unreadable_history(Core& core, const base::Error& fault) {
    report_fault(core, fault);
    return internal_error(reason::history_unreadable, "The history can not be read.");
}

/// Whoever is away is known to the operator already: history itself says so.
inline ErrorDetail failure_of(Core& core, const history::Failure& failure) {
    switch (failure.kind) {
        case history::Failure::Kind::unavailable: return history_unavailable();
        case history::Failure::Kind::unreadable: return unreadable_history(core, failure.error);
    }
    UNREACHABLE("kind of a failure");
}

}  // namespace ayni::rpc
