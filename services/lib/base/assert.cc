#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace ayni::base {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "ASSERT failed at %s:%d: %s\n", file, line, condition);
    std::abort();
}

}  // namespace ayni::base
