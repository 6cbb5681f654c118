#include <gtest/gtest.h>
// Needs GoogleTest above it.
#include <rapidcheck/gtest.h>

#include <csetjmp>
#include <csignal>

#include "property/generators.h"
#include "property/pair.h"

namespace ayni::property {
namespace {

std::jmp_buf after_abort;
extern "C" void jump_after_abort(int /*signal*/) { std::longjmp(after_abort, 1); }

/// An assertion of the ledger's is a finding like any other, which rapidcheck shall shrink: so for
/// once an abort is survived. What it leaves behind is not used any more.
class AbortsAreSurvived {
public:
    AbortsAreSurvived() : previous_(std::signal(SIGABRT, jump_after_abort)) {}
    ~AbortsAreSurvived() { std::signal(SIGABRT, previous_); }
    AbortsAreSurvived(const AbortsAreSurvived&) = delete;
    AbortsAreSurvived& operator=(const AbortsAreSurvived&) = delete;

private:
    void (*previous_)(int);
};

/// Not inlined: the frame that an abort jumps to holds nothing that changes meanwhile.
[[gnu::noinline]] void run_all(Pair& pair, const Steps& steps, bool onboard,
                               std::string& difference) {
    if (onboard) difference = pair.run_preamble();
    for (std::size_t i = 0; i < steps.size() && difference.empty(); ++i) {
        difference = pair.run(steps[i]);
    }
}

/// False when the ledger aborted.
[[gnu::noinline]] bool survives_all(Pair& pair, const Steps& steps, bool onboard,
                                    std::string& difference) {
    const AbortsAreSurvived survived;
    if (setjmp(after_abort) != 0) return false;
    run_all(pair, steps, onboard, difference);
    return true;
}

void check(const ledger::Options& options, bool onboard) {
    const Steps steps = *scripts();
    const auto pair = std::make_unique<Pair>(options);
    std::string difference;
    if (!survives_all(*pair, steps, onboard, difference)) difference = "the ledger aborted\n";
    if (!difference.empty()) RC_FAIL(pair->trace() + difference);
}

RC_GTEST_PROP(LedgerAgainstModel, WithSmallTables, ()) { check(Pair::tight(), true); }
RC_GTEST_PROP(LedgerAgainstModel, WithRoom, ()) { check(Pair::roomy(), true); }
RC_GTEST_PROP(LedgerAgainstModel, FromNothing, ()) { check(Pair::tight(), false); }

}  // namespace
}  // namespace ayni::property
