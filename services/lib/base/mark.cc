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

unsigned long mark_hits(const char* name) {
    unsigned long hits = 0;
    for (const Mark* mark = all_marks.load(); mark != nullptr; mark = mark->next_) {
        if (std::string_view(mark->name_) == name) hits += mark->hits_.load();
    }
    return hits;
}

}  // namespace ayni::base
