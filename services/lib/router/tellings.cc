#include "router/tellings.h"

#include "base/assert.h"

namespace ayni::router {

std::chrono::nanoseconds Tellings::next_due() const {
    return entries_.empty() ? std::chrono::nanoseconds::max() : entries_.top().due;
}

Tellings::Entry Tellings::take() {
    ASSERT(!entries_.empty());
    const Entry entry = entries_.top();
    entries_.pop();
    return entry;
}

}  // namespace ayni::router
