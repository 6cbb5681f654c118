#include "base/mark.h"

#include <string_view>

namespace ayni::base {
namespace {

std::atomic<Mark*> all_marks{nullptr};

}  // namespace

Mark::Mark(const char* name) : name_(name), next_(all_marks.load()) {
    while (!all_marks.compare_exchange_weak(next_, this)) {
    }
}

const Mark* first_mark() { return all_marks.load(); }

unsigned long mark_hits(const char* name) {
    unsigned long hits = 0;
    for (const Mark* mark = first_mark(); mark != nullptr; mark = mark->next()) {
        if (std::string_view(mark->name()) == name) hits += mark->hits();
    }
    return hits;
}

}  // namespace ayni::base
