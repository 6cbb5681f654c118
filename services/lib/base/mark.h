#pragma once

#include <atomic>

#include "base/fault.h"

namespace ayni::base {

/// A place whose being reached a named test proves (STYLE 27). One static object each; counting
/// neither locks nor allocates.
class Mark {
public:
    explicit Mark(const char* name);
    void hit() { hits_.fetch_add(1, std::memory_order_relaxed); }

    [[nodiscard]] const char* name() const { return name_; }
    [[nodiscard]] unsigned long hits() const { return hits_.load(); }
    [[nodiscard]] const Mark* next() const { return next_; }

private:
    const char* name_;
    std::atomic<unsigned long> hits_{0};
    Mark* next_ = nullptr;
};

/// How often marks called `name` were hit in this process so far.
[[nodiscard]] unsigned long mark_hits(const char* name);

/// The marks that were reached so far, chained; null when there is none.
[[nodiscard]] const Mark* first_mark();

}  // namespace ayni::base

/// Counts that a rare branch was taken, in builds with AYNI_MARKS; nothing elsewhere. Each is a
/// fault point, too (base/fault.h).
#ifdef AYNI_MARKS
#define MARK(name)                                 \
    do {                                           \
        static ::ayni::base::Mark ayni_mark(name); \
        ayni_mark.hit();                           \
        FAULT_POINT(name);                         \
    } while (false)
#else
#define MARK(name) static_cast<void>(0)
#endif
