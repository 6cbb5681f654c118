#include <set>
#include <string>

#include "disbursement/pain001.h"
#include "fuzz/input.h"
#include "identity/cci.h"

/// A payment file. One that is accepted adds up, names accounts that exist, and no line twice.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ayni;
    fuzz::Input input(data, size);
    disbursement::Pain001Options options;
    options.check_cci_digits = input.byte() % 2 == 0;
    const std::string text(input.rest());
    const auto file = disbursement::read_pain001(text, options);
    if (!file) {
        ASSERT(!file.error().empty());
        for (const auto& fault : file.error().listed) {
            ASSERT(!fault.reason.empty());
            ASSERT(!fault.to_string().empty());
        }
        return 0;
    }
    std::int64_t sum = 0;
    std::set<std::string> lines;
    ASSERT(!file->instructions.empty());
    for (const auto& instruction : file->instructions) {
        ASSERT(instruction.amount.is_positive());
        sum += instruction.amount.minor_units();
        ASSERT(lines.insert(instruction.line_id).second);
        ASSERT(!identity::cci_fault(instruction.payee_account, options.check_cci_digits));
    }
    ASSERT(sum == file->total.minor_units());
    return 0;
}
