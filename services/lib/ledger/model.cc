#include "ledger/model.h"

#include <algorithm>

namespace ayni::ledger {

std::string_view Participant::code_view() const {
    const auto* end = std::find(code.begin(), code.end(), '\0');
    return {code.data(), static_cast<std::size_t>(end - code.begin())};
}

}  // namespace ayni::ledger
