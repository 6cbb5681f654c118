#include "base/mark.h"

#include <map>
#include <mutex>
#include <string>

namespace ayni::base {
namespace {

struct Marks {
    std::mutex mutex;
    std::map<std::string, unsigned long> hits;
};

Marks& marks() {
    static Marks instance;
    return instance;
}

}  // namespace

void hit_mark(const char* name) {
    const std::lock_guard lock(marks().mutex);
    ++marks().hits[name];
}

unsigned long mark_hits(const char* name) {
    const std::lock_guard lock(marks().mutex);
    const auto found = marks().hits.find(name);
    return found == marks().hits.end() ? 0 : found->second;
}

}  // namespace ayni::base
