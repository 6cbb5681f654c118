#include "base/fault.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/mark.h"

namespace ayni::base {
namespace {

#ifdef AYNI_MARKS

thread_local std::vector<std::string> passed;

void note(const char* name) { passed.emplace_back(name); }
void end_there(const char* name) { throw std::runtime_error(name); }

void pass_both() {
    FAULT_POINT("test.point");
    MARK("test.mark");
}

TEST(FaultHook, HearsOfPointsAndMarksOfItsThread) {
    passed.clear();
    set_fault_hook(note);
    pass_both();
    std::thread(pass_both).join();
    set_fault_hook(nullptr);
    pass_both();
    EXPECT_EQ(passed, (std::vector<std::string>{"test.point", "test.mark"}));
    EXPECT_EQ(mark_hits("test.mark"), 3U);
    EXPECT_EQ(mark_hits("test.point"), 0U);
}

TEST(FaultHook, MayEndWhatPasses) {
    set_fault_hook(end_there);
    EXPECT_THROW(pass_both(), std::runtime_error);
    set_fault_hook(nullptr);
}

#endif

TEST(FaultHook, CostsNothingWhereNobodyListens) { fault_point_reached("test.nobody"); }

}  // namespace
}  // namespace ayni::base
