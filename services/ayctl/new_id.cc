#include "ayctl/new_id.h"

#include <chrono>

#include "ayctl/format.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/random.h"

namespace ayni::ayctl {

base::Result<std::string> given_or_new_id(const std::string& given) {
    if (!given.empty()) return parse_id(given, "--id");
    base::SystemRandom random;
    const auto now = base::SystemClock().wall();
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return base::to_string(base::make_uuid_v7(static_cast<std::uint64_t>(now_ms), random));
}

}  // namespace ayni::ayctl
